/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "hub/peers/inbox.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/text.h"

enum {
	REASONS_AT_ONCE = 1000, /* told by one AT */
};

/* ---- who reads it */

static struct inbox *find(struct inboxes *inboxes, struct span name)
{
	for (size_t i = 0; i < inboxes->count; i++)
		if (span_is(name, inboxes->all[i].config->name))
			return &inboxes->all[i];
	return NULL;
}

static void pop(struct inbox *inbox)
{
	buf_release(&inbox->waiting[0].body);
	inbox->waiting_count--;
	memmove(&inbox->waiting[0], &inbox->waiting[1],
		inbox->waiting_count * sizeof(inbox->waiting[0]));
	memset(&inbox->waiting[inbox->waiting_count], 0,
		sizeof(inbox->waiting[0]));
	inbox->taken = 0;
	buf_clear(&inbox->refused);
	inbox->refusals = inbox->kept_count = 0;
	inbox->kept = 0;
}

static void unclaim(struct inboxes *inboxes, struct inbox *inbox)
{
	while (inbox->waiting_count > 0)
		pop(inbox);
	inbox->peer->inbox = NULL;
	inbox->peer = NULL;
	inbox->confined = false;
	inbox->stock = 0;
	inbox->lost = 0;
	inbox_miss(inboxes, inbox);
}

void inbox_leave(struct inboxes *inboxes, struct peer *peer)
{
	if (peer->inbox != NULL)
		unclaim(inboxes, peer->inbox);
}

bool inbox_claim(struct inboxes *inboxes, struct peer *peer, struct wire_in *in)
{
	struct span name = wire_get_str8(in);
	struct inbox *inbox = find(inboxes, name);

	if (!wire_done(in) || peer->inbox != NULL)
		return false;
	if (!peer_may_read(peer)) {
		peer_refuse(peer, "this user may not read inboxes");
		return true;
	}
	if (inbox == NULL) {
		peer_refuse(peer, "no such inbox is in the hub's tidings.conf");
		return true;
	}
	if (inbox->peer != NULL)
		peer_drop(inbox->peer, NULL);
	inbox->peer = peer;
	peer->inbox = inbox;
	peer->link.most = WIRE_READER_MAX;
	return true;
}

/* ---- what it asks */

static bool is_read_as(const struct inbox *other, const struct inbox *inbox)
{
	return other != inbox && other->read &&
	       memcmp(other->identity, inbox->identity, CURSOR_IDENTITY) == 0;
}

/* `owner`: the name that its identity belongs to.  A name that is in
 * tidings.conf no more was that of the same section. */
static const char *find_objection(const struct inboxes *inboxes,
	const struct inbox *inbox, struct span owner)
{
	bool other = false;

	for (size_t i = 0; i < inboxes->count; i++) {
		const struct inbox *at = &inboxes->all[i];

		other |= is_read_as(at, inbox) ||
			 (at != inbox && span_is(owner, at->config->name));
	}
	return other ? "stopped: another inbox is the same file, or a copy of"
		       " it"
		     : NULL;
}

static void put_reason(void *arg, uint64_t row, struct span reason)
{
	struct buf *out = arg;

	wire_put_u64(out, row);
	wire_put_str16(out, reason);
}

static void put_reasons(
	struct inboxes *inboxes, struct inbox *inbox, struct buf *out)
{
	size_t count = inbox->reasons < REASONS_AT_ONCE ? inbox->reasons
							: REASONS_AT_ONCE;

	wire_put_u8(out, inbox->reasons > count);
	wire_put_u32(out, (uint32_t)count);
	cursor_each_reason(
		&inboxes->cursors, inbox->identity, count, put_reason, out);
}

static void identify(struct inboxes *inboxes, struct inbox *inbox,
	uint64_t number, struct span identity)
{
	struct buf owner = {0};
	const char *objection;
	struct buf *out;
	bool known;

	ledger_commit(inboxes->ledger); /* what was read before is the log's */
	memcpy(inbox->identity, identity.at, CURSOR_IDENTITY);
	inbox->cursor = 0;
	known = cursor_look(
		&inboxes->cursors, inbox->identity, &inbox->cursor, &owner);
	objection = find_objection(inboxes, inbox, buf_span(&owner));
	inbox->entered = span_is(buf_span(&owner), inbox->config->name);
	inbox->entering = false;
	buf_release(&owner);
	inbox->draft = inbox->cursor;
	inbox->reasons = objection != NULL
				 ? 0
				 : cursor_count_reasons(
					   &inboxes->cursors, inbox->identity);
	out = link_begin(&inbox->peer->link, WIRE_AT);
	wire_put_u64(out, number);
	wire_put_u8(out, known);
	wire_put_u64(out, inbox->cursor);
	wire_put_str16(out, span_of(objection));
	put_reasons(inboxes, inbox, out);
	link_end(&inbox->peer->link);
	if (objection != NULL)
		inbox_excuse(inboxes, inbox, span_of(objection));
	inbox->read = objection == NULL;
	inboxes->changed = true;
	/* One that nobody knows says by its first rows where it begins. */
	if (inbox->read && known && !inbox->entered)
		inbox->entering = ledger_begin(inboxes->ledger);
}

static bool take_identity(
	struct inboxes *inboxes, struct inbox *inbox, struct wire_in *in)
{
	uint64_t number = wire_get_u64(in);
	struct span identity = wire_get_str8(in);

	wire_get_str16(in);
	identify(inboxes, inbox, number, identity);
	return true;
}

/* It cannot be read: needs no turn, and no answer. */
static bool take_excuse(
	struct inboxes *inboxes, struct inbox *inbox, struct span body)
{
	struct wire_in in = wire_in(body);
	struct span identity, why;

	wire_get_u64(&in);
	identity = wire_get_str8(&in);
	why = wire_get_str16(&in);
	if (!wire_done(&in) || identity.len != 0)
		return false;
	inbox_excuse(inboxes, inbox,
		text_channel_fault(why) == NULL
			? why
			: span_of("its reader does not say why"));
	return true;
}

static bool is_identity(struct span body)
{
	struct wire_in in = wire_in(body);
	struct span identity;

	wire_get_u64(&in);
	identity = wire_get_str8(&in);
	wire_get_str16(&in);
	return wire_done(&in) && identity.len == CURSOR_IDENTITY;
}

static bool take_stock(struct inbox *inbox, struct span body)
{
	struct wire_in in = wire_in(body);
	bool confined = wire_get_u8(&in) != 0;
	uint64_t stock = wire_get_u64(&in);
	uint32_t lost = wire_get_u32(&in);

	if (!wire_done(&in))
		return false;
	inbox->confined = confined;
	inbox->stock = stock;
	inbox->lost = lost;
	return true;
}

static size_t waiting_bytes(const struct inbox *inbox)
{
	size_t bytes = 0;

	for (size_t i = 0; i < inbox->waiting_count; i++)
		bytes += inbox->waiting[i].body.len;
	return bytes;
}

static bool wait(struct inbox *inbox, uint8_t type, struct span body)
{
	struct inbox_frame *frame = &inbox->waiting[inbox->waiting_count];

	if (inbox->waiting_count == WIRE_AHEAD ||
		waiting_bytes(inbox) + body.len > WIRE_AHEAD_BYTES)
		return false;
	inbox->waiting_count++;
	frame->type = type;
	buf_add_span(&frame->body, body);
	return true;
}

bool inbox_hear(struct inboxes *inboxes, struct peer *peer, uint8_t type,
	struct span body)
{
	struct inbox *inbox = peer->inbox;

	switch (type) {
	case WIRE_INBOX:
		return is_identity(body) ? wait(inbox, type, body)
					 : take_excuse(inboxes, inbox, body);
	case WIRE_ROWS:
		return inbox_rows_are_whole(body) && wait(inbox, type, body);
	case WIRE_TOLD:
		return inbox_told_is_whole(body) && wait(inbox, type, body);
	case WIRE_STOCK:
		return take_stock(inbox, body);
	default:
		return false;
	}
}

/* ---- who asks for nothing */

static bool is_idle(const struct inboxes *inboxes, const struct inbox *inbox)
{
	return inbox->idle_until > clock_now_us(inboxes->ledger->clock);
}

/* Its first frame was looked at since `begin`, and nothing came of it. */
static void idle(
	const struct inboxes *inboxes, struct inbox *inbox, uint64_t begin)
{
	uint64_t now = clock_now_us(inboxes->ledger->clock);
	uint64_t rest = (now - begin) * INBOX_IDLE_SHARE;

	if (inbox->idle_until + INBOX_IDLE_BURST_US < now)
		inbox->idle_until = now - INBOX_IDLE_BURST_US;
	inbox->idle_until += rest > INBOX_IDLE_US ? rest : INBOX_IDLE_US;
}

uint64_t inboxes_due(const struct inboxes *inboxes)
{
	uint64_t due = UINT64_MAX;

	for (size_t i = 0; i < inboxes->count; i++) {
		const struct inbox *inbox = &inboxes->all[i];

		if (inbox->waiting_count > 0 && is_idle(inboxes, inbox) &&
			inbox->idle_until < due)
			due = inbox->idle_until;
	}
	return due;
}

/* ---- in a turn */

/* False if nothing came of it. */
static bool take(struct inboxes *inboxes, struct inbox *inbox)
{
	struct inbox_frame *frame = &inbox->waiting[0];
	struct wire_in in = wire_in(buf_span(&frame->body));
	size_t reasons = inbox->reasons;

	if (frame->type == WIRE_INBOX) {
		take_identity(inboxes, inbox, &in);
		pop(inbox);
		return false;
	}
	if (!inbox->read) {
		frame->done = true;
		return false;
	}
	if (frame->type == WIRE_ROWS)
		return inbox_take_rows(inboxes, inbox);
	inbox_take_told(inboxes, inbox);
	return inbox->reasons < reasons || !frame->done;
}

static void take_in_turn(struct inboxes *inboxes, struct inbox *inbox)
{
	uint64_t begin = clock_now_us(inboxes->ledger->clock);

	if (!take(inboxes, inbox))
		idle(inboxes, inbox, begin);
}

/* It has something that can be done now. */
static bool is_busy(const struct inboxes *inboxes, const struct inbox *inbox)
{
	return inbox->waiting_count > 0 &&
	       (inbox->waiting[0].done || !is_idle(inboxes, inbox));
}

static struct inbox_budget budget_of(const struct ledger *ledger)
{
	struct inbox_budget all = {LEDGER_ROWS_MAX, LEDGER_BYTES_MAX};
	struct inbox_budget beside = {INBOX_ROWS_BESIDE, INBOX_BYTES_BESIDE};

	return ledger->acks.len > 0 ? beside : all;
}

static bool is_spent(const struct inbox_budget *budget)
{
	return budget->rows == 0 || budget->bytes == 0;
}

bool inboxes_pull(struct inboxes *inboxes)
{
	size_t first = inboxes->first++;
	bool more = false, spent = false;

	if (!inboxes->ledger->writable)
		return false;
	inboxes->budget = budget_of(inboxes->ledger);
	for (size_t i = 0; i < inboxes->count; i++) {
		size_t at = (first + i) % inboxes->count;
		struct inbox *inbox = &inboxes->all[at];

		if (is_busy(inboxes, inbox) && !inbox->waiting[0].done)
			take_in_turn(inboxes, inbox);
		more |= is_busy(inboxes, inbox);
		/* Who wants all is the last one in the next turn. */
		if (!spent && is_spent(&inboxes->budget))
			inboxes->first = at + 1;
		spent = is_spent(&inboxes->budget);
	}
	return more;
}

void inboxes_answer(struct inboxes *inboxes)
{
	for (size_t i = 0; i < inboxes->count; i++) {
		struct inbox *inbox = &inboxes->all[i];

		if (inbox->waiting_count == 0 || !inbox->waiting[0].done)
			continue;
		inbox_answer_taken(inbox);
		pop(inbox);
	}
}

/* ---- with the transaction */

static void write_cursors(void *arg)
{
	struct inboxes *inboxes = arg;

	for (size_t i = 0; i < inboxes->count; i++) {
		struct inbox *inbox = &inboxes->all[i];

		if (inbox->entering)
			cursor_enter(&inboxes->cursors, inbox->identity,
				inbox->config->name, inbox->draft);
		else if (inbox->draft != inbox->cursor)
			cursor_move(&inboxes->cursors, inbox->identity,
				inbox->draft);
	}
}

static void settle(void *arg)
{
	struct inboxes *inboxes = arg;

	for (size_t i = 0; i < inboxes->count; i++) {
		struct inbox *inbox = &inboxes->all[i];

		inbox->cursor = inbox->draft;
		inbox->tally = inbox->new_tally;
		inbox->entered |= inbox->entering;
		inbox->entering = false;
		inbox->kept = inbox->refused.len;
		inbox->kept_count = inbox->refusals;
	}
}

/* What was taken since is not the log's: the reader hears how far it got. */
static void revert(void *arg)
{
	struct inboxes *inboxes = arg;

	for (size_t i = 0; i < inboxes->count; i++) {
		struct inbox *inbox = &inboxes->all[i];

		inbox->draft = inbox->cursor;
		inbox->new_tally = inbox->tally;
		inbox->entering = false;
		inbox->refused.len = inbox->kept;
		inbox->refusals = inbox->kept_count;
		if (inbox->waiting_count > 0)
			inbox->waiting[0].done = inbox->taken > 0;
		if (inbox->read)
			inbox->reasons = cursor_count_reasons(
				&inboxes->cursors, inbox->identity);
	}
}

/* ---- beginning and end */

void inboxes_open(struct inboxes *inboxes, struct ledger *ledger)
{
	const struct party party = {write_cursors, settle, revert, inboxes};
	const struct config *config = ledger->config;

	*inboxes = (struct inboxes){
		.config = config,
		.ledger = ledger,
		.count = config->inbox_count,
		.changed = true,
	};
	cursors_open(&inboxes->cursors, &ledger->store);
	inboxes->all = mem_new((inboxes->count + 1) * sizeof(struct inbox));
	for (size_t i = 0; i < inboxes->count; i++) {
		inboxes->all[i].config = &config->inboxes[i];
		inbox_miss(inboxes, &inboxes->all[i]);
	}
	ledger_join(ledger, &party);
}

void inboxes_close(struct inboxes *inboxes)
{
	for (size_t i = 0; i < inboxes->count; i++) {
		struct inbox *inbox = &inboxes->all[i];

		assert(inbox->peer == NULL);
		buf_release(&inbox->why);
		buf_release(&inbox->refused);
	}
	free(inboxes->all);
	cursors_close(&inboxes->cursors);
}
