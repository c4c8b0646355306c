/* SPDX-License-Identifier: MIT */
/*
 * fuzz_wire - any bytes as what came over the hub's socket
 *
 * Frames are split off and each body is read in all ways; what can be read as
 * an event is the same bytes when it is written again.
 */
#include <config.h>

#include <string.h>

#include "lib/histogram.h"
#include "lib/wire.h"
#include "tests/fuzz/fuzz.h"

static void within(struct span inner, struct span outer)
{
	if (inner.len == 0)
		return;
	MUST(inner.at >= outer.at);
	MUST(inner.at + inner.len <= outer.at + outer.len);
}

static void read_event(struct span body)
{
	struct wire_event event;
	struct buf again = {0};

	if (!wire_get_event(body, &event))
		return;
	within(event.channel, body);
	within(event.type, body);
	within(event.data, body);
	MUST(wire_event_size(&event) == body.len);
	wire_put_event(&again, &event);
	MUST(span_equal(buf_span(&again), body));
	buf_release(&again);
}

static void read_histogram(struct span body)
{
	struct histogram histogram = {0}, back = {0};
	struct wire_in in = wire_in(body);
	struct buf again = {0};

	if (!histogram_get(&in, &histogram))
		return;
	histogram_put(&again, &histogram);
	in = wire_in(buf_span(&again));
	MUST(histogram_get(&in, &back) && wire_done(&in));
	MUST(memcmp(&histogram, &back, sizeof(back)) == 0);
	buf_release(&again);
}

/* The type and each byte of the body say what to read next. */
static void read_fields(uint8_t type, struct span body)
{
	struct wire_in in = wire_in(body);

	for (uint8_t kind = type; !in.failed && in.at < in.end;
		kind = wire_get_u8(&in))
		switch (kind % 8) {
		case 0:
			wire_get_u16(&in);
			break;
		case 1:
			wire_get_u32(&in);
			break;
		case 2:
			wire_get_u64(&in);
			break;
		case 3:
			within(wire_get_str8(&in), body);
			break;
		case 4:
			within(wire_get_str16(&in), body);
			break;
		case 5:
			within(wire_get_blob(&in), body);
			break;
		case 6:
			within(wire_get_bytes(&in, kind), body);
			break;
		default:
			break;
		}
	MUST(in.at <= in.end);
	if (in.failed) {
		MUST(wire_get_u64(&in) == 0);
		MUST(wire_get_rest(&in).len == 0);
		MUST(!wire_done(&in));
	}
}

/* The same body in a frame of our own comes back. */
static void write_again(uint8_t type, struct span body)
{
	struct buf out = {0};
	struct span again;
	uint8_t again_type;
	bool bad;
	size_t begun = wire_begin(&out, (enum wire_type)type);

	wire_put_bytes(&out, body.at, body.len);
	wire_end(&out, begun);
	MUST(wire_frame(buf_span(&out), &again_type, &again, &bad) == out.len);
	MUST(!bad && again_type == type && span_equal(again, body));
	buf_release(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span rest = span(data, size);
	struct span body;
	uint8_t type;
	bool bad;
	size_t len;

	while ((len = wire_frame(rest, &type, &body, &bad)) > 0) {
		MUST(!bad);
		MUST(len <= rest.len && len == WIRE_HEAD + 1 + body.len);
		within(body, rest);
		read_event(body);
		read_histogram(body);
		read_fields(type, body);
		write_again(type, body);
		rest = span(rest.at + len, rest.len - len);
	}
	read_event(span(data, size));
	read_histogram(span(data, size));
	read_fields(0, span(data, size));
	return 0;
}
