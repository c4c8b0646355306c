/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_FCGI_GUARD_KEYRING_H
#define TIDINGS_FCGI_GUARD_KEYRING_H
/*
 * keyring - the keys that sign tokens, and what a token's bearer may do
 *
 * Those of the files that the sections [keys NAME] name.  A file that changes
 * is read again within a second: if it is good its keys take the place of the
 * old ones, between two requests; if it is bad that is one line of the log, and
 * the old ones stay.  Tokens that were good lately, or bad a moment ago, are
 * known and not verified again (token_cache.h).
 *
 * libcrypto is opened when it is first needed: with [keys] at the making, else
 * at the first keyring_digest().
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/buf.h"
#include "lib/span.h"

struct config;
struct crypto;
struct key;
struct rights;
struct timers;

enum {
	TOKEN_MAX = 8192,  /* bytes of a token */
	DIGEST_BYTES = 32, /* of SHA-256 */
};

struct keyring;

/* Borrows `config`.  With `fault` a bad file is NULL and a sentence there;
 * with NULL for it, one line of the log, and the section has no keys until its
 * file is good. */
struct keyring *keyring_new(const struct config *config, struct buf *fault);
void keyring_free(struct keyring *keyring); /* NULL will do */

/* Is there any section [keys]?  Without one a token says nothing. */
bool keyring_is_used(const struct keyring *keyring);

/* Looks at the files now and once a second from now on; who serves one request
 * does without, and they are read if a token comes. */
void keyring_watch(struct keyring *keyring, struct timers *timers);
/* Is told after keys have gone: what they signed is to end (key_is_gone). */
void keyring_on_gone(
	struct keyring *keyring, void (*gone)(void *arg), void *arg);
/* Looks at the files now. */
void keyring_look(struct keyring *keyring);
/* How many files are bad now, or were when they were last read. */
uint32_t keyring_bad_files(const struct keyring *keyring);

enum token_word {
	TOKEN_GOOD, /* *rights is then held for the caller, else NULL */
	TOKEN_BAD,
	TOKEN_NEW, /* it has to be verified */
};

/* What is known of the token at `now_ms`, which costs next to nothing. */
enum token_word keyring_recall(struct keyring *keyring, struct span token,
	uint64_t now_ms, struct rights **rights);
/* What the token, a JWT, lets its bearer do at `now_ms`: the rights, held for
 * the caller, or NULL if it is bad for whatever reason, which is said to the
 * debug log only. */
struct rights *keyring_verify(
	struct keyring *keyring, struct span token, uint64_t now_ms);

/* SHA-256 of `text`, by which tokens tk_... stand in the configuration.  False
 * if libcrypto cannot be opened; the log has said so. */
bool keyring_digest(struct keyring *keyring, struct span text,
	uint8_t digest[DIGEST_BYTES]);

/* NULL if it cannot be opened; the log has said so. */
const struct crypto *keyring_crypto(struct keyring *keyring);

/* The first of the keys of which that is true; NULL if there is none. */
struct key *keyring_find(struct keyring *keyring,
	bool (*is_it)(const void *arg, const struct key *key), const void *arg);

/* Has it left its file? */
bool key_is_gone(const struct key *key);

#endif
