/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_FCGI_GUARD_VERIFIER_H
#define TIDINGS_FCGI_GUARD_VERIFIER_H
/*
 * verifier - what a request shows becomes a grant
 *
 * Each proof is verified that counts, and one that is bad is an error, whatever
 * the others say.  What a foreign page can make a browser send (a cookie, a
 * login, an address) counts only for a page that is our own or named in
 * `origins`: it is as if it had not been shown.  To publish, a cookie needs a
 * page that says whose it is; a login and an address do not, since curl and
 * servers have them too.
 */
#include <stdbool.h>

#include "fcgi/guard/refusal.h"

struct clock;
struct config;
struct grant;
struct keyring;
struct request;
struct scopes;
struct tickets;
struct verifier;

/* Borrows all of it; `keyring` and `tickets` may be NULL. */
struct verifier_parts {
	const struct config *config;
	const struct clock *clock;
	struct keyring *keyring;
	struct tickets *tickets;
	struct scopes *scopes;
};

struct verifier *verifier_new(const struct verifier_parts *parts);
/* No grant may be held any more. */
void verifier_free(struct verifier *verifier);

/* Can anybody have a grant? */
bool verifier_is_used(const struct verifier *verifier);
/* Can a token get one? */
bool verifier_takes_tokens(const struct verifier *verifier);
/* Can what is no token, or must there be something anyhow? */
bool verifier_has_others(const struct verifier *verifier);

enum verifier_purpose {
	TO_LISTEN,
	TO_PUBLISH,
	TO_PUBLISH_BY_TOKEN, /* logins and addresses are no proofs */
};

struct proven {
	struct grant *grant; /* held for the caller; NULL = nothing counts */
	bool foreign;	     /* something was shown, and does not count */
};

/* Yes, or what is wrong with what was shown; then there is no grant. */
enum access_word verifier_ask(struct verifier *verifier,
	const struct request *request, enum verifier_purpose purpose,
	struct proven *proven);

/* Keys have gone: what they have signed is not known any more. */
void verifier_forget(struct verifier *verifier);

#endif
