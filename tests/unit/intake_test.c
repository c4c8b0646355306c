/* SPDX-License-Identifier: MIT */
/* intake: the FastCGI records of one request */
#include <config.h>

#include <string.h>

#include "fcgi/http/intake.h"
#include "tests/unit/unit.h"

enum {
	BEGIN = 1,
	ABORT = 2,
	PARAMS = 4,
	STDIN = 5,
	DATA = 8,
	GET_VALUES = 9,
};

static void put_record(
	struct buf *out, int type, int id, struct span content, int padding)
{
	const char head[8] = {1, (char)type, (char)(id >> 8), (char)id,
		(char)(content.len >> 8), (char)content.len, (char)padding, 0};

	buf_add(out, head, sizeof(head));
	buf_add_span(out, content);
	for (int i = 0; i < padding; i++)
		buf_add_char(out, 'p');
}

static void put_begin(struct buf *out, int id, int role)
{
	const char body[8] = {(char)(role >> 8), (char)role};

	put_record(out, BEGIN, id, span(body, sizeof(body)), 0);
}

static void put_end(struct buf *out, int type, int id)
{
	put_record(out, type, id, span(NULL, 0), 0);
}

static const struct span pairs = {"\x03\x05"
				  "ABChello\x01\x00"
				  "D",
	13};

static void put_request(struct buf *out, int id, struct span body)
{
	put_begin(out, id, 1);
	put_record(out, PARAMS, id, pairs, 0);
	put_end(out, PARAMS, id);
	if (body.len > 0)
		put_record(out, STDIN, id, body, 0);
	put_end(out, STDIN, id);
}

static enum assembler_state look_at(
	struct assembler *assembler, const struct buf *bytes)
{
	assembler_init(assembler, 100);
	buf_add_span(&assembler->records, buf_span(bytes));
	return assembler_look(assembler);
}

static void test_a_whole_request_is_complete(void **state)
{
	struct buf bytes = {0};
	struct assembler assembler;

	(void)state;
	put_request(&bytes, 0x1234, span_of("body"));
	assert_int_equal(look_at(&assembler, &bytes), ASSEMBLER_COMPLETE);
	assert_int_equal(assembler.id, 0x1234);
	assert_int_equal(assembler.body, 4);
	assert_false(assembler.too_long);
	assert_true(span_equal(buf_span(&assembler.records), buf_span(&bytes)));
	assembler_release(&assembler);
	buf_release(&bytes);
}

static void test_it_may_come_byte_by_byte(void **state)
{
	struct buf bytes = {0};
	struct assembler assembler;

	(void)state;
	put_request(&bytes, 1, span_of("body"));
	assembler_init(&assembler, 100);
	for (size_t i = 0; i < bytes.len; i++) {
		buf_add_char(&assembler.records, bytes.at[i]);
		assert_int_equal(assembler_look(&assembler),
			i + 1 < bytes.len ? ASSEMBLER_WANTS
					  : ASSEMBLER_COMPLETE);
	}
	assert_true(span_equal(buf_span(&assembler.records), buf_span(&bytes)));
	assembler_release(&assembler);
	buf_release(&bytes);
}

static void test_what_follows_the_request_is_left_out(void **state)
{
	struct buf bytes = {0};
	struct assembler assembler;
	size_t whole;

	(void)state;
	put_request(&bytes, 1, span_of(""));
	whole = bytes.len;
	put_end(&bytes, ABORT, 1);
	assert_int_equal(look_at(&assembler, &bytes), ASSEMBLER_COMPLETE);
	assert_int_equal(assembler.records.len, whole);
	assembler_release(&assembler);
	buf_release(&bytes);
}

static void test_a_body_beyond_the_limit_is_thrown_away(void **state)
{
	char piece[60] = {0};
	struct buf bytes = {0};
	struct assembler assembler;

	(void)state;
	put_begin(&bytes, 1, 1);
	put_end(&bytes, PARAMS, 1);
	put_record(&bytes, STDIN, 1, span(piece, 60), 3);
	put_record(&bytes, STDIN, 1, span(piece, 60), 3);
	put_record(&bytes, STDIN, 1, span(piece, 30), 0);
	put_end(&bytes, STDIN, 1);
	assert_int_equal(look_at(&assembler, &bytes), ASSEMBLER_COMPLETE);
	assert_true(assembler.too_long);
	assert_int_equal(assembler.body, 150);
	assert_int_equal(assembler.records.len, 16 + 8 + (8 + 60) + 8);
	assembler_release(&assembler);
	buf_release(&bytes);
}

static void test_an_endless_body_is_not_read_for_ever(void **state)
{
	static char piece[65535];
	enum assembler_state got = ASSEMBLER_WANTS;
	struct assembler assembler;
	size_t sent = 0;

	(void)state;
	assembler_init(&assembler, 100);
	put_begin(&assembler.records, 7, 1);
	assembler.records.at[8 + 2] = 1;
	put_end(&assembler.records, PARAMS, 7);
	while (got == ASSEMBLER_WANTS && sent < 2 * ASSEMBLER_EXCESS_MAX) {
		put_record(&assembler.records, STDIN, 7,
			span(piece, sizeof(piece)), 0);
		sent += sizeof(piece);
		got = assembler_look(&assembler);
		assert_true(assembler.records.len < 100);
	}
	assert_int_equal(got, ASSEMBLER_COMPLETE);
	assert_true(assembler.too_long);
	assert_false(assembler.keep); /* the rest of it still comes */
	assert_true(sent > ASSEMBLER_EXCESS_MAX);
	/* closed by an end of its own */
	assert_int_equal(assembler.records.len, 16 + 8 + 8);
	assert_memory_equal(assembler.records.at + 24, "\1\5\0\7\0\0\0\0", 8);
	assembler_release(&assembler);
}

/* ---- what nobody should read */

static void no_fastcgi(struct buf *out)
{
	buf_add(out, "GET / HTTP/1.1\r\n", 16);
}

static void one_byte_of_no_fastcgi(struct buf *out)
{
	buf_add(out, "G", 1);
}

static void another_version_later(struct buf *out)
{
	put_begin(out, 1, 1);
	buf_add(out, "\2\4\0\1\0\0\0\0", 8);
}

static void a_management_record(struct buf *out)
{
	put_record(out, GET_VALUES, 0,
		span_of("\x01\x00"
			"A"),
		0);
}

static void a_management_record_later(struct buf *out)
{
	put_begin(out, 1, 1);
	put_record(out, GET_VALUES, 0,
		span_of("\x01\x00"
			"A"),
		0);
}

static void a_request_number_0(struct buf *out)
{
	put_begin(out, 0, 1);
}

static void the_authorizer(struct buf *out)
{
	put_begin(out, 1, 2);
}

static void a_short_begin(struct buf *out)
{
	put_record(out, BEGIN, 1, span("\0\1", 2), 0);
}

static void a_second_begin(struct buf *out)
{
	put_begin(out, 1, 1);
	put_begin(out, 1, 1);
}

static void another_request_among_the_parameters(struct buf *out)
{
	put_begin(out, 1, 1);
	put_end(out, PARAMS, 2);
}

static void a_body_before_the_parameters_end(struct buf *out)
{
	put_begin(out, 1, 1);
	put_record(out, STDIN, 1, span_of("x"), 0);
}

static void an_abort(struct buf *out)
{
	put_begin(out, 1, 1);
	put_end(out, PARAMS, 1);
	put_end(out, ABORT, 1);
}

static void put_params(struct buf *out, const char *at, size_t len)
{
	put_begin(out, 1, 1);
	put_record(out, PARAMS, 1, span(at, len), 0);
	put_end(out, PARAMS, 1);
}

static void a_name_longer_than_all(struct buf *out)
{
	put_params(out,
		"\x05\x00"
		"ABC",
		5);
}

static void a_value_longer_than_all(struct buf *out)
{
	put_params(out,
		"\x01\x05"
		"ABC",
		5);
}

static void lengths_that_overflow_an_int(struct buf *out)
{
	put_params(out,
		"\xff\xff\xff\xfe\xff\xff\xff\xfe"
		"AB",
		10);
}

static void a_cut_length(struct buf *out)
{
	put_params(out, "\x80\x00", 2);
}

static void a_name_without_a_value_s_length(struct buf *out)
{
	put_params(out, "\x01", 1);
}

static void a_nul_in_a_value(struct buf *out)
{
	put_params(out,
		"\x01\x03"
		"Aa\0b",
		6);
}

static void too_many_parameters(struct buf *out)
{
	static char piece[40000];

	put_begin(out, 1, 1);
	put_record(out, PARAMS, 1, span(piece, sizeof(piece)), 0);
	put_record(out, PARAMS, 1, span(piece, sizeof(piece)), 0);
}

#define CASE(make)          \
	{                   \
#make, make \
	}

static const struct {
	const char *name;
	void (*make)(struct buf *out);
} refused[] = {
	CASE(no_fastcgi),
	CASE(one_byte_of_no_fastcgi),
	CASE(another_version_later),
	CASE(a_management_record),
	CASE(a_management_record_later),
	CASE(a_request_number_0),
	CASE(the_authorizer),
	CASE(a_short_begin),
	CASE(a_second_begin),
	CASE(another_request_among_the_parameters),
	CASE(a_body_before_the_parameters_end),
	CASE(an_abort),
	CASE(a_name_longer_than_all),
	CASE(a_value_longer_than_all),
	CASE(lengths_that_overflow_an_int),
	CASE(a_cut_length),
	CASE(a_name_without_a_value_s_length),
	CASE(a_nul_in_a_value),
	CASE(too_many_parameters),
};

static void test_what_nobody_should_read_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(refused); i++) {
		struct buf bytes = {0};
		struct assembler assembler;

		refused[i].make(&bytes);
		CHECK(refused[i].name,
			look_at(&assembler, &bytes) == ASSEMBLER_REFUSED);
		CHECK(refused[i].name, assembler.why != NULL);
		assembler_release(&assembler);
		buf_release(&bytes);
	}
}

static void test_a_pair_may_lie_in_two_records(void **state)
{
	struct buf bytes = {0};
	struct assembler assembler;

	(void)state;
	put_begin(&bytes, 1, 1);
	put_record(&bytes, PARAMS, 1, span(pairs.at, 4), 2);
	put_record(&bytes, PARAMS, 1, span(pairs.at + 4, pairs.len - 4), 0);
	put_end(&bytes, PARAMS, 1);
	put_end(&bytes, STDIN, 1);
	assert_int_equal(look_at(&assembler, &bytes), ASSEMBLER_COMPLETE);
	assembler_release(&assembler);
	buf_release(&bytes);
}

static enum assembler_state look_with(struct assembler *assembler, int flags,
	struct span body, struct span behind)
{
	struct buf bytes = {0};
	enum assembler_state state;

	put_request(&bytes, 1, body);
	bytes.at[8 + 2] = (char)flags;
	buf_add_span(&bytes, behind);
	state = look_at(assembler, &bytes);
	buf_release(&bytes);
	return state;
}

static void test_a_connection_is_kept_if_it_is_asked_for_and_may_be(
	void **state)
{
	static const char long_body[200];
	const struct {
		const char *name;
		int flags;
		struct span body, behind;
		bool keep;
	} cases[] = {
		{"not asked for", 0, {"body", 4}, {"", 0}, false},
		{"asked for", 1, {"body", 4}, {"", 0}, true},
		{"and another flag", 3, {"", 0}, {"", 0}, true},
		{"another flag", 2, {"", 0}, {"", 0}, false},
		{"something is behind", 1, {"body", 4}, {"\1", 1}, false},
		{"a body that is too long", 1, {long_body, 200}, {"", 0}, true},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct assembler assembler;
		CHECK(cases[i].name,
			look_with(&assembler, cases[i].flags, cases[i].body,
				cases[i].behind) == ASSEMBLER_COMPLETE);
		CHECK(cases[i].name, assembler.keep == cases[i].keep);
		assembler_release(&assembler);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_whole_request_is_complete),
		cmocka_unit_test(test_it_may_come_byte_by_byte),
		cmocka_unit_test(test_what_follows_the_request_is_left_out),
		cmocka_unit_test(test_a_body_beyond_the_limit_is_thrown_away),
		cmocka_unit_test(test_an_endless_body_is_not_read_for_ever),
		cmocka_unit_test(test_what_nobody_should_read_is_refused),
		cmocka_unit_test(test_a_pair_may_lie_in_two_records),
		cmocka_unit_test(
			test_a_connection_is_kept_if_it_is_asked_for_and_may_be),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
