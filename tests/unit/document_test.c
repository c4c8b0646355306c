/* SPDX-License-Identifier: MIT */
/* document: the JSON object that was POSTed */
#include <config.h>

#include <string.h>

#include "lib/json/document.h"
#include "lib/json/json.h"
#include "tests/unit/unit.h"

static const char *const good[] = {
	"{}",
	" \t\r\n{ } ",
	"{\"a\":1}",
	"{\"a\":[1,2,{\"b\":null}],\"c\":{\"a\":true,\"d\":false}}",
	"{\"\":\"\"}",
	"{\"n\":[0,-0,1,-1,10,0.5,-0.0,1e5,1E+5,1.25e-7]}",
	"{\"n\":123456789012345678901234567890}",
	"{\"s\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0000\\uD83D\\uDE00\"}",
	"\xef\xbb\xbf{\"with a byte order mark\":\"\xef\xbb\xbf\"}",
	"{\"\xc3\xa4\":\"\xe2\x80\xa8 \x7f\"}",
	"{\"a\":{\"a\":{\"a\":1}},\"b\":[{\"a\":1},{\"a\":1}]}",
	"{\"ab\":1,\"a\":2,\"abc\":3,\"b\":4,\"\":5}",
};

static void test_what_is_JSON_is_taken(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(good); i++) {
		struct document document;
		struct json_fault fault;

		CHECK(good[i],
			document_read(&document, span_of(good[i]), &fault));
		document_release(&document);
	}
}

static const struct {
	const char *name, *text;
	size_t at;
} bad[] = {
	{"nothing", "", 0},
	{"space only", "  ", 2},
	{"no object", "[1]", 0},
	{"a text", "\"a\"", 0},
	{"not closed", "{\"a\":1", 6},
	{"a comma too many", "{\"a\":1,}", 7},
	{"no comma", "{\"a\":1 \"b\":2}", 7},
	{"no colon", "{\"a\" 1}", 5},
	{"no value", "{\"a\":}", 5},
	{"a name without quotes", "{a:1}", 1},
	{"single quotes", "{'a':1}", 1},
	{"a comment", "{/**/}", 1},
	{"something behind it", "{}x", 2},
	{"a second object", "{}{}", 2},
	{"NaN", "{\"a\":NaN}", 5},
	{"Infinity", "{\"a\":Infinity}", 5},
	{"-Infinity", "{\"a\":-Infinity}", 6},
	{"TRUE", "{\"a\":TRUE}", 5},
	{"a cut word", "{\"a\":tru}", 5},
	{"a leading zero", "{\"a\":01}", 6},
	{"a leading plus", "{\"a\":+1}", 5},
	{"no digit before the point", "{\"a\":.5}", 5},
	{"no digit behind the point", "{\"a\":1.}", 7},
	{"no digit in the exponent", "{\"a\":1e}", 7},
	{"hexadecimal", "{\"a\":0x1}", 6},
	{"a string that does not end", "{\"a\":\"b}", 8},
	{"a string that ends in a backslash", "{\"a\":\"b\\", 8},
	{"a raw line feed", "{\"a\":\"b\nc\"}", 7},
	{"a raw tab", "{\"a\":\"\t\"}", 6},
	{"an unknown escape", "{\"a\":\"\\x\"}", 7},
	{"a short escape", "{\"a\":\"\\u12\"}", 10},
	{"a name twice", "{\"a\":1,\"b\":2,\"a\":3}", 13},
	{"a name twice, once encoded", "{\"a\":1,\"\\u0061\":3}", 7},
	{"a name twice further inside", "{\"x\":[{\"a\":1,\"a\":3}]}", 13},
	{"a name with half a pair", "{\"\\ud800\":1}", 2},
	{"half a pair", "{\"a\":[\"b\\ud83d\"]}", 8},
	{"half a pair behind a byte order mark",
		"\xef\xbb\xbf{\"a\":\"\\udc00\"}", 9},
	{"an array with a comma too many", "{\"a\":[1,]}", 8},
	{"an array that does not end", "{\"a\":[1", 7},
	{"an array closed as an object", "{\"a\":[1}}", 7},
	{"no UTF-8", "{\"a\":\"\xff\"}", 6},
	{"overlong UTF-8", "{\"a\":\"\xc0\xaf\"}", 6},
	{"two byte order marks", "\xef\xbb\xbf\xef\xbb\xbf{}", 3},
	{"a byte order mark behind a space", " \xef\xbb\xbf{}", 1},
	{"a byte order mark and nothing", "\xef\xbb\xbf", 3},
	{"UTF-16 with its mark", "\xff\xfe{", 0},
	{"a no-break space", "{\xc2\xa0}", 1},
};

static void test_what_is_no_JSON_is_refused_with_its_place(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		struct document document;
		struct json_fault fault = {0};
		bool taken =
			document_read(&document, span_of(bad[i].text), &fault);

		CHECK(bad[i].name, !taken);
		if (fault.at != bad[i].at)
			print_error("at %zu: %s\n", fault.at, fault.why);
		CHECK(bad[i].name, fault.at == bad[i].at);
	}
}

static void test_utf_16_is_told_by_its_name(void **state)
{
	static const struct span texts[] = {{"\xff\xfe{\0}\0", 6},
		{"\xfe\xff\0{\0}", 6}, {"{\0}\0", 4}, {"\0{\0}", 4}};

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		struct document document;
		struct json_fault fault;

		assert_false(document_read(&document, texts[i], &fault));
		assert_non_null(strstr(fault.why, "UTF-16"));
		assert_int_equal(fault.at, 0);
	}
}

static void test_a_nul_is_no_end(void **state)
{
	struct document document;
	struct json_fault fault;

	(void)state;
	assert_false(document_read(&document, span("{}\0", 3), &fault));
	assert_int_equal(fault.at, 2);
	assert_false(
		document_read(&document, span("{\"a\":\"\0\"}", 9), &fault));
	assert_int_equal(fault.at, 6);
}

static bool takes_nested(size_t depth)
{
	struct document document;
	struct json_fault fault;
	struct buf text = {0};
	bool taken;

	buf_add(&text, "{\"a\":", 5);
	for (size_t i = 1; i < depth; i++)
		buf_add_char(&text, '[');
	if (depth == 1)
		buf_add_char(&text, '1');
	for (size_t i = 1; i < depth; i++)
		buf_add_char(&text, ']');
	buf_add_char(&text, '}');
	taken = document_read(&document, buf_span(&text), &fault);
	if (taken)
		document_release(&document);
	buf_release(&text);
	return taken;
}

static void test_values_are_nested_32_deep_at_most(void **state)
{
	(void)state;
	assert_true(takes_nested(1));
	assert_true(takes_nested(32));
	assert_false(takes_nested(33));
	assert_false(takes_nested(100000));
}

static void test_members_are_listed_as_they_were_written(void **state)
{
	const char text[] = "{ \"a\" : [ 1 , \"x y\" ] ,\"\\u0062\":\"t\" }";
	struct document document;
	struct json_fault fault;
	struct buf out = {0};

	(void)state;
	assert_true(document_read(&document, span_of(text), &fault));
	assert_int_equal(document.count, 2);
	CHECK_TEXT("name", document.members[0].name, "\"a\"");
	CHECK_TEXT("value", document.members[0].value, "[ 1 , \"x y\" ]");
	json_minify(&out, document.members[0].value);
	CHECK_TEXT("one line", buf_span(&out), "[1,\"x y\"]");
	assert_ptr_equal(document_member(&document, "b"), &document.members[1]);
	assert_null(document_member(&document, "c"));
	buf_release(&out);
	document_release(&document);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_JSON_is_taken),
		cmocka_unit_test(
			test_what_is_no_JSON_is_refused_with_its_place),
		cmocka_unit_test(test_utf_16_is_told_by_its_name),
		cmocka_unit_test(test_a_nul_is_no_end),
		cmocka_unit_test(test_values_are_nested_32_deep_at_most),
		cmocka_unit_test(test_members_are_listed_as_they_were_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
