/* SPDX-License-Identifier: MIT */
/* event_size: how long an event is as it is sent */
#include <config.h>

#include <string.h>

#include "fcgi/stream/event.h"
#include "lib/event_size.h"
#include "tests/unit/unit.h"

#define DATA(text)                       \
	{                                \
		(text), sizeof(text) - 1 \
	}

static const struct {
	const char *name, *type;
	struct span data;
	size_t size;
} cases[] = {
	{"no data", "", {NULL, 0}, 21 + 7 + 1},
	{"one line", "", DATA("hello"), 21 + 12 + 1},
	{"a type", "note", DATA("hello"), 21 + 12 + 12 + 1},
	{"a type that is not sent", "message", DATA("hello"), 21 + 12 + 1},
	{"an LF", "", DATA("a\nb"), 21 + 8 + 8 + 1},
	{"a CR", "", DATA("a\rb"), 21 + 8 + 8 + 1},
	{"a CRLF", "", DATA("a\r\nb"), 21 + 8 + 8 + 1},
	{"an LF and a CR", "", DATA("a\n\rb"), 21 + 8 + 7 + 8 + 1},
	{"two CRs and an LF", "", DATA("\r\r\n"), 21 + 7 + 7 + 7 + 1},
	{"a CRLF and an LF", "", DATA("\r\n\n"), 21 + 7 + 7 + 7 + 1},
	{"an LF at the end", "", DATA("a\n"), 21 + 8 + 7 + 1},
	{"nothing but LFs", "", DATA("\n\n\n\n"), 21 + 5 * 7 + 1},
};

static void test_an_event_is_counted_as_it_is_sent(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct wire_event event = {.id = WIRE_ID_MAX,
			.type = span_of(cases[i].type),
			.data = cases[i].data};
		struct buf out = {0};

		event_text(&out, &event, EVENT_PLAIN);
		CHECK(cases[i].name, out.len == cases[i].size);
		CHECK(cases[i].name,
			event_size(event.type, event.data) == out.len);
		CHECK(cases[i].name,
			event_fits(event.type, event.data, out.len));
		CHECK(cases[i].name,
			!event_fits(event.type, event.data, out.len - 1));
		buf_release(&out);
	}
}

static void test_what_surely_fits_may_be_all_line_ends(void **state)
{
	static const char ends[] = "\n\n\n\n\n\n\n\n\n\n";
	const struct span types[] = {
		span(NULL, 0), span_of("message"), span_of("a")};

	(void)state;
	for (size_t i = 0; i < COUNT(types); i++)
		for (size_t limit = 0; limit < 90; limit++) {
			size_t most = event_surely(types[i], limit);

			assert_true(most == 0 ||
				    event_size(types[i], span(ends, most)) <=
					    limit);
			assert_true(event_size(types[i], span(ends, most + 1)) >
				    limit);
		}
}

static void test_the_sentence_names_both_sizes(void **state)
{
	static const char line[70000];
	char sentence[EVENT_SIZE_SENTENCE];
	struct span type = span(NULL, 0);

	(void)state;
	assert_null(event_size_fault(
		sentence, type, span(line, 65536 - 29), 65536));
	assert_non_null(event_size_fault(
		sentence, type, span(line, 65536 - 28), 65536));
	assert_non_null(strstr(sentence, " 65537 bytes "));
	assert_non_null(strstr(sentence, " max_event allows 65536"));
}

/* Whoever publishes line ends is told at once. */
static void test_the_longest_sentence_has_room(void **state)
{
	static char ends[1 << 20];
	char sentence[EVENT_SIZE_SENTENCE];

	(void)state;
	memset(ends, '\n', sizeof(ends));
	assert_non_null(event_size_fault(sentence, span_of("message"),
		span(ends, sizeof(ends)), 1 << 20));
	assert_non_null(strstr(sentence, " 7340061 bytes "));
	assert_non_null(strstr(sentence, " max_event allows 1048576"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_an_event_is_counted_as_it_is_sent),
		cmocka_unit_test(test_what_surely_fits_may_be_all_line_ends),
		cmocka_unit_test(test_the_sentence_names_both_sizes),
		cmocka_unit_test(test_the_longest_sentence_has_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
