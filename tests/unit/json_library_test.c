/* SPDX-License-Identifier: MIT */
/* json, held to what it promises whichever json-c is below (0.15 to 0.18) */
#include <config.h>

#include <string.h>

#include "lib/json/json.h"
#include "tests/unit/unit.h"

#define LETTERS "a\xc3\xa9\xe2\x82\xac\xf0\x9f\x99\x82" /* of 1 to 4 bytes */

/* What is read and written again; NULL = the same, but for its newline. */
static const struct {
	const char *name, *text, *again;
} taken[] = {
	{"nothing in it", "{}", NULL},
	{"an empty list", "[]", NULL},
	{"letters of one to four bytes", "[\"" LETTERS "\"]", NULL},
	{"the same in a name", "{\"" LETTERS "\":\"" LETTERS "\"}", NULL},
	{"the first and the last of each length",
		"[\"\xc2\x80\xdf\xbf\xe0\xa0\x80\xef\xbf\xbf"
		"\xf0\x90\x80\x80\xf4\x8f\xbf\xbf\"]",
		NULL},
	{"letters beside half's neighbours", "[\"\xed\x9f\xbf\xee\x80\x80\"]",
		NULL},
	{"escapes of letters", "[\"\\u00e9\\u20AC\\ud83d\\ude42\"]",
		"[\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x99\x82\"]"},
	{"short escapes", "[\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"]",
		"[\"\\\"\\\\/\\b\\f\\n\\r\\t\"]"},
	{"a NUL in a text", "[\"a\\u0000b\"]", NULL},
	{"DEL and what is above it", "[\"\x7f\xc2\x80\"]", NULL},
	{"space around everything", " \t\r\n{ \"a\" : [ 1 , 2 ] } \r\n",
		"{\"a\":[1,2]}"},
	{"names in their order", "{\"b\":1,\"a\":2,\"\":3,\"c\":4}", NULL},
	{"names that begin alike", "{\"a\":1,\"aa\":2,\"A\":3}", NULL},
	{"a name in two objects", "[{\"a\":{\"a\":1}},{\"a\":2}]", NULL},
	{"the three words", "[true,false,null]", NULL},
	{"null as a member", "{\"a\":null}", NULL},
	{"the least of 64 bits", "[-9223372036854775808]", NULL},
	{"the most with a sign", "[9223372036854775807]", NULL},
	{"one more than that", "[9223372036854775808]", NULL},
	{"the most without one", "[18446744073709551615]", NULL},
	{"one more than 64 bits", "[18446744073709551616]", NULL},
	{"one less than 64 bits", "[-9223372036854775809]", NULL},
	{"a hundred digits",
		"[1000000000000000000000000000000000000000000000000000000000000"
		"00000000000000000000000000000000000000000000]",
		NULL},
	{"a zero with a sign", "[-0]", NULL},
	{"a fraction", "[0.1,-0.0,1.50]", NULL},
	{"an exponent", "[1e5,1E+5,1.25e-7]", NULL},
	{"a number beyond all doubles", "[1e400,-1e400,1e-400]", NULL},
};

static void test_what_is_JSON_is_read_and_written_again(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(taken); i++) {
		const char *want =
			taken[i].again != NULL ? taken[i].again : taken[i].text;
		struct json_object *value = json_parse(span_of(taken[i].text));
		struct buf out = {0};

		CHECK(taken[i].name, value != NULL);
		json_end(value, &out);
		out.len--; /* the newline */
		CHECK_TEXT(taken[i].name, buf_span(&out), want);
		buf_release(&out);
	}
}

static const struct {
	const char *name, *text;
} refused[] = {
	{"nothing", ""},
	{"space only", " \n"},
	{"a text alone", "\"a\""},
	{"a number alone", "1"},
	{"null alone", "null"},
	{"a name twice", "{\"a\":1,\"a\":2}"},
	{"a name twice, once escaped", "{\"a\":1,\"\\u0061\":2}"},
	{"a name twice, deep inside",
		"[{\"x\":[{\"\xc3\xa9\":1,\"\xc3\xa9\":2}]}]"},
	{"a NUL in a name", "{\"a\\u0000b\":1}"},
	{"half a pair in a text", "[\"\\ud800\"]"},
	{"the other half in a text", "[\"\\udc00\"]"},
	{"half a pair, then another letter", "[\"\\ud83dx\"]"},
	{"half a pair in a name", "{\"\\ud800\":1}"},
	{"half a pair deep inside", "{\"a\":[{\"b\":\"\\ud800\"}]}"},
	{"half a pair as UTF-8", "[\"\xed\xa0\x80\"]"},
	{"overlong, two bytes", "[\"\xc0\xaf\"]"},
	{"overlong, three bytes", "[\"\xe0\x80\xaf\"]"},
	{"overlong, four bytes", "[\"\xf0\x80\x80\xaf\"]"},
	{"beyond the last letter", "[\"\xf4\x90\x80\x80\"]"},
	{"a letter that is cut", "[\"\xf0\x9f\x99\"]"},
	{"a letter that is cut by the end", "[\"\xc3"},
	{"a byte that begins no letter", "[\"\xff\"]"},
	{"a byte that goes on without beginning", "[\"\x80\"]"},
	{"no UTF-8 in a name", "{\"\xff\":1}"},
	{"no UTF-8 outside of texts", "[1]\xff"},
	{"a byte order mark", "\xef\xbb\xbf{}"},
	{"a no-break space", "[\xc2\xa0]"},
	{"a raw newline in a text", "[\"a\nb\"]"},
	{"a raw tab in a text", "[\"a\tb\"]"},
	{"a raw control character in a name", "{\"\x01\":1}"},
	{"an escape that there is not", "[\"\\x41\"]"},
	{"a short escape", "[\"\\u12\"]"},
	{"single quotes", "['a']"},
	{"no quotes", "{a:1}"},
	{"a comment", "[1/**/]"},
	{"NaN", "[NaN]"},
	{"nan", "[nan]"},
	{"Infinity", "[Infinity]"},
	{"-Infinity", "[-Infinity]"},
	{"a word in capitals", "[TRUE]"},
	{"a leading zero", "[01]"},
	{"a leading zero with a sign", "[-01]"},
	{"a plus", "[+1]"},
	{"no digit before the point", "[.5]"},
	{"no digit behind the point", "[1.]"},
	{"no digit in the exponent", "[1e]"},
	{"a sign alone", "[-]"},
	{"hexadecimal", "[0x1]"},
	{"a comma too many", "[1,]"},
	{"a comma too many in an object", "{\"a\":1,}"},
	{"something behind it", "{}x"},
	{"a second value", "{}{}"},
	{"a comma behind it", "[],"},
	{"it does not end", "[[1]"},
	{"an object that does not end", "{\"a\":1"},
	{"a text that does not end", "[\"a"},
	{"closed by the other bracket", "[1}"},
};

static void test_what_is_none_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(refused); i++)
		CHECK(refused[i].name,
			json_parse(span_of(refused[i].text)) == NULL);
}

static void test_a_NUL_byte_is_no_end_and_no_space(void **state)
{
	(void)state;
	assert_null(json_parse(span("{}\0", 3)));
	assert_null(json_parse(span("\0{}", 3)));
	assert_null(json_parse(span("[\"\0\"]", 5)));
	assert_null(json_parse(span("[1\0]", 4)));
	assert_null(json_parse(span(NULL, 0)));
}

static void test_what_stands_behind_the_text_is_not_looked_at(void **state)
{
	struct json_object *value = json_parse(span("[12]345", 4));
	struct buf out = {0};

	(void)state;
	json_end(value, &out);
	CHECK_TEXT("the part", buf_span(&out), "[12]\n");
	assert_null(json_parse(span("[12]", 3)));
	buf_release(&out);
}

static void test_a_text_keeps_its_NUL_and_its_letters(void **state)
{
	struct json_object *value = json_parse(span_of(
		"{\"t\":\"\\u0000" LETTERS "\",\"" LETTERS "\":\"x\"}"));
	struct span text;

	(void)state;
	assert_true(json_text(value, "t", &text));
	assert_int_equal(text.len, 1 + strlen(LETTERS));
	assert_memory_equal(text.at, "\0" LETTERS, text.len);
	assert_true(json_text(value, LETTERS, &text));
	json_free(value);
}

static const struct {
	const char *name, *json;
	bool good;
	uint64_t number;
} numbers[] = {
	{"zero", "{\"n\":0}", true, 0},
	{"the most", "{\"n\":18446744073709551615}", true, UINT64_MAX},
	{"above a sign's most", "{\"n\":9223372036854775808}", true,
		(uint64_t)INT64_MAX + 1},
	{"more than that", "{\"n\":18446744073709551616}", false, 0},
	{"below zero", "{\"n\":-1}", false, 0},
	{"zero with a sign", "{\"n\":-0}", false, 0},
	{"a fraction", "{\"n\":1.5}", false, 0},
	{"an exponent", "{\"n\":1e3}", false, 0},
	{"a text", "{\"n\":\"1\"}", false, 0},
	{"null", "{\"n\":null}", false, 0},
	{"true", "{\"n\":true}", false, 0},
	{"none", "{}", false, 0},
	{"a list", "[1]", false, 0},
};

static void test_a_number_is_whole_or_none(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(numbers); i++) {
		struct json_object *value =
			json_parse(span_of(numbers[i].json));
		uint64_t number = 1;

		CHECK(numbers[i].name,
			json_number(value, "n", &number) == numbers[i].good);
		CHECK(numbers[i].name, number == numbers[i].number);
		json_free(value);
	}
}

static const struct {
	const char *name, *json;
	bool good;
	uint64_t id;
} ids[] = {
	{"digits", "{\"i\":\"1764000000000000\"}", true, 1764000000000000},
	{"null", "{\"i\":null}", true, 0},
	{"a number", "{\"i\":1764000000000000}", false, 0},
	{"no digits", "{\"i\":\"\"}", false, 0},
	{"a word", "{\"i\":\"newest\"}", false, 0},
	{"more than an id can be", "{\"i\":\"9223372036854775808\"}", false, 0},
	{"none", "{}", false, 0},
	{"a list", "[]", false, 0},
};

static void test_an_id_is_digits_or_null_or_none(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(ids); i++) {
		struct json_object *value = json_parse(span_of(ids[i].json));
		uint64_t id = 1;

		CHECK(ids[i].name, json_id(value, "i", &id) == ids[i].good);
		CHECK(ids[i].name, id == ids[i].id);
		json_free(value);
	}
}

static void test_nothing_can_be_asked_of_nothing(void **state)
{
	struct span text;
	uint64_t number;
	bool flag;

	(void)state;
	assert_false(json_text(NULL, "a", &text));
	assert_false(json_number(NULL, "a", &number));
	assert_false(json_id(NULL, "a", &number));
	assert_false(json_flag(NULL, "a", &flag));
	assert_false(json_has(NULL, "a"));
	assert_null(json_list(NULL, "a"));
	assert_int_equal(json_length(NULL), 0);
	assert_null(json_item(NULL, 0));
}

static void test_objects_and_lists_count_alike_towards_the_depth(void **state)
{
	(void)state;
	for (size_t depth = 1; depth <= JSON_DEPTH + 1; depth++) {
		struct json_object *value;
		struct buf text = {0};

		for (size_t i = 0; i < depth; i++)
			buf_add_span(
				&text, span_of(i % 2 == 0 ? "[" : "{\"a\":"));
		buf_add_char(&text, '1');
		for (size_t i = depth; i-- > 0;)
			buf_add_char(&text, i % 2 == 0 ? ']' : '}');
		value = json_parse(buf_span(&text));
		assert_true((value != NULL) == (depth <= JSON_DEPTH));
		json_free(value);
		buf_release(&text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_JSON_is_read_and_written_again),
		cmocka_unit_test(test_what_is_none_is_refused),
		cmocka_unit_test(test_a_NUL_byte_is_no_end_and_no_space),
		cmocka_unit_test(
			test_what_stands_behind_the_text_is_not_looked_at),
		cmocka_unit_test(test_a_text_keeps_its_NUL_and_its_letters),
		cmocka_unit_test(test_a_number_is_whole_or_none),
		cmocka_unit_test(test_an_id_is_digits_or_null_or_none),
		cmocka_unit_test(test_nothing_can_be_asked_of_nothing),
		cmocka_unit_test(
			test_objects_and_lists_count_alike_towards_the_depth),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
