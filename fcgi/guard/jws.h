/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_FCGI_GUARD_JWS_H
#define TIDINGS_FCGI_GUARD_JWS_H
/*
 * jws - a token as it comes: three parts, the last of which signs the others
 *
 * RFC 7515 in its compact form, to the letter: a header that is JSON without a
 * name twice, an algorithm that is one of ours, nothing that must be understood
 * and is not (crit, b64).  Keys that a header brings along or points at (jwk,
 * jku, x5c, x5u) are not looked at.  All zero is one that holds nothing.
 */
#include <stdbool.h>

#include "lib/buf.h"
#include "lib/crypto/algorithm.h"
#include "lib/crypto/key.h"
#include "lib/span.h"

enum {
	JWS_MOST = 8192, /* bytes */
	JWS_DEPTH = 8,	 /* objects and lists within each other */
};

#define JWS_TICKET "tidings-ticket"

struct jws {
	enum algorithm algorithm;
	bool access_token; /* typ is at+jwt (RFC 9068) */
	bool ticket;	   /* typ is JWS_TICKET */
	bool has_kid;
	struct buf kid;
	struct span text; /* what is signed; borrows from the token */
	struct buf payload, signature;
	struct buf header; /* what is read from */
};

/* NULL if `token` is one; else why not, for the log. */
const char *jws_read(struct jws *jws, struct span token);
void jws_release(struct jws *jws);

/* Is it to be tried?  Of its name, if it says one, and for its algorithm. */
bool jws_may_be_by(const struct jws *jws, const struct key *key);
bool jws_is_by(const struct jws *jws, const struct key *key);

#endif
