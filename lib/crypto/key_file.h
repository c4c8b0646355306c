/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_LIB_CRYPTO_KEY_FILE_H
#define TIDINGS_LIB_CRYPTO_KEY_FILE_H
/*
 * key_file - the text of a file of keys
 *
 *   {          a JWK or a JWK set (jwk.h)
 *   -----BEGIN PEM blocks of public keys, in any number
 *   otherwise  one secret, byte for byte; but the line end after a secret that
 *              is one line of text does not belong to it
 */
#include <stdbool.h>

#include "lib/buf.h"
#include "lib/crypto/key.h"
#include "lib/span.h"

enum {
	KEY_FILE_MOST = 256 << 10, /* bytes */
};

/* Reads those that are for one of `algorithms`.  False if the text is bad or
 * has none; `fault` then has a sentence, and there is nothing to release. */
bool key_file_read(struct keys *keys, const struct crypto *crypto,
	struct span text, unsigned algorithms, struct buf *fault);

/* The same of a file with the key to sign with: one secret, or one PEM block
 * of a private key. */
bool key_file_read_signer(struct keys *keys, const struct crypto *crypto,
	struct span text, unsigned algorithms, struct buf *fault);

#endif
