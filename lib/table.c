/* SPDX-License-Identifier: MIT */
/*
 * With 2^L < chains <= 2^(L+1), a chain holds the hashes whose last L + 1 bits
 * are its number; the chains that have no partner in the upper half yet hold
 * those whose last L bits are.  The order is that of the hashes read from their
 * last bit to their first, and a chain is sorted by it: so to split a chain is
 * to cut it at one place, to merge two is to join their ends, and the chains
 * themselves have an order in which each holds what follows the one before.
 */
#include <config.h>

#include "lib/table.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "lib/buf.h"

enum {
	SEGMENT = 512,	 /* chains that are allocated together */
	FEWEST = 64,	 /* chains of a table that is not empty */
	SPARSE = 4,	 /* chains for each thing; above it, chains go */
	FIRST_ROOM = 16, /* for segments */
};

void table_init(struct table *table,
	struct span (*key)(const struct table_node *node),
	const struct siphash_key *secret)
{
	*table = (struct table){.key = key};
	table->secret = secret == NULL ? *siphash_secret() : *secret;
}

void table_release(struct table *table)
{
	for (size_t i = 0; i * SEGMENT < table->chains; i++)
		free(table->segments[i]);
	free(table->segments);
	table->segments = NULL;
	table->chains = table->count = table->room = 0;
}

/* ---- chains */

static inline struct table_node **chain(const struct table *table, size_t at)
{
	return &table->segments[at / SEGMENT][at % SEGMENT];
}

static inline struct table_node **chain_of(
	const struct table *table, uint64_t hash)
{
	size_t at = hash & table->mask;

	return chain(table, at < table->chains ? at : at & (table->mask >> 1));
}

static void add_segment(struct table *table, size_t at)
{
	if (at == table->room) {
		table->room = at == 0 ? FIRST_ROOM : at * 2;
		table->segments = mem_resize(table->segments,
			table->room * sizeof(*table->segments));
	}
	table->segments[at] = mem_new(SEGMENT * sizeof(**table->segments));
}

static void begin(struct table *table)
{
	add_segment(table, 0);
	table->chains = FEWEST;
	table->mask = FEWEST - 1;
}

/* The highest bit of the chains' numbers. */
static uint64_t top(const struct table *table)
{
	return (table->mask >> 1) + 1;
}

/* One chain more: the end of its partner's. */
static void split(struct table *table)
{
	size_t added = table->chains++;
	uint64_t bit;
	struct table_node **cut;

	if (added > table->mask)
		table->mask = table->mask << 1 | 1;
	if (added % SEGMENT == 0)
		add_segment(table, added / SEGMENT);
	bit = top(table);
	cut = chain(table, added - bit);
	while (*cut != NULL && ((*cut)->hash & bit) == 0)
		cut = &(*cut)->next;
	*chain(table, added) = *cut;
	*cut = NULL;
}

/* One chain less: it becomes its partner's end again. */
static void merge(struct table *table)
{
	size_t gone = --table->chains;
	struct table_node **end = chain(table, gone - top(table));

	while (*end != NULL)
		end = &(*end)->next;
	*end = *chain(table, gone);
	*chain(table, gone) = NULL;
	if (gone % SEGMENT == 0) {
		free(table->segments[gone / SEGMENT]);
		table->segments[gone / SEGMENT] = NULL;
	}
	if (gone == top(table))
		table->mask >>= 1;
}

/* ---- the order */

static int compare(struct span a, struct span b)
{
	size_t len = a.len < b.len ? a.len : b.len;
	int order = len == 0 ? 0 : memcmp(a.at, b.at, len);

	return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

/* Does the node stand before such a one?  The last bit that differs says so;
 * two of the same hash stand as their keys do. */
static bool is_before(const struct table *table, const struct table_node *node,
	uint64_t hash, struct span key)
{
	uint64_t differ = node->hash ^ hash;

	if (differ == 0)
		return compare(table->key(node), key) < 0;
	return (hash & differ & (~differ + 1)) != 0;
}

/* The first hash of the chain that follows the one of `hash`; 0 after the last.
 * The chain's number, read from its last bit to its first, is counted up. */
static uint64_t following(const struct table *table, uint64_t hash)
{
	uint64_t bit = top(table);
	uint64_t at = hash & (bit - 1);

	if (at + bit < table->chains)
		at = hash & table->mask;
	else
		bit >>= 1;
	for (; (at & bit) != 0; bit >>= 1)
		at ^= bit;
	return at | bit;
}

bool table_stands_before(const struct table *table,
	const struct table_node *node, const struct table_node *other)
{
	return is_before(table, node, other->hash, table->key(other));
}

enum { AHEAD = 4 }; /* chains */

/* Whoever reads on will want these: one after the other each would be waited
 * for, as chains that follow each other lie far apart. */
static void look_ahead(const struct table *table, uint64_t hash)
{
	for (int i = 0; i < AHEAD; i++)
		hash = following(table, hash);
	__builtin_prefetch(*chain_of(table, hash));
	for (int i = 0; i < AHEAD; i++)
		hash = following(table, hash);
	__builtin_prefetch(chain_of(table, hash));
}

/* `node`, or the first of the chains that follow the one of `hash`. */
static struct table_node *or_following(
	const struct table *table, struct table_node *node, uint64_t hash)
{
	while (node == NULL && (hash = following(table, hash)) != 0) {
		look_ahead(table, hash);
		node = *chain_of(table, hash);
	}
	return node;
}

struct table_node *table_first(const struct table *table)
{
	if (table->count == 0)
		return NULL;
	return or_following(table, *chain(table, 0), 0);
}

struct table_node *table_next(
	const struct table *table, const struct table_node *node)
{
	return or_following(table, node->next, node->hash);
}

struct table_node *table_after(const struct table *table, struct span key)
{
	uint64_t hash = siphash(&table->secret, key);
	struct table_node *node;

	if (table->count == 0)
		return NULL;
	node = *chain_of(table, hash);
	while (node != NULL && (is_before(table, node, hash, key) ||
				       span_equal(table->key(node), key)))
		node = node->next;
	return or_following(table, node, hash);
}

/* ---- by key */

struct table_node *table_find(const struct table *table, struct span key)
{
	uint64_t hash;
	struct table_node *node;

	if (table->count == 0)
		return NULL;
	hash = siphash(&table->secret, key);
	node = *chain_of(table, hash);
	while (node != NULL &&
		(node->hash != hash || !span_equal(table->key(node), key)))
		node = node->next;
	return node;
}

void table_add(struct table *table, struct table_node *node)
{
	struct span key = table->key(node);
	struct table_node **at;

	if (table->chains == 0)
		begin(table);
	else if (table->count >= table->chains)
		split(table);
	node->hash = siphash(&table->secret, key);
	at = chain_of(table, node->hash);
	while (*at != NULL && is_before(table, *at, node->hash, key))
		at = &(*at)->next;
	node->next = *at;
	*at = node;
	table->count++;
}

void table_remove(struct table *table, struct table_node *node)
{
	struct table_node **at = chain_of(table, node->hash);

	while (*at != node) {
		assert(*at != NULL);
		at = &(*at)->next;
	}
	*at = node->next;
	node->next = NULL;
	table->count--;
	while (table->chains > FEWEST && table->chains > SPARSE * table->count)
		merge(table);
}
