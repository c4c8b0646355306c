/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "lib/crypto/module.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/hmac.h>

enum { DER_SIGNATURE = 80 }; /* more than a pair of numbers takes */

/* NULL where the algorithm has its own. */
static const EVP_MD *hash_of(enum algorithm algorithm)
{
	switch (algorithm) {
	case ALGORITHM_HS256:
	case ALGORITHM_RS256:
	case ALGORITHM_ES256:
		return EVP_sha256();
	case ALGORITHM_HS384:
	case ALGORITHM_RS384:
		return EVP_sha384();
	case ALGORITHM_HS512:
	case ALGORITHM_RS512:
		return EVP_sha512();
	case ALGORITHM_EDDSA:
	case ALGORITHMS:
		break;
	}
	return NULL;
}

static unsigned mac(const struct crypto_key *key, enum algorithm algorithm,
	struct span text, uint8_t out[EVP_MAX_MD_SIZE])
{
	unsigned len = 0;

	if (HMAC(hash_of(algorithm), key->secret, (int)key->len,
		    module_bytes(text), text.len, out, &len) == NULL)
		abort();
	return len;
}

static bool is_mac(const struct crypto_key *key, enum algorithm algorithm,
	struct span text, struct span signature)
{
	uint8_t wanted[EVP_MAX_MD_SIZE];

	return mac(key, algorithm, text, wanted) == signature.len &&
	       CRYPTO_memcmp(wanted, signature.at, signature.len) == 0;
}

/* The two numbers as libcrypto takes them; 0 if they are none. */
static int pair_to_der(struct span pair, unsigned char out[DER_SIGNATURE])
{
	ECDSA_SIG *signature = ECDSA_SIG_new();
	BIGNUM *r, *s;
	int len = 0;

	if (signature == NULL || pair.len != MODULE_PAIR) {
		ECDSA_SIG_free(signature);
		return 0;
	}
	r = BN_bin2bn(module_bytes(pair), MODULE_NUMBER, NULL);
	s = BN_bin2bn(module_bytes(pair) + MODULE_NUMBER, MODULE_NUMBER, NULL);
	if (r != NULL && s != NULL && ECDSA_SIG_set0(signature, r, s) == 1) {
		len = i2d_ECDSA_SIG(signature, &out);
	} else {
		BN_free(r);
		BN_free(s);
	}
	ECDSA_SIG_free(signature);
	return len < 0 ? 0 : len;
}

static bool der_to_pair(
	const unsigned char *der, size_t len, uint8_t out[MODULE_PAIR])
{
	ECDSA_SIG *signature = d2i_ECDSA_SIG(NULL, &der, (long)len);
	bool good =
		signature != NULL &&
		BN_bn2binpad(ECDSA_SIG_get0_r(signature), out, MODULE_NUMBER) ==
			MODULE_NUMBER &&
		BN_bn2binpad(ECDSA_SIG_get0_s(signature), out + MODULE_NUMBER,
			MODULE_NUMBER) == MODULE_NUMBER;

	ECDSA_SIG_free(signature);
	return good;
}

bool module_verify(const struct crypto_key *key, enum algorithm algorithm,
	struct span text, struct span signature)
{
	unsigned char der[DER_SIGNATURE];
	EVP_MD_CTX *context;
	bool good;

	if (key->kind == KEY_SECRET)
		return is_mac(key, algorithm, text, signature);
	if (key->kind == KEY_P256) {
		signature = span(der, (size_t)pair_to_der(signature, der));
		if (signature.len == 0)
			return false;
	}
	context = EVP_MD_CTX_new();
	good = context != NULL &&
	       EVP_DigestVerifyInit(context, NULL, hash_of(algorithm), NULL,
		       key->pkey) == 1 &&
	       EVP_DigestVerify(context, module_bytes(signature), signature.len,
		       module_bytes(text), text.len) == 1;
	EVP_MD_CTX_free(context);
	ERR_clear_error();
	return good;
}

size_t module_sign(const struct crypto_key *key, enum algorithm algorithm,
	struct span text, uint8_t signature[CRYPTO_SIGNATURE])
{
	unsigned char out[CRYPTO_SIGNATURE];
	size_t len = sizeof(out);
	EVP_MD_CTX *context;

	if (key->kind == KEY_SECRET)
		return mac(key, algorithm, text, signature);
	context = EVP_MD_CTX_new();
	if (context == NULL ||
		EVP_DigestSignInit(context, NULL, hash_of(algorithm), NULL,
			key->pkey) != 1 ||
		EVP_DigestSign(
			context, out, &len, module_bytes(text), text.len) != 1)
		len = 0;
	EVP_MD_CTX_free(context);
	ERR_clear_error();
	if (len > 0 && key->kind == KEY_P256)
		return der_to_pair(out, len, signature) ? MODULE_PAIR : 0;
	memcpy(signature, out, len);
	return len;
}
