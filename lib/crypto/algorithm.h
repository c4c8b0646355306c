/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_LIB_CRYPTO_ALGORITHM_H
#define TIDINGS_LIB_CRYPTO_ALGORITHM_H
/*
 * algorithm - how a token is signed, and by what kind of key
 *
 * An algorithm has one kind of key, so that nobody can have a public key taken
 * for a secret.  There is no `none`.
 */
#include <stddef.h>

#include "lib/span.h"

enum algorithm {
	ALGORITHM_HS256,
	ALGORITHM_HS384,
	ALGORITHM_HS512,
	ALGORITHM_RS256,
	ALGORITHM_RS384,
	ALGORITHM_RS512,
	ALGORITHM_ES256,
	ALGORITHM_EDDSA, /* curve Ed25519 only; by that name too (RFC 9864) */
	ALGORITHMS
};

enum key_kind {
	KEY_SECRET,
	KEY_RSA,
	KEY_P256,
	KEY_ED25519,
};

/* ALGORITHMS if there is none of that name. */
enum algorithm algorithm_of(struct span name);
const char *algorithm_name(enum algorithm algorithm);
enum key_kind algorithm_kind(enum algorithm algorithm);
/* Bytes of its hash, which a secret has at least (RFC 7518 section 3.2); 0 if
 * its keys are no secrets. */
size_t algorithm_secret(enum algorithm algorithm);

/* A set of algorithms is a number: this is the one with that algorithm only. */
static inline unsigned algorithm_bit(enum algorithm algorithm)
{
	return 1u << algorithm;
}

/* All that have such keys. */
unsigned algorithms_of_kind(enum key_kind kind);

#endif
