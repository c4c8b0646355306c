/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "hub/shared/row.h"

#include "lib/text.h"
#include "lib/wire.h"

/* The end of the year 9999. */
static const uint64_t newest_ms = 253402300799999;

/* "0-ID"; 0 if it is not one of ours.  After half of all ids there would be no
 * room for long. */
static uint64_t read_id(struct span text)
{
	uint64_t id;

	if (text.len < 3 || memcmp(text.at, "0-", 2) != 0 ||
		!text_to_u64(span(text.at + 2, text.len - 2), &id) ||
		id > WIRE_ID_MAX / 2)
		return 0;
	return id;
}

/* One field; false if it has no number where there must be one. */
static bool take_field(struct row *row, struct span name, struct span value)
{
	if (span_is(name, "h")) {
		row->head = value;
	} else if (span_is(name, "i")) {
		row->items = value;
	} else if (span_is(name, "a")) {
		return text_to_u64(value, &row->at) && row->at <= newest_ms;
	} else if (span_is(name, "n")) {
		return text_to_u64(value, &row->rows);
	} else if (span_is(name, "p")) {
		row->founded = true;
		return text_to_u64(value, &row->before);
	} else if (span_is(name, "hole")) {
		row->is_hole = true;
		return text_to_u64(value, &row->hole);
	}
	return true;
}

const char *row_read(struct row *row, const struct redis *redis,
	const struct redis_reply *reply)
{
	const struct redis_reply *fields;

	*row = (struct row){0};
	if (redis->count(reply) != 2)
		return "it is no entry";
	row->id = read_id(redis->text(redis->item(reply, 0)));
	fields = redis->item(reply, 1);
	for (size_t i = 0; i + 1 < redis->count(fields); i += 2)
		if (!take_field(row, redis->text(redis->item(fields, i)),
			    redis->text(redis->item(fields, i + 1))))
			return "a number of it is none";
	if (!row->is_hole && (row->head.len == 0 || row->rows == 0))
		return "it has no head";
	if (row->founded && row->before >= row->id)
		return "it comes before itself";
	return NULL;
}

bool row_read_hole(struct shared_hole *hole, const struct redis *redis,
	const struct redis_reply *reply)
{
	const struct redis_reply *fields;

	if (redis->count(reply) != 2)
		return false;
	hole->start = read_id(redis->text(redis->item(reply, 0)));
	fields = redis->item(reply, 1);
	return hole->start != 0 && redis->count(fields) == 2 &&
	       span_is(redis->text(redis->item(fields, 0)), "last") &&
	       text_to_u64(redis->text(redis->item(fields, 1)), &hole->last) &&
	       hole->last < hole->start;
}
