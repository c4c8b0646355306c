/* SPDX-License-Identifier: MIT */
/* query: what stands in a URL */
#include <config.h>

#include "fcgi/http/query.h"
#include "fcgi/http/request.h"
#include "tests/unit/unit.h"

static const struct {
	const char *name, *uri, *path, *query;
} targets[] = {
	{"a path", "/stream", "/stream", ""},
	{"a path and a query", "/stream?a=b", "/stream", "a=b"},
	{"only the first '?' divides", "/s?a=b?c", "/s", "a=b?c"},
	{"an empty query", "/s?", "/s", ""},
	{"a path is not decoded yet", "/a%3Fb?c", "/a%3Fb", "c"},
	{"an absolute URI", "http://a.example:80/s?x", "/s", "x"},
	{"an absolute URI without a path", "http://a.example", "", ""},
	{"an absolute URI without a path but a query", "http://a?/b", "", "/b"},
	{"a fragment is none of ours", "/s?a#b", "/s", "a"},
	{"an asterisk", "*", "", ""},
	{"nothing", "", "", ""},
	{"a word", "stream", "", ""},
	{"a '/' alone", "/", "/", ""},
};

static void test_a_target_is_divided_at_the_first_question_mark(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(targets); i++) {
		struct url got = query_url(span_of(targets[i].uri));

		CHECK_TEXT(targets[i].name, got.path, targets[i].path);
		CHECK_TEXT(targets[i].name, got.query, targets[i].query);
	}
}

static const struct {
	const char *name, *path, *base, *rest; /* NULL: not below it */
} prefixes[] = {
	{"no base", "/stream", "", "/stream"},
	{"no base, no path", "", "", ""},
	{"a base", "/tidings/stream", "/tidings", "/stream"},
	{"the base itself", "/tidings", "/tidings", ""},
	{"its folder", "/tidings/", "/tidings", "/"},
	{"names", "/a/b-c/stream/x", "/a/b-c", "/stream/x"},
	{"a part of them", "/a/stream", "/a/b-c", NULL},
	{"another", "/stream", "/tidings", NULL},
	{"one that begins so", "/tidingsX/stream", "/tidings", NULL},
	{"one that is the beginning", "/tiding/stream", "/tidings", NULL},
	{"a letter's case", "/Tidings/stream", "/tidings", NULL},
	{"encoded letters", "/%74id%69ngs/stream", "/tidings", "/stream"},
	{"the rest stays encoded", "/tidings/%73tream", "/tidings",
		"/%73tream"},
	{"encoded once", "/%2574idings/stream", "/tidings", NULL},
	{"an encoded slash in it", "/a%2Fb/stream", "/a/b", NULL},
	{"an encoded slash before it", "%2Fa/stream", "/a", NULL},
	{"an encoded slash behind it", "/a%2Fstream", "/a", NULL},
	{"half a code", "/tiding%7", "/tidings", NULL},
	{"two slashes before it", "//tidings/stream", "/tidings", NULL},
	{"two slashes in it", "/a//b/stream", "/a/b", NULL},
	{"two slashes behind it", "/tidings//stream", "/tidings", "//stream"},
	{"dots", "/x/../tidings/stream", "/tidings", NULL},
	{"no path", "", "/tidings", NULL},
};

static void test_a_base_is_compared_name_by_name(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(prefixes); i++) {
		struct span rest = span_of("untouched");
		bool below = query_below(
			span_of(prefixes[i].path), prefixes[i].base, &rest);

		CHECK_TEXT(prefixes[i].name, rest,
			below ? prefixes[i].rest : "untouched");
		assert_int_equal(below, prefixes[i].rest != NULL);
	}
}

static void test_a_query_is_taken_pair_by_pair(void **state)
{
	struct span query = span_of("a=1&&b&c=&d=x=y&=z&");
	struct pair pair;

	(void)state;
	assert_true(query_next(&query, &pair));
	CHECK_TEXT("name", pair.name, "a");
	CHECK_TEXT("value", pair.value, "1");
	assert_true(query_next(&query, &pair));
	CHECK_TEXT("a name alone", pair.name, "b");
	assert_false(pair.has_value);
	assert_true(query_next(&query, &pair));
	CHECK_TEXT("an empty value", pair.value, "");
	assert_true(pair.has_value);
	assert_true(query_next(&query, &pair));
	CHECK_TEXT("only the first '=' divides", pair.value, "x=y");
	assert_true(query_next(&query, &pair));
	CHECK_TEXT("no name", pair.name, "");
	assert_false(query_next(&query, &pair));
}

static void test_a_name_is_found_also_encoded(void **state)
{
	struct span query = span_of("chan=0&chann%65l=1&channel=2");
	struct pair pair;

	(void)state;
	assert_true(query_find(query, "channel", &pair));
	CHECK_TEXT("the first counts", pair.value, "1");
	assert_false(query_find(query, "chann", &pair));
	assert_false(query_find(span(NULL, 0), "channel", &pair));
}

static const struct {
	const char *name, *text, *segment, *value; /* NULL: refused */
} decodings[] = {
	{"plain", "abc", "abc", "abc"},
	{"nothing", "", "", ""},
	{"hexadecimal digits of both cases", "%2f%2F", "//", "//"},
	{"decoded once only", "%2541", "%41", "%41"},
	{"a plus", "a+b", "a+b", "a b"},
	{"an encoded plus", "%2B", "+", "+"},
	{"UTF-8", "%c3%a4", "\xc3\xa4", "\xc3\xa4"},
	{"a '%' at the end", "a%", NULL, NULL},
	{"one digit at the end", "a%4", NULL, NULL},
	{"no digit", "%zz", NULL, NULL},
	{"one digit", "%4z", NULL, NULL},
	{"a sign is no digit", "%+1", NULL, NULL},
};

static void test_each_part_is_decoded_once(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(decodings); i++) {
		struct span text = span_of(decodings[i].text);
		struct buf out = {0};
		bool good = query_decode(&out, text);

		CHECK(decodings[i].name,
			good == (decodings[i].segment != NULL));
		if (good)
			CHECK_TEXT(decodings[i].name, buf_span(&out),
				decodings[i].segment);
		buf_clear(&out);
		good = query_decode_value(&out, text);
		CHECK(decodings[i].name, good == (decodings[i].value != NULL));
		if (good)
			CHECK_TEXT(decodings[i].name, buf_span(&out),
				decodings[i].value);
		buf_release(&out);
	}
}

static const struct {
	const char *name, *query, *id; /* "" = none */
} last_ids[] = {
	{"none", "since=1&event=2", ""},
	{"as we spell it", "lastEventId=1", "1"},
	{"with underscores", "last_event_id=1", "1"},
	{"in small letters", "x&lasteventid=1", "1"},
	{"as the header is spelt", "Last-Event-ID=1", "1"},
	{"an empty one is none", "lasteventid=&LASTEVENTID=2", "2"},
	{"ours comes first, wherever it is", "Last-Event-ID=1&lastEventId=2",
		"2"},
	{"encoded", "last-event-id=%31", "1"},
	{"a letter is missing", "lasteventi=1", ""},
	{"a letter too many", "lasteventids=1", ""},
	{"no name", "=1", ""},
};

static void test_the_last_id_is_found_however_it_is_spelt(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(last_ids); i++) {
		struct request *request = request_new();
		struct buf id = {0};
		bool found =
			query_last_id(&id, request, span_of(last_ids[i].query));

		CHECK(last_ids[i].name, found == (last_ids[i].id[0] != '\0'));
		CHECK_TEXT(last_ids[i].name, buf_span(&id), last_ids[i].id);
		buf_release(&id);
		request_free(request);
	}
}

static const struct {
	const char *query;
	bool listed;
} elements[] = {
	{"also=1", true},
	{"also[]=1", true},
	{"also[12]=1", true},
	{"also%5B%5D=1", true},
	{"also[x]=1", false},
	{"also[=1", false},
	{"also]=1", false},
	{"alsos[]=1", false},
	{"also[]x=1", false},
	{"als[]=1", false},
	{"[]=1", false},
	{"=1", false},
};

static void test_a_list_may_be_written_as_php_does(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(elements); i++) {
		struct span query = span_of(elements[i].query);
		struct pair pair;

		assert_true(query_next(&query, &pair));
		CHECK(elements[i].query,
			query_listed(&pair, "also") == elements[i].listed);
	}
}

static void test_an_encoded_nul_is_a_byte(void **state)
{
	struct buf out = {0};

	(void)state;
	assert_true(query_decode(&out, span_of("a%00b")));
	assert_true(span_equal(buf_span(&out), span("a\0b", 3)));
	buf_release(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			test_a_target_is_divided_at_the_first_question_mark),
		cmocka_unit_test(test_a_base_is_compared_name_by_name),
		cmocka_unit_test(test_a_query_is_taken_pair_by_pair),
		cmocka_unit_test(test_a_name_is_found_also_encoded),
		cmocka_unit_test(test_each_part_is_decoded_once),
		cmocka_unit_test(test_the_last_id_is_found_however_it_is_spelt),
		cmocka_unit_test(test_a_list_may_be_written_as_php_does),
		cmocka_unit_test(test_an_encoded_nul_is_a_byte),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
