/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_LIB_TABLE_H
#define TIDINGS_LIB_TABLE_H
/*
 * table - things found by their key, however many and whoever chose the keys
 *
 * A thing is in a table by a node of its own, so that adding one allocates
 * nothing but the table's own chains.  Chains are chosen by a hash with a
 * secret (siphash.h).  The table grows and shrinks one chain at a time: no call
 * takes longer because a million things are in it (linear hashing).
 *
 * The table has an order, that of its hashes, and growing does not change it.
 * So a listing may be read in pages: each begins behind the key that ended the
 * one before (table_after), also if that key has gone meanwhile, and whoever is
 * in the table all the time is on exactly one page.  The order is another one
 * under another secret.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/siphash.h"
#include "lib/span.h"

struct table_node {
	struct table_node *next; /* in its chain, by the table's order */
	uint64_t hash;
};

/* The `type` whose member `member` is *node, which is not NULL. */
#define table_entry(node, type, member) \
	((type *)((uintptr_t)(node)-offsetof(type, member)))

/* For whoever embeds it: `count` may be read. */
struct table {
	struct span (*key)(const struct table_node *node);
	struct siphash_key secret;
	struct table_node ***segments; /* chains, some hundred in each */
	size_t room;		       /* for segments */
	size_t chains;
	uint64_t mask; /* covers them all */
	size_t count;
};

/* `key` is asked for the key of a node: it must not change while the node is
 * in, and no two have the same.  A number's key is its bytes.  `secret` NULL is
 * this process's. */
void table_init(struct table *table,
	struct span (*key)(const struct table_node *node),
	const struct siphash_key *secret);
/* Returns the table's own memory; what is in it stays its owners'.  Harmless
 * on one that is all zero. */
void table_release(struct table *table);

/* NULL if there is none. */
struct table_node *table_find(const struct table *table, struct span key);
/* Its key must not be in the table. */
void table_add(struct table *table, struct table_node *node);
/* It must be in the table. */
void table_remove(struct table *table, struct table_node *node);

/* In the table's order, NULL at the end.  Others may come and go between two
 * calls; who removes as it goes asks for the next one before.  Who frees all
 * of them without removing any asks for the next one before, too. */
struct table_node *table_first(const struct table *table);
struct table_node *table_next(
	const struct table *table, const struct table_node *node);
/* Of two tables with the same secret: does the node of the one stand before
 * that of the other? */
bool table_stands_before(const struct table *table,
	const struct table_node *node, const struct table_node *other);
/* The first that stands behind where `key` stands or would stand. */
struct table_node *table_after(const struct table *table, struct span key);

#endif
