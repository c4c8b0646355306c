/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_LIB_CRYPTO_BASE64URL_H
#define TIDINGS_LIB_CRYPTO_BASE64URL_H
/*
 * base64url - bytes as tokens and keys write them (RFC 4648 section 5, without
 * padding)
 *
 * Strict: each text of bytes has one spelling, so nobody can spell a token that
 * somebody knows in another way.  Pure.
 */
#include <stdbool.h>

#include "lib/buf.h"
#include "lib/span.h"

/* Appends the bytes; false if `text` has any other character, a length that
 * none has, or bits that are left over and not 0.  Then what was appended means
 * nothing. */
bool base64url_decode(struct buf *out, struct span text);
void base64url_encode(struct buf *out, struct span bytes);

#endif
