/* SPDX-License-Identifier: MIT */
/* submission: what a POST says */
#include <config.h>

#include <string.h>

#include "fcgi/post/object.h"
#include "lib/text.h"
#include "tests/unit/unit.h"

enum { MAX_EVENT = 64 };
#define TOO_LONG                                                             \
	"the event has 65 bytes as it is sent (id, type, \"data: \" before " \
	"each line); max_event allows 64"

static struct fault read_object(struct submission *submission, const char *body)
{
	*submission =
		(struct submission){.channel = span_of("main"), .now = 1234};
	return object_read(submission, span_of(body), 1000);
}

static void test_the_object_goes_on_without_its_address(void **state)
{
	struct submission submission;
	struct fault fault = read_object(&submission,
		"{ \"channel\": \"a\\u00e4\", \"message\": [1, 2],\n"
		"\"timestamp\" : \"t\", \"event\":\"e\", \"id\":\"k\","
		" \"more\" : {\"channel\" : 1} }");

	(void)state;
	assert_int_equal(fault.status, 0);
	CHECK_TEXT("channel", submission.channel, "a\xc3\xa4");
	CHECK_TEXT("event", submission.type, "e");
	CHECK_TEXT("id", submission.items[0].key, "k");
	CHECK_TEXT("data", submission.items[0].data,
		"{\"message\":[1,2],\"timestamp\":\"t\","
		"\"more\":{\"channel\":1}}");
	submission_release(&submission);
}

static void test_a_timestamp_is_added_if_there_is_none(void **state)
{
	struct submission submission;
	struct fault fault = read_object(&submission, "{\"message\":1}");

	(void)state;
	assert_int_equal(fault.status, 0);
	assert_int_equal(submission.count, 1);
	CHECK_TEXT("channel", submission.channel, "main");
	CHECK_TEXT("event", submission.type, "");
	CHECK_TEXT("data", submission.items[0].data,
		"{\"message\":1,\"timestamp\":\"1970-01-01T00:00:01.234Z\"}");
	submission_release(&submission);
}

static struct digest digest_from(const char *body)
{
	struct submission submission;
	struct fault fault = read_object(&submission, body);
	struct digest digest;

	assert_int_equal(fault.status, 0);
	digest = submission.items[0].digest;
	submission_release(&submission);
	return digest;
}

static bool same(const char *left, const char *right)
{
	struct digest a = digest_from(left), b = digest_from(right);

	return a.high == b.high && a.low == b.low;
}

static void test_the_same_content_is_told_from_other_content(void **state)
{
	const char plain[] = "{\"message\":1,\"id\":\"k\"}";

	(void)state;
	assert_true(same(plain, plain));
	assert_true(same(plain, "{ \"id\" : \"k\", \"message\" : 1 }"));
	assert_false(same(plain, "{\"message\":2,\"id\":\"k\"}"));
	assert_false(
		same(plain, "{\"message\":1,\"id\":\"k\",\"event\":\"e\"}"));
	assert_false(same(
		plain, "{\"message\":1,\"id\":\"k\",\"timestamp\":\"t\"}"));
}

static const struct {
	const char *name, *body, *code;
} objects[] = {
	{"no JSON", "{", "bad_json"},
	{"a name twice", "{\"message\":1,\"message\":1}", "bad_json"},
	{"no message", "{\"channel\":\"a\"}", "no_message"},
	{"a channel that is a number", "{\"message\":1,\"channel\":1}",
		"bad_type"},
	{"an empty channel", "{\"message\":1,\"channel\":\"\"}", "bad_channel"},
	{"a channel with a line feed", "{\"message\":1,\"channel\":\"\\n\"}",
		"bad_channel"},
	{"a channel with a NUL", "{\"message\":1,\"channel\":\"a\\u0000\"}",
		"bad_channel"},
	{"an event that is null", "{\"message\":1,\"event\":null}", "bad_type"},
	{"an event with a carriage return",
		"{\"message\":1,\"event\":\"a\\rb\"}", "bad_event"},
	{"half a pair", "{\"message\":1,\"event\":\"\\udfff\"}", "bad_text"},
	{"half a pair in what is passed on",
		"{\"message\":{\"a\":[\"\\ud83d\"]}}", "bad_text"},
	{"an id that is a number", "{\"message\":1,\"id\":7}", "bad_type"},
	{"an empty id", "{\"message\":1,\"id\":\"\"}", "bad_id"},
	{"a letter of channel is missing", "{\"chanel\":\"a\",\"message\":1}",
		"bad_channel"},
	{"channels beside channel",
		"{\"channel\":\"a\",\"channels\":[],\"message\":1}",
		"bad_channel"},
	{"channel in capitals, escaped",
		"{\"\\u0043HANNEL\":\"a\",\"message\":1}", "bad_channel"},
	{"the channel spelled otherwise is still one",
		"{\"message\":1,\"\\u0063hannel\":2}", "bad_type"},
};

static void test_a_wrong_object_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(objects); i++) {
		struct submission submission;
		struct fault fault = read_object(&submission, objects[i].body);

		CHECK(objects[i].name, fault.status == 400);
		CHECK_TEXT(
			objects[i].name, span_of(fault.code), objects[i].code);
		submission_release(&submission);
	}
}

static void test_the_place_of_what_is_no_JSON_is_told(void **state)
{
	struct submission submission;
	struct fault fault = read_object(&submission, "{\"message\":NaN}");

	(void)state;
	assert_string_equal(
		fault.sentence, "a value belongs here (at byte 11)");
	submission_release(&submission);
}

static void test_an_event_type_has_at_most_64_bytes(void **state)
{
	char body[200];
	struct submission submission;

	(void)state;
	for (int len = 64; len <= 65; len++) {
		snprintf(body, sizeof(body),
			"{\"message\":1,\"event\":\"%.*s\"}", len,
			"eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee"
			"eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee");
		assert_int_equal(read_object(&submission, body).status,
			len == 64 ? 0 : 400);
		submission_release(&submission);
	}
}

static void test_a_message_is_the_data_itself(void **state)
{
	struct submission submission = {.channel = span_of("sse")};
	struct fault fault;

	(void)state;
	fault = object_read_message(&submission,
		span_of("{\"message\":\"a\\nb \\u00e4\"}"), MAX_EVENT);
	assert_int_equal(fault.status, 0);
	CHECK_TEXT("data", submission.items[0].data, "a\nb \xc3\xa4");
	submission_release(&submission);

	submission = (struct submission){.channel = span_of("sse")};
	fault = object_read_message(
		&submission, span_of("{\"message\":1}"), MAX_EVENT);
	assert_string_equal(fault.code, "bad_type");
	submission_release(&submission);
}

/* ---- any body */

static struct fault read_lines(struct submission *submission, struct span body)
{
	return submission_body(submission, body, true, MAX_EVENT);
}

static const struct {
	const char *name, *body;
	unsigned count;
	const char *lines[4];
} bodies[] = {
	{"one without an end", "a", 1, {"a"}},
	{"one with an end", "a\n", 1, {"a"}},
	{"two", "a\nb\n", 2, {"a", "b"}},
	{"CRLF", "a\r\nb\r\n", 2, {"a", "b"}},
	{"an empty one is an event", "a\n\nb", 3, {"a", "", "b"}},
	{"two ends at the end", "a\n\n", 2, {"a", ""}},
	{"only an end", "\n", 1, {""}},
	{"a CR alone ends nothing", "a\rb\n", 1, {"a\rb"}},
	{"a CR at the very end stays", "a\r", 1, {"a\r"}},
	{"only the last CR goes", "a\r\r\n", 1, {"a\r"}},
	{"space stays", " a \n", 1, {" a "}},
};

static void test_a_body_is_divided_into_lines(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(bodies); i++) {
		struct submission submission = {0};
		struct fault fault =
			read_lines(&submission, span_of(bodies[i].body));

		CHECK(bodies[i].name, fault.status == 0);
		CHECK(bodies[i].name, submission.count == bodies[i].count);
		for (size_t j = 0; j < submission.count; j++)
			CHECK_TEXT(bodies[i].name, submission.items[j].data,
				bodies[i].lines[j]);
		submission_release(&submission);
	}
}

static void test_each_line_has_a_key_of_its_own(void **state)
{
	struct submission submission = {0};

	(void)state;
	assert_int_equal(
		submission_queried(&submission, span_of("id=k%2B&event=e+e"))
			.status,
		0);
	assert_int_equal(read_lines(&submission, span_of("a\nb\na")).status, 0);
	CHECK_TEXT("event", submission.type, "e e");
	CHECK_TEXT("first", submission.items[0].key, "k+/1");
	CHECK_TEXT("second", submission.items[1].key, "k+/2");
	CHECK_TEXT("third", submission.items[2].key, "k+/3");
	assert_true(submission.items[0].digest.low ==
		    submission.items[2].digest.low);
	assert_false(submission.items[0].digest.low ==
		     submission.items[1].digest.low);
	submission_release(&submission);
}

static void test_no_key_moves_once_it_was_lent(void **state)
{
	(void)state;
	for (int len = 1; len <= 200; len++)
		for (unsigned count = 1; count <= 5; count++) {
			struct submission submission = {0};
			char key[201], want[220];

			snprintf(key, sizeof(key), "%0*d", len, 7);
			submission.key = span_of(key);
			assert_int_equal(read_lines(&submission,
						 span("\n\n\n\n\n", count))
						 .status,
				0);
			for (unsigned i = 0; i < count; i++) {
				snprintf(want, sizeof(want), "%s/%u", key,
					i + 1);
				CHECK_TEXT(key, submission.items[i].key, want);
			}
			submission_release(&submission);
		}
}

static void test_the_type_message_is_the_content_without_type(void **state)
{
	(void)state;
	assert_true(same("{\"message\":1,\"id\":\"k\"}",
		"{\"message\":1,\"id\":\"k\",\"event\":\"message\"}"));
}

static void test_no_line_is_no_event(void **state)
{
	struct submission submission = {0};

	(void)state;
	assert_int_equal(read_lines(&submission, span(NULL, 0)).status, 400);
	submission_release(&submission);
}

static void test_an_empty_body_is_an_event(void **state)
{
	struct submission submission = {0};

	(void)state;
	assert_int_equal(
		submission_body(&submission, span(NULL, 0), false, MAX_EVENT)
			.status,
		0);
	assert_int_equal(submission.count, 1);
	assert_int_equal(submission.items[0].data.len, 0);
	submission_release(&submission);
}

static void test_data_is_limited(void **state)
{
	enum { MOST = MAX_EVENT - 29 }; /* of data, in one line */
	char body[2 * MOST + 2];
	struct submission submission = {0};

	(void)state;
	memset(body, 'x', sizeof(body));
	assert_int_equal(
		submission_body(&submission, span(body, MOST), false, MAX_EVENT)
			.status,
		0);
	submission_release(&submission);
	submission = (struct submission){0};
	assert_int_equal(submission_body(&submission, span(body, MOST + 1),
				 false, MAX_EVENT)
				 .status,
		413);
	CHECK_TEXT("which names both sizes", span_of(submission.sentence),
		TOO_LONG);
	body[MOST] = '\n';
	assert_int_equal(
		read_lines(&submission, span(body, 2 * MOST + 1)).status, 0);
	submission_release(&submission);
	submission = (struct submission){0};
	assert_int_equal(
		read_lines(&submission, span(body, 2 * MOST + 2)).status, 413);
	CHECK_TEXT("and the line", span_of(submission.sentence),
		"line 2: " TOO_LONG);
	submission_release(&submission);
}

static void test_lines_are_limited(void **state)
{
	struct submission submission = {0};
	struct buf body = {0};

	(void)state;
	for (int i = 0; i < SUBMISSION_LINES_MAX; i++)
		buf_add_char(&body, '\n');
	assert_int_equal(read_lines(&submission, buf_span(&body)).status, 0);
	assert_int_equal(submission.count, SUBMISSION_LINES_MAX);
	submission_release(&submission);
	submission = (struct submission){0};
	buf_add_char(&body, '\n');
	assert_int_equal(read_lines(&submission, buf_span(&body)).status, 413);
	submission_release(&submission);
	buf_release(&body);
}

static void test_what_does_not_fit_into_one_frame_is_refused(void **state)
{
	char query[300] = "id=";
	struct submission submission = {0};
	struct buf body = {0};

	(void)state;
	memset(query + 3, 'k', KEY_MAX);
	for (int i = 0; i < SUBMISSION_LINES_MAX; i++)
		buf_printf(&body, "%1500d\n", i);
	assert_int_equal(
		submission_queried(&submission, span_of(query)).status, 0);
	assert_int_equal(read_lines(&submission, buf_span(&body)).status, 413);
	submission_release(&submission);
	buf_release(&body);
}

static const struct {
	const char *name, *query, *code; /* NULL: taken */
} queries[] = {
	{"nothing", "", NULL},
	{"an empty event is none", "event=", NULL},
	{"error and open are allowed", "event=error", NULL},
	{"a line feed", "event=a%0Ab", "bad_event"},
	{"a NUL", "event=a%00b", "bad_event"},
	{"no UTF-8", "event=%ff", "bad_event"},
	{"half an escape", "event=%f", "bad_query"},
	{"an empty id", "id=", "bad_id"},
	{"an id without a value", "id", "bad_id"},
	{"a line feed in the id", "id=a%0D", "bad_id"},
};

static void test_event_and_id_come_from_the_query(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(queries); i++) {
		struct submission submission = {0};
		struct fault fault = submission_queried(
			&submission, span_of(queries[i].query));

		CHECK(queries[i].name,
			(fault.status == 0) == (queries[i].code == NULL));
		if (queries[i].code != NULL)
			CHECK_TEXT(queries[i].name, span_of(fault.code),
				queries[i].code);
		submission_release(&submission);
	}
}

static void test_a_body_that_is_no_UTF_8_is_refused_with_its_place(void **state)
{
	struct submission submission = {0};
	struct fault fault = submission_body(
		&submission, span_of("ab\xff"), false, MAX_EVENT);

	(void)state;
	assert_int_equal(fault.status, 400);
	assert_string_equal(fault.sentence, "the body is no UTF-8 (at byte 2)");
	submission_release(&submission);
}

static void test_data_keeps_every_byte(void **state)
{
	const char body[] = "\xef\xbb\xbf a\r\nb\0c\xe2\x80\xa8 ";
	struct submission submission = {0};

	(void)state;
	assert_int_equal(submission_body(&submission,
				 span(body, sizeof(body) - 1), false, MAX_EVENT)
				 .status,
		0);
	assert_true(span_equal(
		submission.items[0].data, span(body, sizeof(body) - 1)));
	submission_release(&submission);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_object_goes_on_without_its_address),
		cmocka_unit_test(test_a_timestamp_is_added_if_there_is_none),
		cmocka_unit_test(
			test_the_same_content_is_told_from_other_content),
		cmocka_unit_test(test_a_wrong_object_is_refused),
		cmocka_unit_test(test_the_place_of_what_is_no_JSON_is_told),
		cmocka_unit_test(test_an_event_type_has_at_most_64_bytes),
		cmocka_unit_test(test_a_message_is_the_data_itself),
		cmocka_unit_test(test_a_body_is_divided_into_lines),
		cmocka_unit_test(test_each_line_has_a_key_of_its_own),
		cmocka_unit_test(test_no_key_moves_once_it_was_lent),
		cmocka_unit_test(
			test_the_type_message_is_the_content_without_type),
		cmocka_unit_test(test_no_line_is_no_event),
		cmocka_unit_test(test_an_empty_body_is_an_event),
		cmocka_unit_test(test_data_is_limited),
		cmocka_unit_test(test_lines_are_limited),
		cmocka_unit_test(
			test_what_does_not_fit_into_one_frame_is_refused),
		cmocka_unit_test(test_event_and_id_come_from_the_query),
		cmocka_unit_test(
			test_a_body_that_is_no_UTF_8_is_refused_with_its_place),
		cmocka_unit_test(test_data_keeps_every_byte),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
