/* SPDX-License-Identifier: MIT */
/* parse: FastCGI records become a request */
#include <config.h>

#include "fcgi/http/parse.h"

#include <string.h>

#include "fcgi/http/intake.h"
#include "fcgi/http/request.h"
#include "tests/unit/unit.h"

enum { BEGIN = 1, MAX_BODY = 100 };

static void put(struct buf *out, int type, const char *text, size_t len)
{
	const char head[8] = {
		1, (char)type, 0x12, 0x34, (char)(len >> 8), (char)len, 5, 0};

	buf_add(out, head, sizeof(head));
	buf_add(out, text, len);
	buf_add(out, "12345", 5);
}

static struct request *read_it(
	struct parser *parser, struct assembler *assembler)
{
	struct request *request;

	assert_int_equal(assembler_look(assembler), ASSEMBLER_COMPLETE);
	request = parser_read(parser, assembler);
	assembler_release(assembler);
	return request;
}

static const char begin[8] = {0, 1};
static const char post[] = "\x0e\x04REQUEST_METHODPOST";
static const char uri[] = "\x0b\x80\x00\x00\x02REQUEST_URI/a";

static void test_variables_and_body_may_lie_in_any_records(void **state)
{
	struct parser *parser = parser_new();
	struct assembler assembler;
	struct request *request;

	(void)state;
	for (size_t cut = 1; cut < sizeof(uri) - 1; cut++) {
		assembler_init(&assembler, MAX_BODY);
		put(&assembler.records, BEGIN, begin, sizeof(begin));
		put(&assembler.records, INTAKE_PARAMS, post, sizeof(post) - 1);
		put(&assembler.records, INTAKE_PARAMS, uri, cut);
		put(&assembler.records, INTAKE_PARAMS, uri + cut,
			sizeof(uri) - 1 - cut);
		put(&assembler.records, INTAKE_PARAMS, "", 0);
		put(&assembler.records, INTAKE_STDIN, "hel", 3);
		put(&assembler.records, INTAKE_STDIN, "l\0o", 3);
		put(&assembler.records, INTAKE_STDIN, "", 0);
		request = read_it(parser, &assembler);
		assert_int_equal(request->id, 0x1234);
		assert_string_equal(request->method, "POST");
		assert_string_equal(request->uri, "/a");
		assert_true(span_equal(
			buf_span(&request->body), span("hell\0o", 6)));
		request_free(request);
	}
	parser_free(parser);
}

static void test_a_request_has_nothing_of_the_one_before(void **state)
{
	struct parser *parser = parser_new();
	struct assembler assembler;
	struct request *request;

	(void)state;
	assembler_init(&assembler, MAX_BODY);
	put(&assembler.records, BEGIN, begin, sizeof(begin));
	put(&assembler.records, INTAKE_PARAMS, post, sizeof(post) - 1);
	put(&assembler.records, INTAKE_PARAMS, uri, sizeof(uri) - 1);
	put(&assembler.records, INTAKE_PARAMS, "", 0);
	put(&assembler.records, INTAKE_STDIN, "hello", 5);
	put(&assembler.records, INTAKE_STDIN, "", 0);
	request_free(read_it(parser, &assembler));
	assembler_init(&assembler, MAX_BODY);
	put(&assembler.records, BEGIN, begin, sizeof(begin));
	put(&assembler.records, INTAKE_PARAMS, "", 0);
	put(&assembler.records, INTAKE_STDIN, "", 0);
	request = read_it(parser, &assembler);
	assert_string_equal(request->method, "");
	assert_string_equal(request->uri, "");
	assert_int_equal(request->body.len, 0);
	request_free(request);
	parser_free(parser);
}

static void test_of_too_long_a_body_only_its_begin_is_there(void **state)
{
	char piece[60];
	struct parser *parser = parser_new();
	struct assembler assembler;
	struct request *request;

	(void)state;
	memset(piece, 'x', sizeof(piece));
	assembler_init(&assembler, MAX_BODY);
	put(&assembler.records, BEGIN, begin, sizeof(begin));
	put(&assembler.records, INTAKE_PARAMS, "", 0);
	for (int i = 0; i < 3; i++)
		put(&assembler.records, INTAKE_STDIN, piece, sizeof(piece));
	put(&assembler.records, INTAKE_STDIN, "", 0);
	request = read_it(parser, &assembler);
	assert_true(request->too_long);
	assert_int_equal(request->body.len, sizeof(piece));
	request_free(request);
	parser_free(parser);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			test_variables_and_body_may_lie_in_any_records),
		cmocka_unit_test(test_a_request_has_nothing_of_the_one_before),
		cmocka_unit_test(
			test_of_too_long_a_body_only_its_begin_is_there),
	};

	return cmocka_run_group_tests_name("parse", tests, NULL, NULL);
}
