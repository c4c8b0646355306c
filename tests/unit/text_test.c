/* SPDX-License-Identifier: MIT */
/* text: what may stand where */
#include <config.h>

#include <stdlib.h>

#include "lib/buf.h"
#include "lib/text.h"
#include "tests/unit/unit.h"

static const size_t GOOD = SIZE_MAX;

static const struct {
	const char *name;
	const char *text;
	size_t len;
	size_t bad; /* offset of the first wrong byte, or GOOD */
} utf8_cases[] = {
	{"nothing", "", 0, SIZE_MAX},
	{"ASCII", "hello", 5, SIZE_MAX},
	{"ASCII of more than eight bytes", "hello, you out there", 20,
		SIZE_MAX},
	{"NUL is a character", "a\0b", 3, SIZE_MAX},
	{"DEL and controls are characters", "\x7f\x01", 2, SIZE_MAX},
	{"two bytes", "\xc3\xa4", 2, SIZE_MAX},
	{"the smallest of two bytes", "\xc2\x80", 2, SIZE_MAX},
	{"the largest of two bytes", "\xdf\xbf", 2, SIZE_MAX},
	{"the smallest of three bytes", "\xe0\xa0\x80", 3, SIZE_MAX},
	{"just below the surrogates", "\xed\x9f\xbf", 3, SIZE_MAX},
	{"just above the surrogates", "\xee\x80\x80", 3, SIZE_MAX},
	{"U+FFFE and U+FFFF", "\xef\xbf\xbe\xef\xbf\xbf", 6, SIZE_MAX},
	{"U+2028, a line separator", "\xe2\x80\xa8", 3, SIZE_MAX},
	{"a byte order mark", "\xef\xbb\xbf", 3, SIZE_MAX},
	{"the smallest of four bytes", "\xf0\x90\x80\x80", 4, SIZE_MAX},
	{"U+10FFFF", "\xf4\x8f\xbf\xbf", 4, SIZE_MAX},
	{"ASCII before and behind",
		"12345678\xc3\xa4"
		"12345678",
		18, SIZE_MAX},
	{"a lone continuation", "\x80", 1, 0},
	{"a lone continuation in the ninth byte", "12345678\xbf", 9, 8},
	{"a cut sequence of two", "a\xc3", 2, 2},
	{"a cut sequence of three", "a\xe2\x80", 3, 3},
	{"a cut sequence of four", "\xf0\x9f\x98", 3, 3},
	{"a sequence broken by ASCII", "\xe2\x80Z", 3, 2},
	{"NUL in two bytes", "\xc0\x80", 2, 0},
	{"'/' in two bytes", "\xc0\xaf", 2, 0},
	{"C1 is never right", "\xc1\xbf", 2, 0},
	{"overlong in three bytes", "\xe0\x9f\xbf", 3, 1},
	{"overlong in four bytes", "\xf0\x8f\xbf\xbf", 4, 1},
	{"the first surrogate", "\xed\xa0\x80", 3, 1},
	{"the last surrogate", "\xed\xbf\xbf", 3, 1},
	{"above U+10FFFF", "\xf4\x90\x80\x80", 4, 1},
	{"F5", "\xf5\x80\x80\x80", 4, 0},
	{"FE", "\xfe", 1, 0},
	{"FF", "abc\xff", 4, 3},
	{"Latin-1", "caf\xe9 au lait", 12, 4},
};

static void test_text_is_utf8_or_its_first_wrong_byte_is_named(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(utf8_cases); i++) {
		struct span text = span(utf8_cases[i].text, utf8_cases[i].len);
		size_t bad = GOOD;
		bool good = text_is_utf8(text, &bad);

		CHECK(utf8_cases[i].name, good == (utf8_cases[i].bad == GOOD));
		CHECK(utf8_cases[i].name, bad == utf8_cases[i].bad);
		CHECK(utf8_cases[i].name, text_is_utf8(text, NULL) == good);
	}
}

/* Encodes as RFC 3629 says and nothing cleverer. */
static size_t encode(uint32_t code, char *out)
{
	if (code < 0x80) {
		out[0] = (char)code;
		return 1;
	}
	if (code < 0x800) {
		out[0] = (char)(0xc0 | code >> 6);
		out[1] = (char)(0x80 | (code & 63));
		return 2;
	}
	if (code < 0x10000) {
		out[0] = (char)(0xe0 | code >> 12);
		out[1] = (char)(0x80 | (code >> 6 & 63));
		out[2] = (char)(0x80 | (code & 63));
		return 3;
	}
	out[0] = (char)(0xf0 | code >> 18);
	out[1] = (char)(0x80 | (code >> 12 & 63));
	out[2] = (char)(0x80 | (code >> 6 & 63));
	out[3] = (char)(0x80 | (code & 63));
	return 4;
}

static void test_every_code_point_but_the_surrogates_is_right(void **state)
{
	(void)state;
	for (uint32_t code = 0; code < 0x120000; code++) {
		char bytes[4];
		size_t len = encode(code, bytes);
		bool right =
			code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);

		if (text_is_utf8(span(bytes, len), NULL) != right)
			fail_msg("U+%04X", code);
	}
}

static void test_of_all_pairs_of_bytes_the_right_ones_are_right(void **state)
{
	(void)state;
	for (int first = 0; first < 256; first++)
		for (int second = 0; second < 256; second++) {
			char pair[2] = {(char)first, (char)second};
			bool right = (first < 0x80 && second < 0x80) ||
				     (first >= 0xc2 && first <= 0xdf &&
					     second >= 0x80 && second <= 0xbf);

			if (text_is_utf8(span(pair, 2), NULL) != right)
				fail_msg("%02x %02x", first, second);
		}
}

/* `n` times 'a'. */
static struct span as(struct buf *buf, size_t n)
{
	buf_clear(buf);
	memset(buf_reserve(buf, n + 1), 'a', n);
	buf->len = n;
	return buf_span(buf);
}

static void test_a_name_is_as_long_as_it_may_be_and_no_longer(void **state)
{
	struct buf buf = {0};

	(void)state;
	assert_non_null(text_channel_fault(as(&buf, 0)));
	assert_null(text_channel_fault(as(&buf, 1)));
	assert_null(text_channel_fault(as(&buf, CHANNEL_MAX)));
	assert_non_null(text_channel_fault(as(&buf, CHANNEL_MAX + 1)));
	assert_non_null(text_topic_fault(as(&buf, 0)));
	assert_null(text_topic_fault(as(&buf, TOPIC_MAX)));
	assert_non_null(text_topic_fault(as(&buf, TOPIC_MAX + 1)));
	assert_null(text_type_fault(as(&buf, 0)));
	assert_null(text_type_fault(as(&buf, TYPE_MAX)));
	assert_non_null(text_type_fault(as(&buf, TYPE_MAX + 1)));
	assert_null(text_key_fault(as(&buf, 0)));
	assert_null(text_key_fault(as(&buf, KEY_MAX)));
	assert_non_null(text_key_fault(as(&buf, KEY_MAX + 1)));
	buf_release(&buf);
}

static const struct {
	const char *name;
	const char *text;
	size_t len;
	bool good;
} name_cases[] = {
	{"letters", "main", 4, true},
	{"a space", "two words", 9, true},
	{"a dot", ".", 1, true},
	{"umlaut", "\xc3\xa4", 2, true},
	{"an emoji", "\xf0\x9f\x93\xa3", 4, true},
	{"no-break space, just above C1", "\xc2\xa0", 2, true},
	{"U+2028", "\xe2\x80\xa8", 3, true},
	{"a byte like C1 inside a character", "\xe2\x82\x85", 3, true},
	{"NUL", "a\0b", 3, false},
	{"LF", "a\nb", 3, false},
	{"CR", "a\r", 2, false},
	{"tab", "\t", 1, false},
	{"the last of C0", "\x1f", 1, false},
	{"DEL", "\x7f", 1, false},
	{"the first of C1", "\xc2\x80", 2, false},
	{"NEL", "a\xc2\x85", 3, false},
	{"the last of C1", "\xc2\x9f", 2, false},
	{"not UTF-8", "\xff", 1, false},
	{"a cut character", "a\xc2", 2, false},
};

static void test_names_hold_characters_but_no_controls(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(name_cases); i++) {
		struct span text = span(name_cases[i].text, name_cases[i].len);
		const char *name = name_cases[i].name;
		bool good = name_cases[i].good;

		CHECK(name, (text_channel_fault(text) == NULL) == good);
		CHECK(name, (text_topic_fault(text) == NULL) == good);
		CHECK(name, (text_type_fault(text) == NULL) == good);
		CHECK(name, (text_key_fault(text) == NULL) == good);
	}
}

static const struct {
	const char *text;
	bool good;
	uint64_t value;
} number_cases[] = {
	{"0", true, 0},
	{"7", true, 7},
	{"007", true, 7},
	{"9223372036854775807", true, INT64_MAX},
	{"9223372036854775808", false, 0},
	{"9999999999999999999", false, 0},
	{"10000000000000000000", false, 0},
	{"00000000000000000001", false, 0},
	{"18446744073709551617", false, 0},
	{"", false, 0},
	{"-1", false, 0},
	{"+1", false, 0},
	{" 1", false, 0},
	{"1 ", false, 0},
	{"1a", false, 0},
	{"0x10", false, 0},
	{"1.0", false, 0},
	{"\xd9\xa1", false, 0},
};

static void test_a_number_is_digits_and_fits(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(number_cases); i++) {
		const char *text = number_cases[i].text;
		uint64_t value = 12345;
		bool good = text_to_u64(span_of(text), &value);

		CHECK(text, good == number_cases[i].good);
		CHECK(text, value == (good ? number_cases[i].value : 12345));
	}
	assert_false(text_to_u64(span("1\0002", 3), &(uint64_t){0}));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			test_text_is_utf8_or_its_first_wrong_byte_is_named),
		cmocka_unit_test(
			test_every_code_point_but_the_surrogates_is_right),
		cmocka_unit_test(
			test_of_all_pairs_of_bytes_the_right_ones_are_right),
		cmocka_unit_test(
			test_a_name_is_as_long_as_it_may_be_and_no_longer),
		cmocka_unit_test(test_names_hold_characters_but_no_controls),
		cmocka_unit_test(test_a_number_is_digits_and_fits),
	};

	return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}
