/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "lib/event/scope.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "lib/event/selector.h"
#include "lib/siphash.h"
#include "lib/table.h"
#include "lib/wire.h"

enum {
	ANSWERS = 1024,	  /* remembered; a newer one takes an older one's
			     place */
	ANSWER_NAME = 245 /* bytes; a longer name is asked for each time */
};

struct answer_kept {
	uint64_t serial; /* 0 = none */
	uint8_t len;
	bool answer;
	char name[ANSWER_NAME];
};

struct scopes {
	struct table table;
	uint64_t serial;	     /* the last one */
	struct answer_kept *answers; /* NULL until the first */
};

struct scope {
	struct table_node node;
	struct scopes *scopes;
	struct span *names; /* in the key; sorted */
	size_t name_count;
	struct selector **patterns;
	size_t pattern_count;
	uint64_t serial;
	size_t size;
	uint32_t holds;
	size_t key_len;
	char key[]; /* the selectors, sorted: u8 exact, str16 each */
};

static struct scope *scope_of(const struct table_node *node)
{
	return node == NULL ? NULL : table_entry(node, struct scope, node);
}

static struct span key_of(const struct table_node *node)
{
	const struct scope *scope = table_entry(node, struct scope, node);

	return span(scope->key, scope->key_len);
}

struct scopes *scopes_new(void)
{
	struct scopes *scopes = mem_new(sizeof(*scopes));

	table_init(&scopes->table, key_of, NULL);
	return scopes;
}

void scopes_free(struct scopes *scopes)
{
	if (scopes == NULL)
		return;
	assert(scopes->table.count == 0);
	table_release(&scopes->table);
	free(scopes->answers);
	free(scopes);
}

/* ---- making one */

static int compare(struct span a, struct span b)
{
	return selector_order(SELECTOR_EXACT, a, SELECTOR_EXACT, b);
}

static int in_order(const void *left, const void *right)
{
	const struct scope_item *a = left, *b = right;
	int order = compare(a->text, b->text);

	return order != 0 ? order : (int)a->exact - (int)b->exact;
}

/* Sorts them; how many there are without those that are there twice. */
static size_t sort(struct scope_item *items, size_t count)
{
	size_t kept = 1;

	if (count < 2)
		return count;
	qsort(items, count, sizeof(*items), in_order);
	for (size_t i = 1; i < count; i++)
		if (in_order(&items[i], &items[kept - 1]) != 0)
			items[kept++] = items[i];
	return kept;
}

static void add(struct scope *scope, struct span text, bool exact)
{
	struct selector *pattern = NULL;

	if (!exact && selector_kind(text) != SELECTOR_EXACT)
		pattern = selector_try(text);
	if (pattern == NULL)
		scope->names[scope->name_count++] = text;
	else
		scope->patterns[scope->pattern_count++] = pattern;
}

static size_t size_of(const struct scope *scope, size_t count)
{
	size_t size = sizeof(*scope) + scope->key_len;

	size += count * (sizeof(*scope->names) + sizeof(*scope->patterns));
	for (size_t i = 0; i < scope->pattern_count; i++)
		size += selector_size(scope->patterns[i]);
	return size;
}

static struct scope *make(struct scopes *scopes, size_t count, struct span key)
{
	struct scope *scope = mem_new(sizeof(*scope) + key.len);
	struct wire_in in;

	scope->scopes = scopes;
	scope->serial = ++scopes->serial;
	scope->names = mem_new(count * sizeof(*scope->names));
	scope->patterns = mem_new(count * sizeof(*scope->patterns));
	scope->key_len = key.len;
	memcpy(scope->key, key.at, key.len);
	in = wire_in(span(scope->key, key.len));
	while (in.at < in.end) {
		bool exact = wire_get_u8(&in) != 0;

		add(scope, wire_get_str16(&in), exact);
	}
	scope->size = size_of(scope, count);
	table_add(&scopes->table, &scope->node);
	return scope;
}

struct scope *scope_get(
	struct scopes *scopes, struct scope_item *items, size_t count)
{
	struct buf key = {0};
	struct scope *scope;

	count = sort(items, count);
	if (count == 0)
		return NULL;
	for (size_t i = 0; i < count; i++) {
		wire_put_u8(&key, items[i].exact);
		wire_put_str16(&key, items[i].text);
	}
	scope = scope_of(table_find(&scopes->table, buf_span(&key)));
	if (scope == NULL)
		scope = make(scopes, count, buf_span(&key));
	buf_release(&key);
	return scope_hold(scope);
}

struct scope *scope_hold(struct scope *scope)
{
	if (scope != NULL)
		scope->holds++;
	return scope;
}

void scope_drop(struct scope *scope)
{
	if (scope == NULL || --scope->holds > 0)
		return;
	table_remove(&scope->scopes->table, &scope->node);
	for (size_t i = 0; i < scope->pattern_count; i++)
		selector_free(scope->patterns[i]);
	free(scope->patterns);
	free(scope->names);
	free(scope);
}

/* ---- asking */

static bool has_name(const struct scope *scope, struct span channel)
{
	size_t low = 0, high = scope->name_count;

	while (low < high) {
		size_t middle = (low + high) / 2;
		int order = compare(scope->names[middle], channel);

		if (order == 0)
			return true;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return false;
}

static bool matches(const struct scope *scope, struct span channel)
{
	for (size_t i = 0; i < scope->pattern_count; i++)
		if (selector_matches(scope->patterns[i], channel))
			return true;
	return false;
}

static struct answer_kept *place_of(
	const struct scope *scope, struct span channel)
{
	struct scopes *scopes = scope->scopes;
	uint64_t hash = siphash(siphash_secret(), channel);

	if (scopes->answers == NULL)
		scopes->answers = mem_new(ANSWERS * sizeof(*scopes->answers));
	return &scopes->answers[(hash + scope->serial) % ANSWERS];
}

static bool is_answered(const struct answer_kept *kept,
	const struct scope *scope, struct span channel)
{
	return kept->serial == scope->serial &&
	       span_equal(span(kept->name, kept->len), channel);
}

bool scope_has(const struct scope *scope, struct span channel)
{
	struct answer_kept *kept;

	if (scope == NULL)
		return false;
	if (has_name(scope, channel))
		return true;
	if (scope->pattern_count == 0)
		return false;
	if (channel.len > ANSWER_NAME)
		return matches(scope, channel);
	kept = place_of(scope, channel);
	if (is_answered(kept, scope, channel))
		return kept->answer;
	kept->serial = scope->serial;
	kept->len = (uint8_t)channel.len;
	memcpy(kept->name, channel.at, channel.len);
	kept->answer = matches(scope, channel);
	return kept->answer;
}

bool scope_item(
	const struct scope *scope, size_t index, struct scope_item *item)
{
	if (scope == NULL || index >= scope->name_count + scope->pattern_count)
		return false;
	item->exact = index < scope->name_count;
	item->text =
		item->exact
			? scope->names[index]
			: selector_text(
				  scope->patterns[index - scope->name_count]);
	return true;
}

uint64_t scope_serial(const struct scope *scope)
{
	return scope == NULL ? 0 : scope->serial;
}

size_t scope_size(const struct scope *scope)
{
	return scope == NULL ? 0 : scope->size;
}

struct span scope_text(const struct scope *scope)
{
	return scope == NULL ? span(NULL, 0) : span(scope->key, scope->key_len);
}
