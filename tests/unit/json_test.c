/* SPDX-License-Identifier: MIT */
/* json: strings decoded, answers composed */
#include <config.h>

#include <string.h>

#include "lib/json/json.h"
#include "tests/unit/unit.h"

static void test_one_line_keeps_what_is_in_strings(void **state)
{
	struct buf out = {0};

	(void)state;
	json_minify(
		&out, span_of("{\n \"a \\\" b\" : \"c \\\\\" ,\r\n\"d\":1 }"));
	CHECK_TEXT("minified", buf_span(&out),
		"{\"a \\\" b\":\"c \\\\\",\"d\":1}");
	buf_release(&out);
}

static const struct {
	const char *name, *literal, *text;
} strings[] = {
	{"empty", "\"\"", ""},
	{"plain", "\"abc\"", "abc"},
	{"escapes", "\"a\\n\\\"\\\\\\/\\u00e4\"", "a\n\"\\/\xc3\xa4"},
	{"controls", "\"\\b\\f\\r\\t\"", "\b\f\r\t"},
	{"two bytes", "\"\\u0080\\u07FF\"", "\xc2\x80\xdf\xbf"},
	{"three bytes", "\"\\u0800\\uffff\"", "\xe0\xa0\x80\xef\xbf\xbf"},
	{"the last of all", "\"\\udbff\\udfff\"", "\xf4\x8f\xbf\xbf"},
	{"a pair", "\"\\uD83D\\uDE00\"", "\xf0\x9f\x98\x80"},
	{"raw UTF-8 beside an escape", "\"\xc3\xa4\\t\"", "\xc3\xa4\t"},
	{"an escaped backslash before u", "\"\\\\ud800\"", "\\ud800"},
};

static void test_strings_are_decoded(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(strings); i++) {
		struct buf out = {0};

		json_decode(&out, span_of(strings[i].literal));
		CHECK_TEXT(strings[i].name, buf_span(&out), strings[i].text);
		buf_release(&out);
	}
}

static void test_an_escaped_nul_is_decoded(void **state)
{
	struct buf out = {0};

	(void)state;
	json_decode(&out, span_of("\"a\\u0000b\""));
	assert_true(span_equal(buf_span(&out), span("a\0b", 3)));
	buf_release(&out);
}

static void test_an_answer_is_composed(void **state)
{
	struct json_object *object = json_new();
	struct json_object *list;
	struct buf out = {0};

	(void)state;
	json_add_text(object, "t", span("a/\"\n\0", 5));
	json_add_number(object, "n", UINT64_MAX);
	json_add_bool(object, "b", true);
	json_add_id(object, "id", 1764000000000000);
	json_add_id(object, "none", 0);
	list = json_add_list(object, "l");
	json_add_bool(json_add_item(list), "x", false);
	json_end(object, &out);
	CHECK_TEXT("composed", buf_span(&out),
		"{\"t\":\"a/\\\"\\n\\u0000\",\"n\":18446744073709551615,"
		"\"b\":true,\"id\":\"1764000000000000\",\"none\":null,"
		"\"l\":[{\"x\":false}]}\n");
	buf_release(&out);
}

static const struct {
	const char *name, *json;
	size_t at; /* where it is wrong */
} halves[] = {
	{"a high half", "\"\\ud800\"", 1},
	{"a high half, then text", "\"a\\ud800x\"", 2},
	{"a high half, then an escape", "\"\\ud800\\n\"", 1},
	{"a high half, then a letter", "\"\\ud800\\u0041\"", 1},
	{"a high half, then the end", "\"\\udbff", 1},
	{"a low half", "\"\\udc00\"", 1},
	{"the halves in false order", "\"\\udc00\\ud800\"", 1},
	{"two high halves", "\"\\ud800\\ud800\\udc00\"", 1},
	{"a pair and a low half", "[\"\\uD83D\\uDE00\\uDFFF\"]", 14},
	{"half a pair as a name", "{\"\\ud800\":1}", 2},
	{"half a pair deep inside", "{\"a\":[{\"b\":\"\\udfff\"}]}", 12},
};

static void test_half_a_surrogate_pair_is_no_text_wherever_it_stands(
	void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(halves); i++) {
		struct json_fault fault = {0};

		CHECK(halves[i].name,
			!strict_json(span_of(halves[i].json), &fault));
		CHECK(halves[i].name, fault.half && fault.at == halves[i].at);
		CHECK(halves[i].name, strstr(fault.why, "surrogate") != NULL);
	}
}

static const char *const written[] = {
	"{\"a\":null,\"b\":[],\"c\":{}}\n",
	"[-9223372036854775808,18446744073709551615,0,-1]\n",
	"[1.50,-2e10,true,false]\n",
	("[\"\\b\\f\\n\\r\\t\\\"\\\\/"
	 "\\u0001\\u001f\x7f\",\"\xf0\x9f\x99\x82\"]\n"),
	"{\"a\\nname\":[[[{\"deep\":[1]}]]]}\n",
};

static void test_what_was_read_is_written_as_it_was(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(written); i++) {
		struct json_object *value = json_parse(span_of(written[i]));
		struct buf out = {0};

		json_end(value, &out);
		CHECK_TEXT(written[i], buf_span(&out), written[i]);
		buf_release(&out);
	}
}

static void test_decimals_end_where_nothing_follows(void **state)
{
	struct json_object *object = json_new();
	struct buf out = {0};

	(void)state;
	json_add_decimal(object, "half", 0.5);
	json_add_decimal(object, "whole", -3);
	json_end(object, &out);
	CHECK_TEXT("decimals", buf_span(&out), "{\"half\":0.5,\"whole\":-3}\n");
	buf_release(&out);
}

static const struct {
	const char *name, *text, *json;
} mended[] = {
	{"nothing", "", "{\"t\":\"\"}\n"},
	{"a wrong byte",
		"a\xff"
		"b",
		"{\"t\":\"a\xef\xbf\xbd"
		"b\"}\n"},
	{"a cut sequence", "a\xc3", "{\"t\":\"a\xef\xbf\xbd\"}\n"},
	{"a broken sequence", "\xe2\x80Z",
		"{\"t\":\"\xef\xbf\xbd\xef\xbf\xbdZ\"}\n"},
};

static void test_an_answer_is_always_UTF_8(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(mended); i++) {
		struct json_object *object = json_new();
		struct buf out = {0};

		json_add_text(object, "t", span_of(mended[i].text));
		json_end(object, &out);
		CHECK_TEXT(mended[i].name, buf_span(&out), mended[i].json);
		buf_release(&out);
	}
}

static void test_as_deep_as_the_server_takes_it_is_valid_and_no_deeper(
	void **state)
{
	char text[2 * JSON_DEPTH + 3] = "";
	struct span deeper = span(text, sizeof(text));
	struct span deep = span(text + 1, sizeof(text) - 2);
	struct json_fault fault;
	struct json_object *list;

	(void)state;
	memset(text, '[', sizeof(text));
	text[JSON_DEPTH + 1] = '1';
	memset(text + JSON_DEPTH + 2, ']', JSON_DEPTH + 1);
	list = json_parse(deep);
	assert_true(strict_json(deep, &fault) && list != NULL);
	json_free(list);
	assert_false(strict_json(deeper, &fault));
	assert_null(json_parse(deeper));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			test_as_deep_as_the_server_takes_it_is_valid_and_no_deeper),
		cmocka_unit_test(test_one_line_keeps_what_is_in_strings),
		cmocka_unit_test(test_strings_are_decoded),
		cmocka_unit_test(test_an_escaped_nul_is_decoded),
		cmocka_unit_test(
			test_half_a_surrogate_pair_is_no_text_wherever_it_stands),
		cmocka_unit_test(test_an_answer_is_composed),
		cmocka_unit_test(test_what_was_read_is_written_as_it_was),
		cmocka_unit_test(test_decimals_end_where_nothing_follows),
		cmocka_unit_test(test_an_answer_is_always_UTF_8),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
