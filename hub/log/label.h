/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_HUB_LOG_LABEL_H
#define TIDINGS_HUB_LOG_LABEL_H
/*
 * label - what publishers call their events, and which ids these have
 *
 * A label stands for the publish's last row, so that whoever goes on behind it
 * needs none of the others.  It is kept as long as any row of its publish is
 * held.  Of a label that was used more than once the smallest id answers.
 */
#include <stdbool.h>
#include <stdint.h>

#include "hub/log/disk/store.h"
#include "lib/span.h"

struct labels {
	struct store *store;
	struct query add, find, traits, held, remove, undue;
};

void labels_open(struct labels *labels, struct store *store);
void labels_close(struct labels *labels);

/* In a transaction: the label among `traits`, if there is one, stands for the
 * publish whose last row is `id`. */
void labels_add(struct labels *labels, struct span traits, uint64_t id);
/* False if it stands for nothing that is held. */
bool labels_find(struct labels *labels, struct span text, uint64_t *id);
/* In a transaction, while the row `id` is still there: it is about to go. */
void labels_let_go(struct labels *labels, uint64_t id);

#endif
