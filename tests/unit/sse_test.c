/* SPDX-License-Identifier: MIT */
/* sse: a stream's bytes become events */
#include <config.h>

#include "client/http/sse.h"
#include "lib/buf.h"
#include "tests/unit/unit.h"

/* [id|type|data], "-" for an id that this event has not said. */
static bool take(void *arg, const struct sse_event *event)
{
	struct buf *out = arg;

	buf_add_char(out, '[');
	buf_add_span(out, event->has_id ? event->id : span_of("-"));
	buf_add_char(out, '|');
	buf_add_span(out, event->type);
	buf_add_char(out, '|');
	buf_add_span(out, event->data);
	buf_add_char(out, ']');
	return true;
}

#define BYTES(literal)                       \
	{                                    \
		literal, sizeof(literal) - 1 \
	}

static const struct {
	const char *name;
	struct span text;
	const char *events;
} cases[] = {
	{"one line", BYTES("data: x\n\n"), "[-|message|x]"},
	{"id and type", BYTES("id: 7\nevent: note\ndata: x\n\n"), "[7|note|x]"},
	{"several lines", BYTES("data: a\ndata: b\ndata:\n\n"),
		"[-|message|a\nb\n]"},
	{"CR ends a line", BYTES("data: a\rdata: b\r\r"), "[-|message|a\nb]"},
	{"CRLF ends one line", BYTES("data: a\r\ndata: b\r\n\r\n"),
		"[-|message|a\nb]"},
	{"LF CR are two ends", BYTES("data: a\n\rdata: b\n\n"),
		"[-|message|a][-|message|b]"},
	{"one space goes", BYTES("data:  x \n\n"), "[-|message| x ]"},
	{"no space is fine", BYTES("data:x\n\n"), "[-|message|x]"},
	{"a field without a colon", BYTES("data\n\n"), "[-|message|]"},
	{"without data there is no event", BYTES("event: x\nid: 1\n\n"), ""},
	{"the type is forgotten with it", BYTES("event: x\n\ndata: y\n\n"),
		"[-|message|y]"},
	{"comments are nothing", BYTES(": data: x\n:\ndata: y\n\n"),
		"[-|message|y]"},
	{"unknown fields are nothing", BYTES("Data: x\n data: x\nfoo: y\n\n"),
		""},
	{"what is not ended is dropped", BYTES("data: x\n"), ""},
	{"a BOM goes",
		BYTES("\xef\xbb\xbf"
		      "data: x\n\n"),
		"[-|message|x]"},
	{"a second BOM stays",
		BYTES("data: x\n\n\xef\xbb\xbf"
		      "data: y\n\n"),
		"[-|message|x]"},
	{"an id with NUL is none", BYTES("id: 1\nid: a\0b\ndata: x\n\n"),
		"[1|message|x]"},
	{"an empty id is one", BYTES("id: 1\nid\ndata: x\n\n"), "[|message|x]"},
	{"an id holds for its event only",
		BYTES("id: 1\ndata: x\n\ndata: y\n\n"),
		"[1|message|x][-|message|y]"},
};

static void test_each_rule_of_the_standard_in_pieces_of_each_length(
	void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct span text = cases[i].text;

		for (size_t piece = 1; piece <= text.len; piece++) {
			struct buf out = {0};
			struct sse sse;

			sse_init(&sse, take, &out);
			for (size_t at = 0; at < text.len; at += piece)
				CHECK(cases[i].name,
					sse_feed(&sse,
						span(text.at + at,
							text.len - at < piece
								? text.len - at
								: piece)));
			CHECK_TEXT(
				cases[i].name, buf_span(&out), cases[i].events);
			sse_release(&sse);
			buf_release(&out);
		}
	}
}

static void test_retry_is_digits_only_and_outlives_a_connection(void **state)
{
	struct buf out = {0};
	struct sse sse;

	(void)state;
	sse_init(&sse, take, &out);
	assert_true(sse_feed(&sse, span_of("retry: 250\nretry: -1\nretry: 1s\n"
					   "retry:\n")));
	assert_int_equal(sse.retry_ms, 250);
	sse_begin(&sse);
	assert_int_equal(sse.retry_ms, 250);
	sse_release(&sse);
	buf_release(&out);
}

static void test_a_cut_drops_half_an_event_and_its_id(void **state)
{
	struct buf out = {0};
	struct sse sse;

	(void)state;
	sse_init(&sse, take, &out);
	assert_true(sse_feed(&sse, span_of("id: 1\ndata: a\n\nid: 2\n"
					   "event: t\ndata: half\nda")));
	sse_begin(&sse);
	assert_true(sse_feed(&sse, span_of("\xef\xbb\xbf"
					   "data: b\n\n")));
	CHECK_TEXT(
		"after the cut", buf_span(&out), "[1|message|a][-|message|b]");
	assert_int_equal(sse.id.len, 0);
	sse_release(&sse);
	buf_release(&out);
}

static bool take_one(void *arg, const struct sse_event *event)
{
	(void)event;
	++*(int *)arg;
	return false;
}

static void test_who_takes_can_end_it(void **state)
{
	struct sse sse;
	int taken = 0;

	(void)state;
	sse_init(&sse, take_one, &taken);
	assert_false(sse_feed(&sse, span_of("data: a\n\ndata: b\n\n")));
	assert_int_equal(taken, 1);
	sse_release(&sse);
}

static void test_an_event_without_end_is_a_fault(void **state)
{
	char piece[1 << 16];
	struct buf out = {0};
	size_t fed = 0;
	struct sse sse;

	(void)state;
	memset(piece, 'x', sizeof(piece));
	sse_init(&sse, take, &out);
	while (sse_feed(&sse, span(piece, sizeof(piece))))
		fed += sizeof(piece);
	assert_true(fed <= SSE_EVENT_MAX);
	sse_release(&sse);
	buf_release(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			test_each_rule_of_the_standard_in_pieces_of_each_length),
		cmocka_unit_test(
			test_retry_is_digits_only_and_outlives_a_connection),
		cmocka_unit_test(test_a_cut_drops_half_an_event_and_its_id),
		cmocka_unit_test(test_who_takes_can_end_it),
		cmocka_unit_test(test_an_event_without_end_is_a_fault),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
