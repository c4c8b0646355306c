/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "inbox/row.h"

#include "lib/text.h"
#include "lib/wire.h"

void row_put_bad(struct buf *out, uint64_t id, const char *reason)
{
	wire_put_u64(out, id);
	wire_put_u8(out, WIRE_ROW_BAD);
	wire_put_str16(out, span_of(reason));
}

void row_put(struct buf *out, const struct query *row, size_t limit)
{
	uint64_t id = query_int(row, 0);
	struct span channel = query_bytes(row, 1);
	struct span type = query_bytes(row, 2);
	struct span data = query_bytes(row, 3);
	struct span key = query_bytes(row, 4);
	struct span traits = span(NULL, 0);
	const char *fault = "data is NULL";

	if (query_type(row, 1) == DB_NULL)
		channel = span_of("main");
	if (query_type(row, 3) != DB_NULL)
		fault = text_event_fault(channel, type, data, limit);
	if (fault == NULL)
		fault = text_key_fault(key);
	if (fault != NULL) {
		row_put_bad(out, id, fault);
		return;
	}
	wire_put_u64(out, id);
	wire_put_u8(out, WIRE_ROW);
	wire_put_str16(out, channel);
	wire_put_str8(out, type);
	wire_put_str16(out, traits);
	wire_put_str8(out, key);
	wire_put_blob(out, data);
}
