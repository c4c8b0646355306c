/* SPDX-License-Identifier: MIT */
/*
 * module - libcrypto's room, with module_key.c and module_sign.c
 *
 * Calls nothing of ours: it is linked into tidings-crypto.so alone, too.
 */
#include <config.h>

#include "lib/crypto/module.h"

#include <stdlib.h>

#include <openssl/crypto.h>
#include <openssl/x509.h>

void module_sha256(struct span text, uint8_t digest[CRYPTO_DIGEST])
{
	static EVP_MD_CTX *context;
	static EVP_MD *hash;

	module_prepare();
	if (context == NULL) {
		context = EVP_MD_CTX_new();
		hash = EVP_MD_fetch(NULL, "SHA256", NULL);
	}
	if (hash == NULL || EVP_DigestInit_ex2(context, hash, NULL) != 1 ||
		EVP_DigestUpdate(context, text.at, text.len) != 1 ||
		EVP_DigestFinal_ex(context, digest, NULL) != 1)
		abort();
}

static enum key_kind kind_of(const struct crypto_key *key)
{
	return key->kind;
}

static unsigned bits_of(const struct crypto_key *key)
{
	return key->kind == KEY_SECRET ? (unsigned)(key->len * 8)
				       : (unsigned)EVP_PKEY_get_bits(key->pkey);
}

static void print(const struct crypto_key *key, uint8_t digest[CRYPTO_DIGEST])
{
	unsigned char *text = NULL;
	int len;

	if (key->kind == KEY_SECRET) {
		module_sha256(span(key->secret, key->len), digest);
		return;
	}
	len = i2d_PUBKEY(key->pkey, &text);
	if (len <= 0)
		abort();
	module_sha256(span(text, (size_t)len), digest);
	OPENSSL_free(text);
}

const struct crypto tidings_crypto = {
	.version = PACKAGE_VERSION,
	.size = sizeof(struct crypto),
	.sha256 = module_sha256,
	.secret = module_secret,
	.rsa = module_rsa,
	.p256 = module_p256,
	.ed25519 = module_ed25519,
	.public_pem = module_public_pem,
	.private_pem = module_private_pem,
	.free = module_free,
	.kind = kind_of,
	.bits = bits_of,
	.print = print,
	.verify = module_verify,
	.sign = module_sign,
	.generate = module_generate,
	.write_pem = module_write_pem,
};
