/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "hub/peers/inbox.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/text.h"

/* ---- who reads it */

static struct inbox *find(struct inboxes *inboxes, struct span name)
{
	for (size_t i = 0; i < inboxes->count; i++)
		if (span_is(name, inboxes->all[i].config->name))
			return &inboxes->all[i];
	return NULL;
}

void inbox_pop(struct inbox *inbox)
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
	inbox_give_up(inbox);
	inbox_ask_nothing(inbox);
	while (inbox->waiting_count > 0)
		inbox_pop(inbox);
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
		return inbox_identity_is_whole(body)
			       ? wait(inbox, type, body)
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

/* ---- with the transaction */

static void write_cursors(void *arg)
{
	struct inboxes *inboxes = arg;

	inboxes_write_others(inboxes);
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
		inbox->sums = inbox->new_sums;
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

	inboxes->other_count = 0;
	for (size_t i = 0; i < inboxes->count; i++) {
		struct inbox *inbox = &inboxes->all[i];

		inbox->draft = inbox->cursor;
		inbox->new_sums = inbox->sums;
		inbox->entering = false;
		inbox->refused.len = inbox->kept;
		inbox->refusals = inbox->kept_count;
		if (inbox->waiting_count > 0)
			inbox->waiting[0].done = inbox->taken > 0;
		inbox_give_up(inbox);
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
		inboxes->all[i].inboxes = inboxes;
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
		buf_release(&inbox->fates);
	}
	free(inboxes->all);
	cursors_close(&inboxes->cursors);
}
