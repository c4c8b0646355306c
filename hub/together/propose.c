/* SPDX-License-Identifier: MIT */
/*
 * propose - what goes to the order, and who waits for it (rooms.h)
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "hub/log/orphan.h"
#include "hub/together/rooms.h"
#include "hub/together/wording.h"

enum {
	ROOM = 1024, /* proposals that wait; up to here what is proposed at once
		       goes in one piece */
};

static const char forgotten[] =
	"the shared order has forgotten it; publish it again";

/* ---- out */

struct waiter *propose_append(struct together *together,
	const struct proposal *proposal, const struct origin *origin,
	uint64_t orphan, const struct ack *ack)
{
	struct shared_item one, *items = &one;
	struct waiter *waiter = pending_add(&together->pending, ack);
	struct shared_proposal to;

	if (proposal->count > 1)
		items = mem_new(proposal->count * sizeof(*items));
	to = wording_of_proposal(proposal, origin, items);
	to.orphan = orphan;
	waiter->asked = clock_now_us(together->ledger->clock);
	waiter->orphan = orphan;
	if (to.cursor.name.len > 0) {
		waiter->name = mem_text(to.cursor.name);
		waiter->to = to.cursor.to;
		memcpy(waiter->inbox, to.cursor.identity, ORIGIN_INBOX);
	}
	shared_append(together->wing, &to, waiter);
	if (items != &one)
		free(items);
	return waiter;
}

static bool has_asker(const struct ack *ack)
{
	return ack->peer != NULL;
}

/* While it is away for a moment, what is proposed waits.  Otherwise it is told
 * at once why it need not: the sentence may be another soon. */
static bool refuse(const struct together *together, const struct ack *ack)
{
	const struct ledger *ledger = together->ledger;
	struct ack no = *ack;

	if (!together->lagging && (together->where == SHARED_HERE ||
					  together->where == SHARED_AWAY))
		return false;
	no.outcome = together->lagging ? WIRE_OUT_BEHIND : WIRE_OUT_AWAY;
	no.first = no.last = 0;
	no.reason = ledger->away;
	if (has_asker(&no))
		ledger_tell(ledger, &no);
	return true;
}

static bool propose(void *arg, const struct proposal *proposal, struct ack *ack)
{
	struct together *together = arg;
	struct origin origin = {.number = proposal->number};

	if (!together->ledger->writable) {
		ledger_refuse(together->ledger, ack);
		return true;
	}
	if (refuse(together, ack))
		return false;
	if (proposal->publisher != NULL)
		origin.source = proposal->publisher->name;
	else
		origin.source = proposal->source;
	memcpy(origin.hub, together->own, ORIGIN_HUB);
	propose_append(together, proposal, &origin, 0, ack);
	return false;
}

static void forget(void *arg, const void *peer)
{
	struct together *together = arg;

	pending_forget(&together->pending, peer);
}

/* Rows of inboxes come after what this hub puts back. */
static size_t room(void *arg)
{
	const struct together *together = arg;
	size_t waiting = shared_waiting(together->wing);

	if (!put_back_is_done(&together->put_back) || together->lagging ||
		together->where != SHARED_HERE)
		return 0;
	return waiting < ROOM ? ROOM - waiting : 0;
}

static void look(void *arg, struct order_look *look)
{
	struct together *together = arg;

	look->number = shared_look(together->wing);
	list_append(&together->looks, &look->among);
}

static void ask_cursor(void *arg, struct span name, const uint8_t *identity,
	struct order_question *question)
{
	struct together *together = arg;

	list_init(&question->among);
	list_append(&together->questions, &question->among);
	shared_ask_cursor(together->wing, name, identity, question);
}

static void figures(void *arg, struct order_figures *figures)
{
	const struct together *together = arg;
	const struct ledger *ledger = together->ledger;

	*figures = (struct order_figures){
		.connected = together->where == SHARED_HERE,
		.behind_us = behind_for(&together->behind,
			ledger->log.committed, clock_now_us(ledger->clock)),
		.append_us = together->append_us,
		.machines = together->machines,
		.orphans = together->put_back.since == 0
				   ? 0
				   : orphans_count(&together->ledger->store),
	};
}

static enum order_there is_there(void *arg, const uint8_t *hub)
{
	static const enum order_there words[] = {
		[SHARED_THERE] = ORDER_THERE,
		[SHARED_GONE] = ORDER_GONE,
		[SHARED_GONE_OURS] = ORDER_GONE_OURS,
	};
	const struct together *together = arg;

	return words[shared_there(together->wing, hub)];
}

static struct order_blind blind(void *arg)
{
	const struct together *together = arg;
	uint64_t others = shared_blindest(together->wing);

	return (struct order_blind){together->blind,
		others > together->blind ? others : together->blind};
}

void propose_open(struct together *together)
{
	together->order = (struct order){propose, forget, room, look,
		ask_cursor, figures, is_there, blind, together->own, together};
	together->ledger->order = &together->order;
}

/* ---- its end */

static void tell(struct together *together, struct waiter *waiter)
{
	if (has_asker(&waiter->ack))
		ledger_tell(together->ledger, &waiter->ack);
	waiter_free(waiter);
}

/* One whose answer has come. */
static void fail(
	struct together *together, struct waiter *waiter, const char *reason)
{
	waiter->ack.outcome = WIRE_OUT_AWAY;
	waiter->ack.first = waiter->ack.last = 0;
	waiter->ack.reason = reason;
	tell(together, waiter);
}

/* It goes with the transaction. */
static void finish(struct together *together, struct waiter *waiter)
{
	if (waiter->end != NULL)
		waiter->end->reached(together, waiter);
	if (has_asker(&waiter->ack))
		ledger_ack(together->ledger, &waiter->ack);
	waiter_free(waiter);
}

void propose_reach(struct together *together, uint64_t id)
{
	struct waiter *waiter;

	while ((waiter = pending_reach(&together->pending, id)) != NULL)
		finish(together, waiter);
}

/* What is not above the newest id is there, unless that leapt over it. */
static void place(
	struct together *together, struct waiter *waiter, uint64_t entry)
{
	const struct eventlog *log = &together->ledger->log;

	if (epochs_find(&log->epochs, entry) != NULL ||
		epochs_begin_at(&log->epochs, entry)) {
		fail(together, waiter, forgotten);
		return;
	}
	pending_place(&together->pending, waiter, entry);
	propose_reach(together, log->newest);
}

/* ---- answers */

static void note_behind(struct together *together, struct waiter *waiter,
	const struct shared_answer *answer)
{
	waiter->cursor = answer->cursor;
	list_remove(&waiter->among);
	list_append(&together->pending.looking, &waiter->among);
	order_look(together->ledger, &waiter->look);
}

static void note(struct ack *ack, const struct shared_answer *answer)
{
	static const enum wire_outcome outcomes[] = {
		[SHARED_STORED] = WIRE_OUT_STORED,
		[SHARED_REPEATED] = WIRE_OUT_REPEATED,
		[SHARED_CONFLICT] = WIRE_OUT_CONFLICT,
		[SHARED_BEHIND] = WIRE_OUT_AWAY,
		[SHARED_FAILED] = WIRE_OUT_AWAY,
	};

	ack->outcome = outcomes[answer->outcome];
	ack->first = answer->first;
	ack->last = answer->last;
	ack->reason = answer->reason;
	if (answer->outcome == SHARED_CONFLICT)
		ack->reason = "this key was used for other content";
}

void propose_answered(void *arg, const struct shared_answer *answer)
{
	struct together *together = arg;
	struct waiter *waiter = answer->whose;

	note(&waiter->ack, answer);
	if (waiter->end != NULL)
		waiter->end->answered(together, waiter);
	switch (answer->outcome) {
	case SHARED_STORED:
		place(together, waiter, answer->entry);
		return;
	case SHARED_REPEATED:
		/* The last of its items need not be the newest. */
		place(together, waiter,
			answer->entry > answer->last ? answer->entry
						     : answer->last);
		return;
	case SHARED_BEHIND:
		note_behind(together, waiter, answer);
		return;
	case SHARED_CONFLICT:
	case SHARED_FAILED:
		tell(together, waiter);
		return;
	}
}

void propose_lose(struct together *together, const struct shared_hole *hole)
{
	struct waiter *waiter;

	while ((waiter = pending_lose(
			&together->pending, hole->last, hole->start)) != NULL)
		fail(together, waiter, forgotten);
}

/* ---- who waits for the log to get somewhere */

/* Its inbox was published further than it knew. */
static void move(struct together *together, struct waiter *waiter)
{
	waiter->ack.outcome = waiter->cursor >= waiter->to ? WIRE_OUT_REPEATED
							   : WIRE_OUT_AWAY;
	together->sink.moved(together->sink.arg, span_of(waiter->name),
		waiter->inbox, waiter->cursor);
	finish(together, waiter);
}

void propose_step(struct together *together)
{
	struct node *list = &together->pending.looking, *at, *next;

	for (at = list->next; at != list; at = next) {
		struct waiter *waiter = list_entry(at, struct waiter, among);

		next = at->next;
		if (order_has_reached(together->ledger, &waiter->look) &&
			ledger_begin(together->ledger))
			move(together, waiter);
	}
}

void propose_expire(struct together *together)
{
	const struct ledger *ledger = together->ledger;
	uint64_t patience = ledger->config->shared.give_up_ms * 1000;
	uint64_t now = clock_now_us(ledger->clock);
	struct waiter *waiter;

	if (now < patience)
		return;
	while ((waiter = pending_overdue(&together->pending, now - patience)) !=
		NULL)
		fail(together, waiter,
			"it has its place in the shared order, but has not "
			"come back from there yet");
}
