/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_FCGI_GUARD_ACCESS_H
#define TIDINGS_FCGI_GUARD_ACCESS_H
/*
 * access - may it?  by what it shows, its address, its origin, the name that
 * was asked for
 *
 * What the configuration says of that, in one place.  Proofs (proof.h) make one
 * grant (grant.h), and rights add up; but one that is shown and bad is an error
 * and never passed over.  What a foreign page can make a browser send (cookies,
 * logins, the address) counts only for pages that are our own, or named in
 * `origins`.
 */
#include <stdbool.h>

#include "fcgi/guard/refusal.h"
#include "lib/event/privacy.h"
#include "lib/span.h"

struct access;
struct clock;
struct config;
struct grant;
struct keyring;
struct limiter;
struct request;
struct tickets;

/* Borrowed. */
struct access_parts {
	const struct config *config;
	const struct clock *clock;
	struct keyring *keyring; /* NULL = there are no tokens */
	struct tickets *tickets; /* NULL = nor tickets */
	struct limiter *limiter; /* NULL = bad tokens are not counted */
};

struct access *access_new(const struct access_parts *parts);
/* No grant may be held any more. */
void access_free(struct access *access);

/* Is it this site that was asked for (host.h)? */
bool access_is_ours(const struct access *access, const struct request *request);

/* Adds the header lines that any answer to this request must carry (cors.h);
 * and those of the answer to a preflight, `methods` as in Allow. */
void access_headers(const struct access *access, struct request *request);
void access_preflight(const struct access *access, struct request *request,
	const char *methods);

/* ---- listening */

/* May it listen, and to what that is private?  *grant is then held for the
 * caller, or NULL: to nothing. */
enum access_word access_may_listen(struct access *access,
	const struct request *request, struct grant **grant);
/* May who has the grant ask for this channel by its name? */
enum access_word access_may_read(const struct access *access,
	const struct grant *grant, struct span channel);
const struct privacy *access_privacy(const struct access *access);
/* Who is given more of a public channel than he who shows nothing? */
enum access_more {
	ACCESS_NOBODY,
	ACCESS_BY_HEADER, /* who shows a token: in Authorization, or a cookie */
	ACCESS_BY_OTHERS, /* whom the web server has let in, or his address */
};
enum access_more access_more(const struct access *access);

/* ---- publishing */

struct publisher {
	bool anywhere;		    /* on all channels: its address may */
	struct grant *grant;	    /* held; on these; may be NULL */
	enum access_word otherwise; /* said of any other */
};

/* May it publish at all?  If so, `publisher` says on what, and is to be
 * released. */
enum access_word access_may_publish(struct access *access,
	const struct request *request, struct publisher *publisher);
/* Likewise of one for whom nothing counts but a token. */
enum access_word access_may_publish_by_token(struct access *access,
	const struct request *request, struct publisher *publisher);
enum access_word publisher_may(
	const struct publisher *publisher, struct span channel);
void publisher_release(struct publisher *publisher);

/* ---- handing on */

/* May it have a ticket?  *grant, held for the caller, is what that may say. */
enum access_word access_may_delegate(struct access *access,
	const struct request *request, struct grant **grant);

/* Keys have gone: nobody gets a grant any more for what they have signed. */
void access_forget(struct access *access);

#endif
