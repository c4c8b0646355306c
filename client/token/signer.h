/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_CLIENT_TOKEN_SIGNER_H
#define TIDINGS_CLIENT_TOKEN_SIGNER_H
/*
 * signer - the key that signs a token, and what its section asks of one
 *
 * That of --key, or the secret of a section [keys NAME] of tidings.conf: of
 * --keys, or the only one.
 */
#include <stdbool.h>

#include "client/exit_status.h"
#include "lib/config/config.h"
#include "lib/crypto/key.h"

struct signer {
	struct config config; /* all zero without tidings.conf */
	struct keys keys;
	const struct key *key;
	enum algorithm algorithm;
	bool oauth;
	const char *issuer, *audience; /* NULL = none */
};

/* From the options; EXIT_OK, or the sentence was said and there is nothing to
 * release. */
enum exit_status signer_open(struct signer *signer);
void signer_release(struct signer *signer);

#endif
