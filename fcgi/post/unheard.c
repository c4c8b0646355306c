/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "fcgi/post/unheard.h"

#include <stdlib.h>

#include "fcgi/http/deferred.h"
#include "fcgi/http/reply.h"
#include "lib/buf.h"
#include "lib/list.h"
#include "lib/loop.h"

struct unheard {
	struct loop *loop;
	struct loop_turn turn;
	bool (*is_heard)(const void *arg, uint64_t id);
	const void *arg;
	struct node waiting; /* patients */
};

struct patient {
	struct unheard *unheard;
	struct node node;
	struct timer late;
	struct deferred *deferred;
	uint64_t id;
	void (*heard)(struct deferred *deferred);
};

/* Its deferred goes. */
static void on_gone(void *arg)
{
	struct patient *patient = arg;

	list_remove(&patient->node);
	timer_stop(loop_timers(patient->unheard->loop), &patient->late);
	free(patient);
}

static void on_late(void *arg)
{
	const struct patient *patient = arg;
	struct replies *replies = patient->deferred->replies;

	reply_away(replies, deferred_done(patient->deferred),
		"it is deleted, and may still be shown from memory for a "
		"moment");
}

static void on_turn(void *arg)
{
	struct unheard *unheard = arg;
	struct node *node = unheard->waiting.next, *next;

	for (; node != &unheard->waiting; node = next) {
		struct patient *patient =
			list_entry(node, struct patient, node);

		next = node->next;
		if (unheard->is_heard(unheard->arg, patient->id))
			patient->heard(patient->deferred);
	}
}

void unheard_wait(struct unheard *unheard, struct deferred *deferred,
	uint64_t id, void (*heard)(struct deferred *deferred))
{
	struct patient *patient;

	if (unheard->is_heard(unheard->arg, id)) {
		heard(deferred);
		return;
	}
	patient = mem_new(sizeof(*patient));
	patient->unheard = unheard;
	patient->deferred = deferred;
	patient->id = id;
	patient->heard = heard;
	timer_init(&patient->late, on_late, patient);
	timer_set(loop_timers(unheard->loop), &patient->late,
		UNHEARD_MS * UINT64_C(1000), 0);
	list_append(&unheard->waiting, &patient->node);
	deferred->gone = on_gone;
	deferred->beside = patient;
}

struct unheard *unheard_new(struct loop *loop,
	bool (*is_heard)(const void *arg, uint64_t id), const void *arg)
{
	struct unheard *unheard = mem_new(sizeof(*unheard));

	unheard->loop = loop;
	unheard->is_heard = is_heard;
	unheard->arg = arg;
	list_init(&unheard->waiting);
	loop_turn_init(&unheard->turn, UNHEARD_ORDER, on_turn, unheard);
	loop_turn_start(loop, &unheard->turn);
	return unheard;
}

void unheard_free(struct unheard *unheard)
{
	if (unheard == NULL)
		return;
	loop_turn_stop(unheard->loop, &unheard->turn);
	free(unheard);
}
