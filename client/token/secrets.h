/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_CLIENT_TOKEN_SECRETS_H
#define TIDINGS_CLIENT_TOKEN_SECRETS_H
/*
 * secrets - what nobody can guess: API tokens, keys
 */
#include "client/exit_status.h"
#include "lib/buf.h"

/* Appends a new token tk_... and the lines for tidings.conf by which it is
 * known.  EXIT_OK, or the sentence was said. */
enum exit_status secrets_api_token(struct buf *out);

/* Writes a new key into --new-key, which must not be there yet, and appends the
 * lines for tidings.conf, or the public half.  Likewise. */
enum exit_status secrets_new_key(struct buf *out);

#endif
