/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_CLIENT_TOKEN_JWT_H
#define TIDINGS_CLIENT_TOKEN_JWT_H
/*
 * jwt - a token of what the options grant
 */
#include "client/exit_status.h"
#include "client/token/signer.h"
#include "lib/buf.h"

/* Appends it; EXIT_OK, or the sentence was said. */
enum exit_status jwt_make(struct buf *out, const struct signer *signer);

/* Is each of the LIST `option` the name of a channel or a pattern?  EXIT_OK, or
 * the sentence was said. */
enum exit_status jwt_check_list(const char *option);

#endif
