/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "inbox/row.h"

#include "lib/event/topic_list.h"
#include "lib/event/traits.h"
#include "lib/event_size.h"
#include "lib/json/json.h"
#include "lib/text.h"
#include "lib/wire.h"

/* ms: the end of the year 9999. */
#define EXPIRES_MAX UINT64_C(253402300799999)

void row_put_bad(struct buf *out, uint64_t id, const char *reason)
{
	wire_put_u64(out, id);
	wire_put_u8(out, WIRE_ROW_BAD);
	wire_put_str16(out, span_of(reason));
}

/* Without space around it. */
static struct span trim(struct span text)
{
	while (text.len > 0 && json_is_space(text.at[0])) {
		text.at++;
		text.len--;
	}
	while (text.len > 0 && json_is_space(text.at[text.len - 1]))
		text.len--;
	return text;
}

/* Likewise until when it is good. */
static const char *put_expiry(struct buf *out, const struct query *row)
{
	uint64_t at = query_int(row, 6);

	if (query_type(row, 6) == DB_NULL)
		return NULL;
	if (query_type(row, 6) != DB_INT || at > EXPIRES_MAX)
		return "expires_at is no time: seconds since 1970, or a date "
		       "such as 2026-12-24 18:00:00 in UTC";
	trait_add_expires(out, at);
	return NULL;
}

/* Appends the traits that `also` asks for; NULL or why it will not do. */
static const char *put_also(
	struct buf *out, const struct query *row, struct span channel)
{
	struct span also = trim(query_bytes(row, 5));
	struct json_fault wrong;
	struct topic_list list;
	const char *fault;

	if (query_type(row, 5) == DB_NULL)
		return NULL;
	if (!strict_json(also, &wrong) || !json_is_strings(also))
		return "also is no JSON list of channel names";
	topic_list_begin(&list, channel);
	fault = topic_list_add_json(&list, also);
	topic_list_put(&list, out);
	topic_list_release(&list);
	return fault;
}

static const char *put_traits(
	struct buf *out, const struct query *row, struct span channel)
{
	const char *fault = put_also(out, row, channel);

	return fault == NULL ? put_expiry(out, row) : fault;
}

void row_put(struct buf *out, const struct query *row, size_t limit)
{
	uint64_t id = query_int(row, 0);
	struct span channel = query_bytes(row, 1);
	struct span type = query_bytes(row, 2);
	struct span data = query_bytes(row, 3);
	struct span key = query_bytes(row, 4);
	struct buf traits = {0};
	const char *fault = "data is NULL";
	char sentence[EVENT_SIZE_SENTENCE];

	if (query_type(row, 1) == DB_NULL)
		channel = span_of("main");
	if (query_type(row, 3) != DB_NULL)
		fault = text_channel_fault(channel);
	if (fault == NULL)
		fault = text_event_fault(channel, type, data);
	if (fault == NULL)
		fault = text_key_fault(key);
	if (fault == NULL)
		fault = event_size_fault(sentence, type, data, limit);
	if (fault == NULL)
		fault = put_traits(&traits, row, channel);
	if (fault != NULL) {
		row_put_bad(out, id, fault);
	} else {
		wire_put_u64(out, id);
		wire_put_u8(out, WIRE_ROW);
		wire_put_str16(out, channel);
		wire_put_str8(out, type);
		wire_put_str16(out, buf_span(&traits));
		wire_put_str8(out, key);
		wire_put_blob(out, data);
	}
	buf_release(&traits);
}
