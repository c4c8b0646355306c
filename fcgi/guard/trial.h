/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_FCGI_GUARD_TRIAL_H
#define TIDINGS_FCGI_GUARD_TRIAL_H
/*
 * trial - which key has signed a token, and what it is worth by that
 *
 * Keys of the token's kid, or all for its algorithm if it says none; those of a
 * section with form = oauth only if it says that it is an access token.
 */
#include <stddef.h>
#include <stdint.h>

struct jws;
struct key_source;
struct rights;

enum {
	TRIAL_KEYS = 16, /* so many are tried at most */
};

/* The rights, held for the caller; or NULL, and *fault says why. */
struct rights *trial_of(const struct jws *jws, const struct key_source *sources,
	size_t count, uint64_t now_ms, const char **fault);

#endif
