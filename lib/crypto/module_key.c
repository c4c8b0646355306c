/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "lib/crypto/module.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

void module_prepare(void)
{
	static bool prepared;

	if (!prepared)
		OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL);
	prepared = true;
}

static struct crypto_key *new_key(enum key_kind kind, EVP_PKEY *pkey)
{
	struct crypto_key *key = NULL;

	if (pkey != NULL)
		key = calloc(1, sizeof(*key));
	if (key == NULL) {
		EVP_PKEY_free(pkey);
		ERR_clear_error();
		return NULL;
	}
	key->kind = kind;
	key->pkey = pkey;
	return key;
}

struct crypto_key *module_secret(struct span bytes)
{
	struct crypto_key *key = calloc(1, sizeof(*key) + bytes.len);

	module_prepare();
	if (key == NULL)
		return NULL;
	key->kind = KEY_SECRET;
	key->len = bytes.len;
	memcpy(key->secret, module_bytes(bytes), bytes.len);
	return key;
}

static EVP_PKEY *from_params(const char *type, OSSL_PARAM_BLD *builder)
{
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
	OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(builder);
	EVP_PKEY *pkey = NULL;

	if (context == NULL || params == NULL ||
		EVP_PKEY_fromdata_init(context) != 1 ||
		EVP_PKEY_fromdata(
			context, &pkey, EVP_PKEY_PUBLIC_KEY, params) != 1)
		pkey = NULL;
	OSSL_PARAM_free(params);
	EVP_PKEY_CTX_free(context);
	return pkey;
}

struct crypto_key *module_rsa(struct span modulus, struct span exponent)
{
	OSSL_PARAM_BLD *builder;
	BIGNUM *n, *e;
	EVP_PKEY *pkey = NULL;

	module_prepare();
	builder = OSSL_PARAM_BLD_new();
	n = BN_bin2bn(module_bytes(modulus), (int)modulus.len, NULL);
	e = BN_bin2bn(module_bytes(exponent), (int)exponent.len, NULL);
	if (builder != NULL && n != NULL && e != NULL && BN_is_odd(n) &&
		BN_is_odd(e) && !BN_is_one(e) &&
		OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_N, n) &&
		OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_E, e))
		pkey = from_params("RSA", builder);
	OSSL_PARAM_BLD_free(builder);
	BN_free(n);
	BN_free(e);
	return new_key(KEY_RSA, pkey);
}

struct crypto_key *module_p256(struct span x, struct span y)
{
	unsigned char point[1 + MODULE_PAIR] = {POINT_CONVERSION_UNCOMPRESSED};
	OSSL_PARAM_BLD *builder;
	EVP_PKEY *pkey = NULL;

	module_prepare();
	if (x.len != MODULE_NUMBER || y.len != MODULE_NUMBER)
		return NULL;
	memcpy(point + 1, x.at, MODULE_NUMBER);
	memcpy(point + 1 + MODULE_NUMBER, y.at, MODULE_NUMBER);
	builder = OSSL_PARAM_BLD_new();
	if (builder != NULL &&
		OSSL_PARAM_BLD_push_utf8_string(
			builder, OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0) &&
		OSSL_PARAM_BLD_push_octet_string(
			builder, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof(point)))
		pkey = from_params("EC", builder);
	OSSL_PARAM_BLD_free(builder);
	return new_key(KEY_P256, pkey);
}

struct crypto_key *module_ed25519(struct span x)
{
	module_prepare();
	if (x.len != MODULE_NUMBER)
		return NULL;
	return new_key(
		KEY_ED25519, EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL,
				     module_bytes(x), x.len));
}

static bool is_p256(const EVP_PKEY *pkey)
{
	char name[32];

	return EVP_PKEY_is_a(pkey, "EC") &&
	       EVP_PKEY_get_group_name(pkey, name, sizeof(name), NULL) == 1 &&
	       strcmp(name, "prime256v1") == 0;
}

/* Takes it. */
static struct crypto_key *of_known_kind(EVP_PKEY *pkey)
{
	if (pkey != NULL && EVP_PKEY_is_a(pkey, "RSA"))
		return new_key(KEY_RSA, pkey);
	if (pkey != NULL && is_p256(pkey))
		return new_key(KEY_P256, pkey);
	if (pkey != NULL && EVP_PKEY_is_a(pkey, "ED25519"))
		return new_key(KEY_ED25519, pkey);
	EVP_PKEY_free(pkey);
	ERR_clear_error();
	return NULL;
}

/* Nobody is asked for one. */
static int no_password(char *out, int size, int writes, void *arg)
{
	(void)out;
	(void)size;
	(void)writes;
	(void)arg;
	return -1;
}

static struct crypto_key *read_pem(struct span block,
	EVP_PKEY *(*read)(BIO *, EVP_PKEY **, pem_password_cb *, void *))
{
	EVP_PKEY *pkey = NULL;
	BIO *bio;

	module_prepare();
	bio = BIO_new_mem_buf(module_bytes(block), (int)block.len);
	if (bio != NULL)
		pkey = read(bio, NULL, no_password, NULL);
	BIO_free(bio);
	return of_known_kind(pkey);
}

struct crypto_key *module_public_pem(struct span block)
{
	return read_pem(block, PEM_read_bio_PUBKEY);
}

struct crypto_key *module_private_pem(struct span block)
{
	return read_pem(block, PEM_read_bio_PrivateKey);
}

struct crypto_key *module_generate(enum key_kind kind)
{
	module_prepare();
	switch (kind) {
	case KEY_RSA:
		return new_key(kind, EVP_RSA_gen(CRYPTO_RSA_LEAST));
	case KEY_P256:
		return new_key(kind, EVP_EC_gen("prime256v1"));
	case KEY_ED25519:
		return new_key(kind, EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"));
	case KEY_SECRET:
		break;
	}
	return NULL;
}

size_t module_write_pem(
	const struct crypto_key *key, bool private_half, char out[CRYPTO_PEM])
{
	BIO *bio = BIO_new(BIO_s_mem());
	int len = 0;

	if (bio == NULL)
		return 0;
	if (private_half ? PEM_write_bio_PrivateKey(
				   bio, key->pkey, NULL, NULL, 0, NULL, NULL)
			 : PEM_write_bio_PUBKEY(bio, key->pkey))
		len = BIO_read(bio, out, CRYPTO_PEM);
	BIO_free(bio);
	ERR_clear_error();
	return len <= 0 ? 0 : (size_t)len;
}

void module_free(struct crypto_key *key)
{
	if (key == NULL)
		return;
	EVP_PKEY_free(key->pkey);
	OPENSSL_cleanse(key->secret, key->len);
	free(key);
}
