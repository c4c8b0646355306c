/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_LIB_CRYPTO_KEY_H
#define TIDINGS_LIB_CRYPTO_KEY_H
/*
 * key - something that tokens are verified with, or signed
 *
 * Shared: whoever keeps one holds it, also when it has left its file; it is
 * `gone` then.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/buf.h"
#include "lib/crypto/crypto.h"

struct key {
	const struct crypto *crypto;
	struct crypto_key *material;
	char *kid;	     /* its name; NULL = none */
	unsigned algorithms; /* those that it may be used with (algorithm.h) */
	uint8_t print[CRYPTO_DIGEST];
	size_t holders;
	bool gone;
};

enum {
	KEYS_MOST = 64, /* in one file */
};

/* Those of one file. */
struct keys {
	struct key *at[KEYS_MOST];
	size_t count;
};

/* Takes `material`; held by the caller. */
struct key *key_new(const struct crypto *crypto, struct crypto_key *material,
	unsigned algorithms);
struct key *key_hold(struct key *key);
void key_release(struct key *key); /* NULL will do */

/* Has somebody who has this key signed that text? */
bool key_verify(const struct key *key, enum algorithm algorithm,
	struct span text, struct span signature);

/* Is it the same key, by the same name, for the same? */
bool key_equal(const struct key *a, const struct key *b);
/* False if a key is too weak to be used with what it is for; `fault` then says
 * why. */
bool key_is_strong(const struct key *key, struct buf *fault);

void keys_release(struct keys *keys);

#endif
