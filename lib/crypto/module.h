/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_LIB_CRYPTO_MODULE_H
#define TIDINGS_LIB_CRYPTO_MODULE_H
/*
 * module - what the parts of libcrypto's room know of each other
 *
 * The functions are those of struct crypto (crypto.h).
 */
#include <openssl/evp.h>

#include "lib/crypto/crypto.h"

enum {
	MODULE_NUMBER = 32, /* bytes of one of P-256's and Ed25519's */
	MODULE_PAIR = 2 * MODULE_NUMBER, /* of their signatures */
};

struct crypto_key {
	enum key_kind kind;
	EVP_PKEY *pkey; /* NULL for a secret */
	size_t len;
	uint8_t secret[];
};

static inline const unsigned char *module_bytes(struct span span)
{
	return (const unsigned char *)(span.at == NULL ? "" : span.at);
}

/* No file of the machine's settings adds to what libcrypto can do.  Said before
 * anything else is asked of it. */
void module_prepare(void);
void module_sha256(struct span text, uint8_t digest[CRYPTO_DIGEST]);

struct crypto_key *module_secret(struct span bytes);
struct crypto_key *module_rsa(struct span modulus, struct span exponent);
struct crypto_key *module_p256(struct span x, struct span y);
struct crypto_key *module_ed25519(struct span x);
struct crypto_key *module_public_pem(struct span block);
struct crypto_key *module_private_pem(struct span block);
struct crypto_key *module_generate(enum key_kind kind);
size_t module_write_pem(
	const struct crypto_key *key, bool private_half, char out[CRYPTO_PEM]);
void module_free(struct crypto_key *key);

bool module_verify(const struct crypto_key *key, enum algorithm algorithm,
	struct span text, struct span signature);
size_t module_sign(const struct crypto_key *key, enum algorithm algorithm,
	struct span text, uint8_t signature[CRYPTO_SIGNATURE]);

#endif
