/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "hub/peers/inbox_row.h"

#include "lib/event/traits.h"
#include "lib/text.h"

struct row row_get(struct wire_in *in)
{
	struct row row = {
		.id = wire_get_u64(in),
		.kind = wire_get_u8(in),
	};

	if (row.kind == WIRE_ROW_BAD) {
		row.reason = wire_get_str16(in);
		return row;
	}
	row.channel = wire_get_str16(in);
	row.type = wire_get_str8(in);
	row.traits = wire_get_str16(in);
	row.key = wire_get_str8(in);
	row.data = wire_get_blob(in);
	return row;
}

static struct proposal propose(const struct row *row, struct proposed *item)
{
	struct proposal proposal = {
		.channel = row->channel,
		.type = row->type,
		.traits = row->traits,
		.items = item,
		.count = 1,
		.cursor = {.to = row->id},
	};

	*item = (struct proposed){.data = row->data, .key = row->key};
	if (span_is(proposal.type, "message"))
		proposal.type = span(NULL, 0); /* the same, also by its key */
	return proposal;
}

struct span row_fault(const struct row *row, size_t max_event,
	char sentence[EVENT_SIZE_SENTENCE])
{
	struct proposed item;
	struct proposal proposal;
	const char *fault;

	if (row->kind != WIRE_ROW)
		return row->reason;
	fault = text_event_fault(row->channel, row->type, row->data);
	if (fault == NULL)
		fault = text_key_fault(row->key);
	if (fault == NULL)
		fault = event_size_fault(
			sentence, row->type, row->data, max_event);
	if (fault == NULL) {
		proposal = propose(row, &item);
		fault = proposal_fault(&proposal);
	}
	return span_of(fault);
}

struct proposal row_proposal(const struct row *row, struct proposed *item)
{
	struct proposal proposal = propose(row, item);

	if (item->key.len > 0)
		item->digest = digest_with(digest_of(proposal.type, item->data),
			traits_lasting(proposal.traits));
	return proposal;
}
