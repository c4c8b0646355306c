/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "hub/log/label.h"

#include <assert.h>

#include "lib/event/traits.h"

void labels_open(struct labels *labels, struct store *store)
{
	labels->store = store;
	store_prepare(store, &labels->add,
		"INSERT OR IGNORE INTO label(text, id) VALUES(?, ?)");
	store_prepare(store, &labels->find,
		"SELECT id FROM label WHERE text = ? ORDER BY id LIMIT 1");
	store_prepare(store, &labels->traits,
		"SELECT traits FROM event WHERE id = ?");
	store_prepare(store, &labels->held,
		"SELECT 1 FROM event WHERE id BETWEEN ?1 AND ?2 AND id <> ?3"
		" LIMIT 1");
	store_prepare(store, &labels->remove,
		"DELETE FROM label WHERE text = ? AND id = ?");
	store_prepare(store, &labels->undue,
		"DELETE FROM due WHERE at = ? AND id = ?");
}

void labels_close(struct labels *labels)
{
	query_release(&labels->add);
	query_release(&labels->find);
	query_release(&labels->traits);
	query_release(&labels->held);
	query_release(&labels->remove);
	query_release(&labels->undue);
}

void labels_add(struct labels *labels, struct span traits, uint64_t id)
{
	struct span label = trait_find(traits, TRAIT_LABEL);

	if (label.len == 0)
		return;
	assert(labels->store->writing);
	query_bind_blob(&labels->add, 1, label);
	query_bind_int(&labels->add, 2, id);
	store_run(labels->store, &labels->add);
}

bool labels_find(struct labels *labels, struct span text, uint64_t *id)
{
	bool found;

	query_bind_blob(&labels->find, 1, text);
	found = store_step(labels->store, &labels->find);
	if (found)
		*id = query_int(&labels->find, 0);
	store_end(&labels->find);
	return found;
}

/* Whether a row from `first` to `last`, other than `id`, is held. */
static bool is_held(
	struct labels *labels, uint64_t first, uint64_t last, uint64_t id)
{
	struct query *held = &labels->held;
	bool found;

	if (first == last)
		return false;
	query_bind_int(held, 1, first);
	query_bind_int(held, 2, last);
	query_bind_int(held, 3, id);
	found = store_step(labels->store, held);
	store_end(held);
	return found;
}

/* It is not due any more. */
static void let_go_due(struct labels *labels, struct span traits, uint64_t id)
{
	uint64_t at;

	if (!trait_expires(traits, &at) || at > INT64_MAX)
		return;
	query_bind_int(&labels->undue, 1, at);
	query_bind_int(&labels->undue, 2, id);
	store_run(labels->store, &labels->undue);
}

void labels_let_go(struct labels *labels, uint64_t id)
{
	struct query *row = &labels->traits;
	struct trait_topics topics = {0};
	struct span traits, label;

	query_bind_int(row, 1, id);
	if (store_step(labels->store, row)) {
		uint64_t last;

		traits = query_bytes(row, 0);
		label = trait_find(traits, TRAIT_LABEL);
		last = id + traits_rise(traits);
		trait_topics(traits, &topics);
		let_go_due(labels, traits, id);
		if (label.len > 0 &&
			!is_held(labels, id - topics.index, last, id)) {
			query_bind_blob(&labels->remove, 1, label);
			query_bind_int(&labels->remove, 2, last);
			store_run(labels->store, &labels->remove);
		}
	}
	store_end(row);
}
