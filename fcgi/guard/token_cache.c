/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "fcgi/guard/token_cache.h"

#include <stdlib.h>
#include <string.h>

#include "fcgi/guard/rights.h"
#include "lib/buf.h"
#include "lib/list.h"
#include "lib/table.h"

struct known {
	struct table_node node;
	struct node asked; /* the one that was asked for last is last */
	uint8_t digest[CRYPTO_DIGEST];
	struct rights *rights;
};

struct refused {
	uint8_t digest[CRYPTO_DIGEST];
	uint64_t at_ms;
};

struct token_cache {
	struct table table;
	struct node asked;
	size_t selectors;
	struct refused *refused; /* each in the place that its digest says; NULL
				    until the first */
};

static struct span digest_of_node(const struct table_node *node)
{
	const struct known *known = table_entry(node, struct known, node);

	return span(known->digest, sizeof(known->digest));
}

struct token_cache *token_cache_new(void)
{
	struct token_cache *cache = mem_new(sizeof(*cache));

	table_init(&cache->table, digest_of_node, NULL);
	list_init(&cache->asked);
	return cache;
}

static size_t selectors_of(const struct known *known)
{
	const struct rights *rights = known->rights;
	size_t payload = rights->payload == NULL ? 0 : strlen(rights->payload);

	return rights->publish_count + rights->subscribe_count + payload / 64;
}

static void forget(struct token_cache *cache, struct known *known)
{
	cache->selectors -= selectors_of(known);
	table_remove(&cache->table, &known->node);
	list_remove(&known->asked);
	rights_release(known->rights);
	free(known);
}

static struct known *eldest(struct token_cache *cache)
{
	return list_entry(cache->asked.next, struct known, asked);
}

void token_cache_clear(struct token_cache *cache)
{
	while (!list_empty(&cache->asked))
		forget(cache, eldest(cache));
	free(cache->refused);
	cache->refused = NULL;
}

void token_cache_free(struct token_cache *cache)
{
	if (cache == NULL)
		return;
	token_cache_clear(cache);
	table_release(&cache->table);
	free(cache);
}

struct rights *token_cache_find(struct token_cache *cache,
	const uint8_t digest[CRYPTO_DIGEST], uint64_t now_ms)
{
	struct table_node *node =
		table_find(&cache->table, span(digest, CRYPTO_DIGEST));
	struct known *known;

	if (node == NULL)
		return NULL;
	known = table_entry(node, struct known, node);
	if (known->rights->until_ms <= now_ms) {
		forget(cache, known);
		return NULL;
	}
	list_remove(&known->asked);
	list_append(&cache->asked, &known->asked);
	return rights_hold(known->rights);
}

void token_cache_add(struct token_cache *cache,
	const uint8_t digest[CRYPTO_DIGEST], struct rights *rights)
{
	struct known *known = mem_new(sizeof(*known));

	memcpy(known->digest, digest, sizeof(known->digest));
	known->rights = rights_hold(rights);
	table_add(&cache->table, &known->node);
	list_init(&known->asked);
	list_append(&cache->asked, &known->asked);
	cache->selectors += selectors_of(known);
	while (cache->table.count > TOKEN_CACHE_MOST ||
		cache->selectors > TOKEN_CACHE_SELECTORS)
		forget(cache, eldest(cache));
}

static size_t place_of(const uint8_t digest[CRYPTO_DIGEST])
{
	return (digest[0] | (size_t)digest[1] << 8) % TOKEN_CACHE_BAD;
}

void token_cache_refuse(struct token_cache *cache,
	const uint8_t digest[CRYPTO_DIGEST], uint64_t now_ms)
{
	struct refused *refused;

	if (cache->refused == NULL)
		cache->refused =
			mem_new(TOKEN_CACHE_BAD * sizeof(*cache->refused));
	refused = &cache->refused[place_of(digest)];
	memcpy(refused->digest, digest, CRYPTO_DIGEST);
	refused->at_ms = now_ms;
}

bool token_cache_refuses(const struct token_cache *cache,
	const uint8_t digest[CRYPTO_DIGEST], uint64_t now_ms)
{
	const struct refused *refused;

	if (cache->refused == NULL)
		return false;
	refused = &cache->refused[place_of(digest)];
	return now_ms - refused->at_ms < TOKEN_CACHE_BAD_MS &&
	       memcmp(refused->digest, digest, CRYPTO_DIGEST) == 0;
}
