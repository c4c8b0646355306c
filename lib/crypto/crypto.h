/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_LIB_CRYPTO_CRYPTO_H
#define TIDINGS_LIB_CRYPTO_CRYPTO_H
/*
 * crypto - what libcrypto does for us
 *
 * libcrypto costs a process 0.4 MB and 0.7 ms, and most never ask for it.  So
 * its room, module.c, is a file of its own, tidings-crypto.so, that is opened
 * when it is first needed; or a program is linked with it and says so
 * (crypto_use).
 *
 * Keys come from local files only, never out of a token, and are plain numbers
 * or a SubjectPublicKeyInfo: no certificate, no PKCS #12, no JWE.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/buf.h"
#include "lib/crypto/algorithm.h"
#include "lib/span.h"

enum {
	CRYPTO_DIGEST = 32,	 /* bytes of SHA-256 */
	CRYPTO_SIGNATURE = 1024, /* at most, of RSA with 8,192 bits */
	CRYPTO_PEM = 16384,	 /* bytes of PEM */
	CRYPTO_RSA_LEAST = 2048, /* bits */
	CRYPTO_RSA_MOST = 8192,
};

/* A key as libcrypto has it; it knows its kind. */
struct crypto_key;

struct crypto {
	const char *version; /* that of the program which it belongs to */
	size_t size;	     /* of this struct */

	void (*sha256)(struct span text, uint8_t digest[CRYPTO_DIGEST]);

	/* Each NULL if there is no such key.  Numbers begin with their highest
	 * byte; P-256's have 32 bytes, as has Ed25519's. */
	struct crypto_key *(*secret)(struct span bytes);
	struct crypto_key *(*rsa)(struct span modulus, struct span exponent);
	struct crypto_key *(*p256)(struct span x, struct span y);
	struct crypto_key *(*ed25519)(struct span x);
	/* One PEM block: a public key of a kind that we know, RSA of any size;
	 * or the private key of one, unencrypted, with which to sign. */
	struct crypto_key *(*public_pem)(struct span block);
	struct crypto_key *(*private_pem)(struct span block);
	void (*free)(struct crypto_key *key);

	enum key_kind (*kind)(const struct crypto_key *key);
	unsigned (*bits)(const struct crypto_key *key);
	/* What two keys have in common only if they are the same: SHA-256. */
	void (*print)(
		const struct crypto_key *key, uint8_t digest[CRYPTO_DIGEST]);

	/* The algorithm must be one for such a key. */
	bool (*verify)(const struct crypto_key *key, enum algorithm algorithm,
		struct span text, struct span signature);
	/* With a secret or a private key; returns the bytes of `signature` that
	 * are used, 0 if it cannot be. */
	size_t (*sign)(const struct crypto_key *key, enum algorithm algorithm,
		struct span text, uint8_t signature[CRYPTO_SIGNATURE]);

	/* A new private key, of any kind but a secret. */
	struct crypto_key *(*generate)(enum key_kind kind);
	/* Its public or its private half as PEM; returns the bytes of `out`
	 * that are used, 0 if it cannot be. */
	size_t (*write_pem)(const struct crypto_key *key, bool private_half,
		char out[CRYPTO_PEM]);
};

/* The module, which stays open for good; NULL if it cannot be opened, and
 * `fault` then has a sentence. */
const struct crypto *crypto_open(struct buf *fault);
/* This is the one that is opened from now on. */
void crypto_use(const struct crypto *crypto);

/* What module.c defines. */
extern const struct crypto tidings_crypto;

#endif
