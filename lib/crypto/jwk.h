/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_LIB_CRYPTO_JWK_H
#define TIDINGS_LIB_CRYPTO_JWK_H
/*
 * jwk - a key as JSON (RFC 7517): oct, RSA, EC with P-256, OKP with Ed25519
 *
 * Who publishes a set puts into it what is for others too: keys to encrypt
 * with, of other kinds and curves, or of algorithms that are not wanted.  Those
 * are passed over.  A key that is meant and not well made is a fault, and so is
 * a private one: it is only asked to verify.
 */
#include "lib/buf.h"
#include "lib/crypto/key.h"
#include "lib/span.h"

enum jwk_result {
	JWK_READ,
	JWK_PASSED_OVER,
	JWK_FAULT,
};

/* `object` is checked JSON (strict_json.h), and an object.  *key is held by the
 * caller.  At a fault `fault` has a sentence. */
enum jwk_result jwk_read(const struct crypto *crypto, struct span object,
	unsigned algorithms, struct key **key, struct buf *fault);

#endif
