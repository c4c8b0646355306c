/* SPDX-License-Identifier: MIT */
/* wire: frames and what is in them */
#include <config.h>

#include "lib/wire.h"
#include "tests/unit/unit.h"

static void test_integers_are_little_endian(void **state)
{
	struct buf out = {0};
	struct wire_in in;

	(void)state;
	wire_put_u8(&out, 0x01);
	wire_put_u16(&out, 0x0302);
	wire_put_u32(&out, 0x07060504);
	wire_put_u64(&out, 0x0f0e0d0c0b0a0908);
	assert_int_equal(out.len, 15);
	for (int i = 0; i < 15; i++)
		assert_int_equal(out.at[i], i + 1);
	in = wire_in(buf_span(&out));
	assert_int_equal(wire_get_u8(&in), 0x01);
	assert_int_equal(wire_get_u16(&in), 0x0302);
	assert_int_equal(wire_get_u32(&in), 0x07060504);
	assert_true(wire_get_u64(&in) == 0x0f0e0d0c0b0a0908);
	assert_true(wire_done(&in));
	buf_release(&out);
}

static void test_the_largest_values_come_back(void **state)
{
	struct buf out = {0};
	struct wire_in in;

	(void)state;
	wire_put_u8(&out, UINT8_MAX);
	wire_put_u16(&out, UINT16_MAX);
	wire_put_u32(&out, UINT32_MAX);
	wire_put_u64(&out, UINT64_MAX);
	in = wire_in(buf_span(&out));
	assert_int_equal(wire_get_u8(&in), UINT8_MAX);
	assert_int_equal(wire_get_u16(&in), UINT16_MAX);
	assert_true(wire_get_u32(&in) == UINT32_MAX);
	assert_true(wire_get_u64(&in) == UINT64_MAX);
	assert_true(wire_done(&in));
	buf_release(&out);
}

static void test_strings_come_back(void **state)
{
	struct buf out = {0};
	struct buf long_text = {0};
	struct wire_in in;

	(void)state;
	for (int i = 0; i < 70000; i++)
		buf_add_char(&long_text, (char)i);
	wire_put_str8(&out, span(long_text.at, 255));
	wire_put_str8(&out, span(NULL, 0));
	wire_put_str16(&out, span(long_text.at, 300));
	wire_put_blob(&out, buf_span(&long_text));
	wire_put_bytes(&out, "rest", 4);
	in = wire_in(buf_span(&out));
	assert_true(span_equal(wire_get_str8(&in), span(long_text.at, 255)));
	assert_int_equal(wire_get_str8(&in).len, 0);
	assert_true(span_equal(wire_get_str16(&in), span(long_text.at, 300)));
	assert_true(span_equal(wire_get_blob(&in), buf_span(&long_text)));
	assert_false(wire_done(&in));
	assert_true(span_is(wire_get_rest(&in), "rest"));
	assert_true(wire_done(&in));
	buf_release(&out);
	buf_release(&long_text);
}

static void test_a_sentence_of_more_than_65535_bytes_is_cut(void **state)
{
	struct buf out = {0};
	struct buf text = {0};
	struct wire_in in;

	(void)state;
	memset(buf_reserve(&text, 70000), 'x', 70000);
	text.len = 70000;
	wire_put_str16(&out, buf_span(&text));
	in = wire_in(buf_span(&out));
	assert_int_equal(wire_get_str16(&in).len, 65535);
	assert_true(wire_done(&in));
	buf_release(&out);
	buf_release(&text);
}

static void test_a_failure_sticks_and_gives_zero_ever_after(void **state)
{
	struct wire_in in = wire_in(span("\x01\x02\x03", 3));

	(void)state;
	assert_int_equal(wire_get_u32(&in), 0);
	assert_true(in.failed);
	assert_int_equal(wire_get_u8(&in), 0);
	assert_int_equal(wire_get_bytes(&in, 1).len, 0);
	assert_int_equal(wire_get_rest(&in).len, 0);
	assert_false(wire_done(&in));
}

static const struct {
	const char *name;
	struct span (*get)(struct wire_in *);
	const char *bytes;
	size_t len;
} short_cases[] = {
	{"str8 without its length", wire_get_str8, "", 0},
	{"str8 one byte short", wire_get_str8, "\x02x", 2},
	{"str16 with half a length", wire_get_str16, "\x00", 1},
	{"str16 one byte short", wire_get_str16, "\x01\x00", 2},
	{"blob with three bytes of length", wire_get_blob, "\0\0\0", 3},
	{"blob of four gigabytes", wire_get_blob, "\xff\xff\xff\xffxx", 6},
};

static void test_a_length_beyond_the_end_fails(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(short_cases); i++) {
		struct wire_in in =
			wire_in(span(short_cases[i].bytes, short_cases[i].len));
		struct span got = short_cases[i].get(&in);

		CHECK(short_cases[i].name, got.len == 0);
		CHECK(short_cases[i].name, in.failed);
		CHECK(short_cases[i].name, !wire_done(&in));
	}
}

static void test_an_empty_body_is_done_at_once(void **state)
{
	struct wire_in in = wire_in(span(NULL, 0));

	(void)state;
	assert_true(wire_done(&in));
	assert_int_equal(wire_get_rest(&in).len, 0);
	assert_true(wire_done(&in));
}

static void test_a_frame_is_found_when_its_last_byte_is_there(void **state)
{
	struct buf out = {0};
	struct span body;
	uint8_t type = 0;
	bool bad = true;
	size_t begun;

	(void)state;
	buf_add_span(&out, span_of("before"));
	begun = wire_begin(&out, WIRE_PONG);
	wire_put_u64(&out, 42);
	wire_end(&out, begun);
	buf_drop(&out, 6);
	assert_int_equal(out.len, 4 + 1 + 8);
	for (size_t len = 0; len < out.len; len++) {
		size_t size = wire_frame(span(out.at, len), &type, &body, &bad);

		assert_int_equal(size, 0);
		assert_false(bad);
	}
	buf_add_span(&out, span_of("behind"));
	assert_int_equal(wire_frame(buf_span(&out), &type, &body, &bad), 13);
	assert_false(bad);
	assert_int_equal(type, WIRE_PONG);
	assert_int_equal(body.len, 8);
	assert_ptr_equal(body.at, out.at + 5);
	buf_release(&out);
}

static const struct {
	const char *name;
	const char *bytes;
	bool bad;
} length_cases[] = {
	{"a frame without a type", "\x00\x00\x00\x00", true},
	{"the longest", "\x00\x00\x00\x01", false},
	{"one byte longer", "\x01\x00\x00\x01", true},
	{"the longest that four bytes can say", "\xff\xff\xff\xff", true},
	{"text by mistake", "GET ", true},
};

static void test_an_impossible_length_is_bad(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(length_cases); i++) {
		struct span body;
		uint8_t type;
		bool bad = !length_cases[i].bad;
		size_t size = wire_frame(
			span(length_cases[i].bytes, 4), &type, &body, &bad);

		CHECK(length_cases[i].name, size == 0);
		CHECK(length_cases[i].name, bad == length_cases[i].bad);
	}
}

static void test_an_event_comes_back(void **state)
{
	const struct wire_event sent = {
		.id = 9007199254740991,
		.at = 1795240530123,
		.taken = 86400000001,
		.channel = span_of("news"),
		.type = span_of("alert"),
		.data = span("a\0b\r\n", 5),
	};
	struct wire_event got;
	struct buf out = {0};

	(void)state;
	wire_put_event(&out, &sent);
	assert_int_equal(out.len, wire_event_size(&sent));
	assert_true(wire_get_event(buf_span(&out), &got));
	assert_true(got.id == sent.id && got.at == sent.at &&
		    got.taken == sent.taken);
	assert_true(span_equal(got.channel, sent.channel));
	assert_true(span_equal(got.type, sent.type));
	assert_true(span_equal(got.data, sent.data));
	buf_release(&out);
}

static void test_an_event_may_be_empty_but_not_short(void **state)
{
	const struct wire_event sent = {.id = 1};
	struct wire_event got;
	struct buf out = {0};

	(void)state;
	wire_put_event(&out, &sent);
	assert_int_equal(out.len, 29);
	assert_true(wire_get_event(buf_span(&out), &got));
	assert_int_equal(got.data.len, 0);
	for (size_t len = 0; len < out.len; len++)
		assert_false(wire_get_event(span(out.at, len), &got));
	buf_release(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_integers_are_little_endian),
		cmocka_unit_test(test_the_largest_values_come_back),
		cmocka_unit_test(test_strings_come_back),
		cmocka_unit_test(
			test_a_sentence_of_more_than_65535_bytes_is_cut),
		cmocka_unit_test(
			test_a_failure_sticks_and_gives_zero_ever_after),
		cmocka_unit_test(test_a_length_beyond_the_end_fails),
		cmocka_unit_test(test_an_empty_body_is_done_at_once),
		cmocka_unit_test(
			test_a_frame_is_found_when_its_last_byte_is_there),
		cmocka_unit_test(test_an_impossible_length_is_bad),
		cmocka_unit_test(test_an_event_comes_back),
		cmocka_unit_test(test_an_event_may_be_empty_but_not_short),
	};

	return cmocka_run_group_tests_name("wire", tests, NULL, NULL);
}
