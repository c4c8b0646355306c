/* SPDX-License-Identifier: MIT */
/* request, answer: what is asked, how long it may take, what came of it */
#include <config.h>

#include <stdlib.h>

#include "client/http/request.h"
#include "client/option/option.h"
#include "client/verbs.h"
#include "tests/unit/unit.h"

static void test_a_status_is_an_exit_status_and_a_sentence(void **state)
{
	static const struct {
		const char *name;
		long status;
		enum exit_status exit_status;
		const char *sentence;
	} cases[] = {
		{"done", 200, EXIT_OK, ""},
		{"done, nothing to say", 204, EXIT_OK, ""},
		{"the last of them", 299, EXIT_OK, ""},
		{"none of them", 199, EXIT_TROUBLE, "http://h/p: status 199"},
		{"elsewhere", 301, EXIT_TROUBLE, "http://h/p: status 301"},
		{"refused", 400, EXIT_REFUSED, "http://h/p: status 400"},
		{"refused for now", 429, EXIT_REFUSED,
			"http://h/p: status 429"},
		{"refused, the last", 499, EXIT_REFUSED,
			"http://h/p: status 499"},
		{"in trouble", 500, EXIT_TROUBLE, "http://h/p: status 500"},
		{"away", 503, EXIT_TROUBLE, "http://h/p: status 503"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct http_answer answer = {.status = cases[i].status};

		answer_judge(&answer, "http://h", "/p");
		CHECK(cases[i].name,
			answer.exit_status == cases[i].exit_status);
		CHECK_TEXT(cases[i].name, buf_span(&answer.sentence),
			cases[i].sentence);
		answer_release(&answer);
		CHECK(cases[i].name, answer.status == 0);
	}
}

static bool ignore(void *arg, struct span bytes)
{
	(void)arg;
	(void)bytes;
	return true;
}

static void test_a_server_has_its_time_and_no_more(void **state)
{
	static const struct {
		const char *name;
		struct http_request request;
		uint64_t heard_ms, now_ms; /* since it was asked */
		const char *sentence;
	} cases[] = {
		{"half a minute for an answer", {0}, 0, 30000, ""},
		{"and not more, though bytes still come", {0}, 30001, 30001,
			"u: no complete answer came in time"},
		{"its own deadline", {.deadline_ms = 200}, 0, 201,
			"u: no complete answer came in time"},
		{"a longer one", {.deadline_ms = 60000}, 0, 60000, ""},
		{"a stream has no end", {.bytes = ignore}, 0, 86400000, ""},
		{"unless it was given one",
			{.bytes = ignore, .deadline_ms = 500}, 499, 501,
			"u: no complete answer came in time"},
		{"a stream may pause", {.bytes = ignore, .silence_ms = 45000},
			10000, 55000, ""},
		{"and not for longer", {.bytes = ignore, .silence_ms = 45000},
			10000, 55001, "u: the stream has fallen silent"},
	};
	const uint64_t began = 123456789;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct http_answer answer = {0};
		bool late = cases[i].sentence[0] != '\0';

		CHECK(cases[i].name, request_is_late(&cases[i].request, began,
					     began + cases[i].heard_ms * 1000,
					     began + cases[i].now_ms * 1000,
					     "u", &answer) == late);
		CHECK(cases[i].name,
			answer.exit_status == (late ? EXIT_AWAY : EXIT_OK));
		CHECK_TEXT(cases[i].name, buf_span(&answer.sentence),
			cases[i].sentence);
		answer_release(&answer);
	}
}

static void add_line(void *arg, const char *line)
{
	buf_printf(arg, "%s|", line);
}

static void test_header_lines_are_ours_the_users_and_the_requests(void **state)
{
	static const char *const more[] = {"Last-Event-ID: 7", "X-C: 3", NULL};
	const struct http_request plain = {0};
	const struct http_request full = {
		.type = "Content-Type: text/x", .headers = more};
	char flag[] = "-H", first[] = "X-A: 1", second[] = "--header=X-B: 2";
	char *words[] = {flag, flag, first, second, NULL};
	const struct verb verb = {.name = "pub"};
	struct buf out = {0};
	bool help;

	(void)state;
	assert_int_equal(option_read(verbs, &verb, 4, words, &help), EXIT_OK);
	request_lines(&full, add_line, &out);
	CHECK_TEXT("all of them", buf_span(&out),
		"Expect:|Content-Type: text/x|X-A: 1|X-B: 2|"
		"Last-Event-ID: 7|X-C: 3|");
	option_release();
	buf_clear(&out);
	assert_int_equal(option_read(verbs, &verb, 1, words, &help), EXIT_OK);
	request_lines(&plain, add_line, &out);
	CHECK_TEXT("none asked for", buf_span(&out),
		"Expect:|Content-Type: application/octet-stream|");
	option_release();
	buf_release(&out);
}

static int prepare(void **state)
{
	(void)state;
	clearenv();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			test_a_status_is_an_exit_status_and_a_sentence),
		cmocka_unit_test(test_a_server_has_its_time_and_no_more),
		cmocka_unit_test(
			test_header_lines_are_ours_the_users_and_the_requests),
	};

	return cmocka_run_group_tests(tests, prepare, NULL);
}
