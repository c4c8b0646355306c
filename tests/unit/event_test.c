/* SPDX-License-Identifier: MIT */
/* event: what a publisher sends, as the text of an event stream */
#include <config.h>

#include <string.h>
#include <time.h>

#include "fcgi/stream/event.h"
#include "lib/event/traits.h"
#include "tests/unit/unit.h"

static const struct {
	const char *name;
	uint64_t id;
	const char *type;
	struct span data;
	const char *text;
} plain[] = {
	{"one line", 7, "", {"hello", 5}, "id: 7\ndata: hello\n\n"},
	{"LF, CR and CRLF end a line alike", 7, "", {"a\nb\rc\r\nd", 8},
		"id: 7\ndata: a\ndata: b\ndata: c\ndata: d\n\n"},
	{"a publisher cannot forge an id", 7, "", {"x\rid: 9", 7},
		"id: 7\ndata: x\ndata: id: 9\n\n"},
	{"nor end an event", 7, "", {"x\n\nevent: y", 11},
		"id: 7\ndata: x\ndata: \ndata: event: y\n\n"},
	{"empty data is one empty line", 7, "", {"", 0}, "id: 7\ndata: \n\n"},
	{"data without bytes", 7, "", {NULL, 0}, "id: 7\ndata: \n\n"},
	{"a line end at the end is kept", 7, "", {"a\n", 2},
		"id: 7\ndata: a\ndata: \n\n"},
	{"CRLF at the end is one line end", 7, "", {"a\r\n", 3},
		"id: 7\ndata: a\ndata: \n\n"},
	{"LF before CR is two", 7, "", {"a\n\rb", 4},
		"id: 7\ndata: a\ndata: \ndata: b\n\n"},
	{"CRs before an LF", 7, "", {"a\r\rb\nc", 6},
		"id: 7\ndata: a\ndata: \ndata: b\ndata: c\n\n"},
	{"LFs before a CR", 7, "", {"a\n\nb\rc", 6},
		"id: 7\ndata: a\ndata: \ndata: b\ndata: c\n\n"},
	{"leading spaces survive", 7, "", {"  a", 3}, "id: 7\ndata:   a\n\n"},
	{"a type", 7, "alarm", {"a", 1}, "id: 7\nevent: alarm\ndata: a\n\n"},
	{"the default type is not said", 7, "message", {"a", 1},
		"id: 7\ndata: a\n\n"},
	{"a volatile event has no id", 0, "cpu", {"1", 1},
		"event: cpu\ndata: 1\n\n"},
	{"the largest id", 9007199254740991, "", {"a", 1},
		"id: 9007199254740991\ndata: a\n\n"},
};

static void test_events_become_text(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(plain); i++) {
		struct wire_event event = {.id = plain[i].id,
			.channel = span_of("news"),
			.type = span_of(plain[i].type),
			.data = plain[i].data};
		struct buf out = {0};

		event_text(&out, &event, EVENT_PLAIN);
		CHECK_TEXT(plain[i].name, buf_span(&out), plain[i].text);
		buf_release(&out);
	}
}

static const struct {
	const char *name;
	struct span data;
	const char *json;
} envelopes[] = {
	{"plain", {"hello", 5}, "hello"},
	{"line ends stay apart", {"a\nb\rc\r\n", 7}, "a\\nb\\rc\\r\\n"},
	{"quotes and backslashes", {"\"\\", 2}, "\\\"\\\\"},
	{"NUL and other controls", {"\0\x01\t\x1f", 4},
		"\\u0000\\u0001\\t\\u001f"},
	{"UTF-8 is left alone", {"\xe2\x80\xa8\xc3\xa9", 5},
		"\xe2\x80\xa8\xc3\xa9"},
	{"nothing", {"", 0}, ""},
};

static void test_an_envelope_names_the_channel_on_one_line(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(envelopes); i++) {
		struct wire_event event = {.id = 3,
			.channel = span_of("a\"b"),
			.data = envelopes[i].data};
		struct buf out = {0};
		struct buf want = {0};

		event_text(&out, &event, EVENT_ENVELOPE);
		buf_printf(&want,
			"id: 3\ndata: {\"channel\":\"a\\\"b\",\"data\":\"%s\"}"
			"\n\n",
			envelopes[i].json);
		buf_add_char(&want, '\0');
		CHECK_TEXT(envelopes[i].name, buf_span(&out), want.at);
		buf_release(&out);
		buf_release(&want);
	}
}

/* 2026-11-30T18:30:00.123Z */
#define HALF_PAST_SIX 1796063400123u

static const struct {
	const char *name;
	uint64_t id;
	enum event_dress dress;
	bool is_private;
	const char *text;
} timed[] = {
	{"a field where there is no envelope", 7, EVENT_TIMED, false,
		"id: 7\nevent: t\nat: 2026-11-30T18:30:00.123Z\n"
		"data: a\ndata: b\n\n"},
	{"also if it is private", 7, EVENT_TIMED, true,
		"id: 7\nevent: t\nat: 2026-11-30T18:30:00.123Z\n"
		"data: a\ndata: b\n\n"},
	{"and without an id", 0, EVENT_TIMED, false,
		"event: t\nat: 2026-11-30T18:30:00.123Z\n"
		"data: a\ndata: b\n\n"},
	{"behind the others in an envelope", 7, EVENT_TIMED_ENVELOPE, false,
		"id: 8\nevent: t\ndata: {\"channel\":\"a\",\"data\":\"a\\nb\","
		"\"also\":[\"b\"],\"at\":\"2026-11-30T18:30:00.123Z\"}\n\n"},
	{"and where others are nobody's business", 7, EVENT_TIMED_ENVELOPE,
		true,
		"id: 8\nevent: t\ndata: {\"channel\":\"a\",\"data\":\"a\\nb\","
		"\"at\":\"2026-11-30T18:30:00.123Z\"}\n\n"},
	{"nowhere, if nobody asks", 7, EVENT_PLAIN, false,
		"id: 7\nevent: t\ndata: a\ndata: b\n\n"},
};

static void test_who_asks_is_told_when_an_event_was_published(void **state)
{
	struct buf traits = {0};

	(void)state;
	trait_add_topics(&traits, span("\x01\0a\x01\0b", 6), 2);
	for (size_t i = 0; i < COUNT(timed); i++) {
		struct wire_event event = {.id = timed[i].id,
			.at = HALF_PAST_SIX,
			.channel = span_of("a"),
			.type = span_of("t"),
			.data = span_of("a\nb")};
		struct buf out = {0};

		if ((timed[i].dress & EVENT_ENVELOPE) != 0)
			event.traits = buf_span(&traits);
		event_text(&out, &event,
			event_dress(timed[i].dress, timed[i].is_private));
		CHECK_TEXT(timed[i].name, buf_span(&out), timed[i].text);
		buf_release(&out);
	}
	buf_release(&traits);
}

static void test_an_envelope_names_the_other_channels(void **state)
{
	static const char *const lines[] = {
		"id: 5\ndata: {\"channel\":\"a\",\"data\":\"x\","
		"\"also\":[\"b\\\"\",\"c\"]}\n\n",
		"id: 5\ndata: {\"channel\":\"b\\\"\",\"data\":\"x\","
		"\"also\":[\"a\",\"c\"]}\n\n",
		"id: 5\ndata: {\"channel\":\"c\",\"data\":\"x\","
		"\"also\":[\"a\",\"b\\\"\"]}\n\n",
	};
	static const char *const channels[] = {"a", "b\"", "c"};
	struct buf traits = {0};

	(void)state;
	trait_add_topics(
		&traits, span("\x01\0a\x02\0b\"\x01\0c", 10), COUNT(lines));
	for (size_t i = 0; i < COUNT(lines); i++) {
		struct wire_event event = {.id = 3 + i,
			.channel = span_of(channels[i]),
			.data = span_of("x")};
		struct buf out = {0};

		trait_set_index(&traits, (uint8_t)i);
		event.traits = buf_span(&traits);
		event_text(&out, &event, EVENT_ENVELOPE);
		CHECK_TEXT(channels[i], buf_span(&out), lines[i]);
		buf_release(&out);
	}
	buf_release(&traits);
}

/* Of event 7, on one channel or as the first of two rows. */
static const struct {
	const char *name, *label;
	uint32_t retry_ms;
	bool two;
	const char *type;
	struct span data;
	const char *text;
} mercure[] = {
	{"no id of its own", "", 0, false, "", {"a", 1}, "id: #7\ndata: a\n\n"},
	{"an id of its own", "urn:uuid:1", 0, false, "", {"a", 1},
		"id: urn:uuid:1\ndata: a\n\n"},
	{"no data is one empty line", "", 0, false, "", {NULL, 0},
		"id: #7\ndata: \n\n"},
	{"a type and a time", "x", 1500, false, "done", {"a\nb", 3},
		"id: x\nevent: done\nretry: 1500\ndata: a\ndata: b\n\n"},
	{"two topics share the last one's id", "", 0, true, "", {"a", 1},
		"id: #8\ndata: a\n\n"},
	{"and the id of its own", "x", 0, true, "", {"a", 1},
		"id: x\ndata: a\n\n"},
};

static void put_traits(struct buf *traits, size_t i)
{
	if (mercure[i].label[0] != '\0')
		trait_add(traits, TRAIT_LABEL, span_of(mercure[i].label));
	if (mercure[i].two)
		trait_add_topics(traits, span("\1\0a\1\0b", 6), 2);
	if (mercure[i].retry_ms > 0)
		trait_add_retry(traits, mercure[i].retry_ms);
}

static void test_mercure_streams_have_the_publishers_own_id(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(mercure); i++) {
		struct buf traits = {0}, out = {0};
		struct wire_event event = {.id = 7,
			.channel = span_of("a"),
			.type = span_of(mercure[i].type),
			.data = mercure[i].data};

		put_traits(&traits, i);
		event.traits = buf_span(&traits);
		event_text(&out, &event, EVENT_MERCURE);
		CHECK_TEXT(mercure[i].name, buf_span(&out), mercure[i].text);
		buf_clear(&out);
		event_text(&out, &event, EVENT_PLAIN);
		CHECK(mercure[i].name,
			strncmp(out.at, mercure[i].two ? "id: 8\n" : "id: 7\n",
				6) == 0);
		CHECK(mercure[i].name,
			memmem(out.at, out.len, "retry", 5) == NULL);
		buf_release(&out);
		buf_release(&traits);
	}
}

static void test_a_reset_says_what_is_held(void **state)
{
	struct buf out = {0};

	(void)state;
	event_reset(&out, EVENT_PLAIN, 41,
		&(struct event_gap){span_of("x\n\"y"), 42, 0});
	CHECK_TEXT("reset", buf_span(&out),
		"id: 41\nevent: reset\ndata: {\"requested\":\"x\\n\\\"y\","
		"\"oldest\":\"42\",\"newest\":null}\n\n");
	buf_release(&out);
}

static void test_connected_names_cursor_and_channels(void **state)
{
	static const char start[] =
		"id: 5\nevent: connected\ndata: "
		"{\"channels\":[\"a\",\"b\"],\"timestamp\":\"";
	const struct span names[] = {span_of("a"), span_of("b")};
	struct buf out = {0};

	(void)state;
	event_connected(&out, 5, &(struct event_channels){names, 2, 0, {0}},
		false, 1234);
	assert_true(out.len > sizeof(start));
	assert_memory_equal(out.at, start, sizeof(start) - 1);
	assert_memory_equal(out.at + out.len - 5, "Z\"}\n\n", 5);
	buf_release(&out);
}

static void test_connected_says_that_live_will_follow(void **state)
{
	static const char end[] = "Z\",\"behind\":true}\n\n";
	const struct span names[] = {span_of("a")};
	struct buf out = {0};

	(void)state;
	event_connected(
		&out, 5, &(struct event_channels){names, 1, 0, {0}}, true, 0);
	assert_memory_equal(
		out.at + out.len - (sizeof(end) - 1), end, sizeof(end) - 1);
	buf_release(&out);
}

static void test_a_private_events_envelope_names_no_other_channel(void **state)
{
	struct buf traits = {0}, out = {0};
	struct wire_event event = {
		.id = 3, .channel = span_of("a"), .data = span_of("x")};

	(void)state;
	trait_add_topics(&traits, span("\x01\0a\x01\0b", 6), 2);
	event.traits = buf_span(&traits);
	event_text(&out, &event, event_dress(EVENT_ENVELOPE, true));
	CHECK_TEXT("sealed", buf_span(&out),
		"id: 4\ndata: {\"channel\":\"a\",\"data\":\"x\"}\n\n");
	buf_release(&out);
	buf_release(&traits);
}

/* Once each CR searched all that followed for an LF: 5 s for this. */
static void test_a_megabyte_of_line_ends_holds_nobody_up(void **state)
{
	static char ends[1 << 20];
	struct wire_event event = {.id = 1,
		.channel = span_of("a"),
		.data = span(ends, sizeof(ends))};
	struct buf out = {0};
	clock_t began = clock();

	(void)state;
	memset(ends, '\r', sizeof(ends));
	event_text(&out, &event, EVENT_PLAIN);
	assert_int_equal(out.len,
		strlen("id: 1\n\n") + strlen("data: \n") * (sizeof(ends) + 1));
	assert_true(clock() - began < CLOCKS_PER_SEC);
	buf_release(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_events_become_text),
		cmocka_unit_test(
			test_an_envelope_names_the_channel_on_one_line),
		cmocka_unit_test(
			test_who_asks_is_told_when_an_event_was_published),
		cmocka_unit_test(test_an_envelope_names_the_other_channels),
		cmocka_unit_test(
			test_a_private_events_envelope_names_no_other_channel),
		cmocka_unit_test(test_a_megabyte_of_line_ends_holds_nobody_up),
		cmocka_unit_test(
			test_mercure_streams_have_the_publishers_own_id),
		cmocka_unit_test(test_a_reset_says_what_is_held),
		cmocka_unit_test(test_connected_names_cursor_and_channels),
		cmocka_unit_test(test_connected_says_that_live_will_follow),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
