/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_FCGI_GUARD_TOKEN_CACHE_H
#define TIDINGS_FCGI_GUARD_TOKEN_CACHE_H
/*
 * token_cache - tokens that were good lately, and what they let their bearers
 * do; and some that were bad a moment ago
 *
 * So that a thousand streams that come back verify each token once.  By SHA-256
 * of the token: who brings one chooses its text.  Those that were not asked for
 * longest go first.  Bad ones take no good one's place.
 */
#include <stdbool.h>
#include <stdint.h>

#include "lib/crypto/crypto.h"

struct rights;

enum {
	TOKEN_CACHE_MOST = 16384, /* as many streams as a worker may have */
	/* Of all of them together; 64 bytes of a payload count as one. */
	TOKEN_CACHE_SELECTORS = 65536,
	TOKEN_CACHE_BAD = 1024,
	TOKEN_CACHE_BAD_MS = 1000, /* so long, as its time may come (nbf) */
};

struct token_cache;

struct token_cache *token_cache_new(void);
void token_cache_free(struct token_cache *cache); /* NULL will do */

/* Held for the caller; NULL if it is not known, or no longer good. */
struct rights *token_cache_find(struct token_cache *cache,
	const uint8_t digest[CRYPTO_DIGEST], uint64_t now_ms);
/* Of a token that is not known; holds the rights. */
void token_cache_add(struct token_cache *cache,
	const uint8_t digest[CRYPTO_DIGEST], struct rights *rights);
/* One is bad; and was one so a moment ago? */
void token_cache_refuse(struct token_cache *cache,
	const uint8_t digest[CRYPTO_DIGEST], uint64_t now_ms);
bool token_cache_refuses(const struct token_cache *cache,
	const uint8_t digest[CRYPTO_DIGEST], uint64_t now_ms);
/* Of good and bad ones. */
void token_cache_clear(struct token_cache *cache);

#endif
