/* SPDX-License-Identifier: MIT */
/*
 * inbox_identity - which file an inbox is, and how far it was read (inbox.h)
 */
#include "config.h"

#include <string.h>

#include "hub/peers/inbox.h"

enum {
	REASONS_AT_ONCE = 1000, /* told by one AT */
};

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
	inbox->draft =
		inbox->ahead > inbox->cursor ? inbox->ahead : inbox->cursor;
	known |= inbox->draft > 0;
	inbox->ahead = 0;
	inbox->reasons = objection != NULL
				 ? 0
				 : cursor_count_reasons(
					   &inboxes->cursors, inbox->identity);
	out = link_begin(&inbox->peer->link, WIRE_AT);
	wire_put_u64(out, number);
	wire_put_u8(out, known);
	wire_put_u64(out, inbox->draft);
	wire_put_str16(out, span_of(objection));
	put_reasons(inboxes, inbox, out);
	link_end(&inbox->peer->link);
	if (objection != NULL)
		inbox_excuse(inboxes, inbox, span_of(objection));
	inbox->read = objection == NULL;
	inboxes->changed = true;
	/* One that nobody knows says by its first rows where it begins. */
	if (inbox->read && known &&
		(!inbox->entered || inbox->draft != inbox->cursor) &&
		ledger_begin(inboxes->ledger))
		inbox->entering = !inbox->entered;
}

bool inbox_may_be_identified(struct inboxes *inboxes, struct inbox *inbox)
{
	struct wire_in in = wire_in(buf_span(&inbox->waiting[0].body));

	wire_get_u64(&in);
	return inboxes->ledger->order == NULL ||
	       inbox_knows_order(inbox, wire_get_str8(&in));
}

void inbox_take_identity(struct inboxes *inboxes, struct inbox *inbox)
{
	struct wire_in in = wire_in(buf_span(&inbox->waiting[0].body));
	uint64_t number = wire_get_u64(&in);

	identify(inboxes, inbox, number, wire_get_str8(&in));
}

bool inbox_identity_is_whole(struct span body)
{
	struct wire_in in = wire_in(body);
	struct span identity;

	wire_get_u64(&in);
	identity = wire_get_str8(&in);
	wire_get_str16(&in);
	return wire_done(&in) && identity.len == CURSOR_IDENTITY;
}
