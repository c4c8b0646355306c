/* SPDX-License-Identifier: MIT */
/*
 * put_back - orphans are proposed again (rooms.h)
 *
 * In their old order, a few at a time; if one fails, all that are left begin
 * anew once the others have been answered, since a row of an inbox that comes
 * before others of it would tell of these, too.  The hub that took one from its
 * publisher does so at once; if it does not, any that holds it.
 */
#include "config.h"

#include "hub/lines.h"
#include "hub/log/cursor.h"
#include "hub/log/orphan.h"
#include "hub/together/rooms.h"
#include "lib/log.h"

enum {
	AT_ONCE = 64,	      /* are asked */
	LEFT_AT_ONCE = 256,   /* are left where they are, in one turn */
	OTHERS_US = 10000000, /* later others' are put back, too */
};

void put_back_begin(struct together *together)
{
	struct put_back *put_back = &together->put_back;

	put_back->through = 0;
	put_back->looked = put_back->failed = false;
	put_back->since = clock_now_us(together->ledger->clock);
}

static bool is_old(
	const struct together *together, const struct orphan_line *line)
{
	const struct ledger *ledger = together->ledger;

	return line->at < calendar_before(&ledger->calendar,
				  ledger->config->key_age_ms / 2);
}

/* ---- what becomes of one */

/* Too old ones, and those that cannot be read, are left where they are. */
static void leave(struct together *together, uint64_t id)
{
	struct ledger *ledger = together->ledger;

	log_warnx(LINE_SHARED_LEFT, (unsigned long long)id);
	if (ledger_begin(ledger))
		orphan_leave(&ledger->store, id);
}

/* The order has it, and the log had leapt over its place when it was asked for:
 * it followed another server at that time.  Others have it there. */
static bool is_leapt_over(
	const struct together *together, const struct waiter *waiter)
{
	return waiter->ack.outcome == WIRE_OUT_REPEATED &&
	       waiter->ack.last <= waiter->newest &&
	       epochs_find(&together->ledger->log.epochs, waiter->ack.last) !=
		       NULL;
}

static void answered(void *arg, const struct waiter *waiter)
{
	struct together *together = arg;

	together->put_back.asked--;
	together->put_back.failed |= waiter->ack.outcome == WIRE_OUT_AWAY;
	if (waiter->ack.outcome == WIRE_OUT_CONFLICT ||
		is_leapt_over(together, waiter))
		leave(together, waiter->orphan);
}

/* What was stored now has taken it out itself. */
static void reached(void *arg, const struct waiter *waiter)
{
	struct together *together = arg;
	struct ledger *ledger = together->ledger;

	if (waiter->ack.outcome == WIRE_OUT_REPEATED && ledger_begin(ledger))
		orphan_remove(&ledger->store, waiter->orphan);
}

static const struct waiter_end end = {answered, reached};

/* ---- which are asked for */

struct asking {
	struct together *together;
	struct cursors cursors;
};

static void ask(void *arg, const struct orphan *orphan)
{
	struct asking *asking = arg;
	struct together *together = asking->together;
	struct proposal what = orphan->what;
	const struct ack nobody = {0};
	struct buf name = {0};
	struct waiter *waiter;
	uint64_t cursor;

	if (orphan->origin.has_row &&
		cursor_look(&asking->cursors, orphan->origin.inbox, &cursor,
			&name)) {
		what.cursor.name = buf_span(&name);
		what.cursor.identity = orphan->origin.inbox;
		what.cursor.to = orphan->origin.row;
	}
	waiter = propose_append(
		together, &what, &orphan->origin, orphan->id, &nobody);
	waiter->end = &end;
	waiter->newest = together->ledger->log.newest;
	together->put_back.asked++;
	buf_release(&name);
}

/* False if it is left. */
static bool take(struct together *together, struct asking *asking,
	const struct orphan_line *line)
{
	struct store *store = &together->ledger->store;

	if (!is_old(together, line) &&
		orphan_read(store, line->id, ask, asking))
		return true;
	leave(together, line->id);
	return false;
}

/* Those that may be put back now, from `through` on. */
static void take_some(struct together *together)
{
	struct put_back *put_back = &together->put_back;
	struct store *store = &together->ledger->store;
	uint64_t now = clock_now_us(together->ledger->clock);
	const uint8_t *hub =
		now > put_back->since + OTHERS_US ? NULL : together->own;
	struct asking asking = {.together = together};
	struct orphan_line line;
	unsigned left = 0;

	cursors_open(&asking.cursors, store);
	put_back->looked = false;
	while (put_back->asked < AT_ONCE && left < LEFT_AT_ONCE) {
		if (!orphan_next(store, put_back->through, hub, &line)) {
			put_back->looked = true;
			break;
		}
		put_back->through = line.id;
		left += !take(together, &asking, &line);
	}
	cursors_close(&asking.cursors);
}

void put_back_step(struct together *together)
{
	struct put_back *put_back = &together->put_back;

	if (put_back->since == 0 || put_back->looked || put_back->failed ||
		together->where != SHARED_HERE || together->lagging)
		return;
	if (put_back->asked < AT_ONCE / 2)
		take_some(together);
}

/* All again: some are others', some have failed. */
void put_back_tend(struct together *together)
{
	struct put_back *put_back = &together->put_back;
	struct orphan_line line;

	if (put_back->since == 0 || put_back->asked > 0 ||
		!(put_back->looked || put_back->failed))
		return;
	if (!orphan_next(&together->ledger->store, 0, NULL, &line)) {
		put_back->since = 0;
		return;
	}
	put_back->through = 0;
	put_back->looked = put_back->failed = false;
}
