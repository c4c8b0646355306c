/* SPDX-License-Identifier: MIT */
/* cgi_records: a CGI request in FastCGI, and the answer */
#include <config.h>

#include <stdlib.h>

#include "fcgi/http/cgi_records.h"
#include "fcgi/http/intake.h"
#include "fcgi/http/parse.h"
#include "fcgi/http/record.h"
#include "fcgi/http/request.h"
#include "tests/unit/unit.h"

/* What the acceptor would make of it. */
static struct request *understood(
	char *const *environment, const char *body, const char *base)
{
	struct parser *parser = parser_new();
	struct request *request;
	struct assembler assembler;

	assembler_init(&assembler, 1 << 20);
	cgi_say_request(&assembler.records, environment, base);
	if (body[0] != '\0')
		cgi_say_body(&assembler.records, span_of(body));
	assert_int_equal(assembler_look(&assembler), ASSEMBLER_WANTS);
	cgi_say_body(&assembler.records, span_of(""));
	assert_int_equal(assembler_look(&assembler), ASSEMBLER_COMPLETE);
	request = parser_read(parser, &assembler);
	assert_non_null(request);
	assembler_release(&assembler);
	parser_free(parser);
	return request;
}

static void test_the_acceptor_understands_the_request(void **state)
{
	char *environment[] = {(char[]){"PATH=/usr/bin"},
		(char[]){"REQUEST_METHOD=POST"},
		(char[]){"REQUEST_URI=/realtime/a%2Fb?event=x"},
		(char[]){"REMOTE_ADDR=::1"},
		(char[]){"SCRIPT_NAME=/realtime/a/b"}, (char[]){"HTTPS=on"},
		(char[]){"nonsense"}, (char[]){"="}, NULL};
	struct request *request = understood(environment, "hello", "/base");

	(void)state;
	assert_string_equal(request->method, "POST");
	assert_string_equal(request->uri, "/realtime/a%2Fb?event=x");
	assert_string_equal(request->address, "::1");
	assert_string_equal(request->scheme, "https");
	assert_string_equal(request->origin, "");
	assert_true(span_is(buf_span(&request->body), "hello"));
	request_free(request);
}

/* Where they end, a CGI program is not told. */
static void test_chunks_are_not_told_of(void **state)
{
	char *environment[] = {(char[]){"REQUEST_METHOD=POST"},
		(char[]){"HTTP_TRANSFER_ENCODING=chunked"}, NULL};
	struct request *request = understood(environment, "cut perhaps", "");

	(void)state;
	assert_string_equal(request->transfer_encoding, "");
	assert_string_equal(request->content_length, "");
	request_free(request);
}

static void test_long_texts_and_a_great_environment_pass(void **state)
{
	char *uri = mem_new(40000);
	char *other = mem_new(200000);
	char *environment[] = {uri, other, NULL};
	struct request *request;

	(void)state;
	memset(uri, 'x', 39999);
	memcpy(uri, "REQUEST_URI=/", 13);
	memset(other, 'y', 199999);
	memcpy(other, "HTTP_X_COOKS=", 13);
	request = understood(environment, "", "");
	assert_string_equal(request->uri, uri + 12);
	request_free(request);
	free(uri);
	free(other);
}

static const struct {
	const char *uri, *program, *address, *base;
} addresses[] = {
	{"/stream", "/stream", "/stream", ""},
	{"/realtime/a", "/realtime", "/realtime/a", ""},
	{"/realtime/a.b", "/realtime/a.b", "/realtime/a.b", ""},
	{"/realtime/a.b?x", "/realtime/a.b", "/realtime/a.b?x", ""},
	{"/cgi-bin/t.fcgi/stream?a=b", "/cgi-bin/t.fcgi", "/stream?a=b", ""},
	{"/t.cgi/realtime/a%2Fb", "/t.cgi", "/realtime/a%2Fb", ""},
	{"/t.cgi", "/t.cgi", "/t.cgi", ""},
	{"/t.cgi?x", "/t.cgi", "/t.cgi?x", ""},
	{"/other/stream", "/t.cgi", "/other/stream", ""},
	{"/a.b/program/stream", "/a.b/program", "/a.b/program/stream", ""},
	{"/stream", "", "/stream", ""},
	{"", "/t.cgi", "", ""},
	{"/cgi-bin/t.fcgi/stream?a=b", "/cgi-bin/t.fcgi", "/a/b/stream?a=b",
		"/a/b"},
	{"/a/b/t.cgi/stream", "/a/b/t.cgi", "/a/b/stream", "/a/b"},
	{"/a/b/stream", "/a/b/stream", "/a/b/stream", "/a/b"},
	{"/a/b/stream", "/a/b", "/a/b/stream", "/a/b"},
	{"/t.cgi", "/t.cgi", "/t.cgi", "/a/b"},
};

static void test_a_program_s_own_url_is_cut_off(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(addresses); i++) {
		char uri[80], program[80];
		char *environment[] = {uri, program, NULL};
		struct request *request;

		snprintf(uri, sizeof(uri), "REQUEST_URI=%s", addresses[i].uri);
		snprintf(program, sizeof(program), "SCRIPT_NAME=%s",
			addresses[i].program);
		request = understood(environment, "", addresses[i].base);
		assert_string_equal(request->uri, addresses[i].address);
		request_free(request);
	}
}

static void test_an_answer_is_heard_however_it_is_cut(void **state)
{
	struct buf records = {0};

	(void)state;
	record_stdout(&records, 1, span_of("Status: 200 OK\r\n\r\n"));
	record_stdout(&records, 1, span_of("hello"));
	record_end(&records, 1);
	for (size_t cut = 0; cut <= records.len; cut++) {
		struct buf answer = {0};
		bool ended = false;
		size_t at = cgi_hear(&answer, span(records.at, cut), &ended);

		assert_true(at <= cut);
		assert_int_equal(ended, cut == records.len);
		at += cgi_hear(&answer, span(records.at + at, records.len - at),
			&ended);
		assert_int_equal(at, records.len);
		assert_true(ended);
		assert_true(span_is(
			buf_span(&answer), "Status: 200 OK\r\n\r\nhello"));
		buf_release(&answer);
	}
	buf_release(&records);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_acceptor_understands_the_request),
		cmocka_unit_test(test_chunks_are_not_told_of),
		cmocka_unit_test(test_long_texts_and_a_great_environment_pass),
		cmocka_unit_test(test_a_program_s_own_url_is_cut_off),
		cmocka_unit_test(test_an_answer_is_heard_however_it_is_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
