/* SPDX-License-Identifier: MIT */
/* asked: what a URL asks a stream for, and what is wrong with it */
#include <config.h>

#include <string.h>

#include "fcgi/stream/asked.h"
#include "fcgi/stream/filter.h"
#include "lib/event/active.h"
#include "tests/unit/unit.h"

/* Lists names, patterns and types, each with a space behind it. */
static struct buf listed(const struct asked *asked)
{
	size_t count = asked->channel_count + asked->pattern_count;
	struct buf out = {0};

	for (size_t i = 0; i < count; i++) {
		buf_add_span(&out, asked->names[i]);
		buf_add_char(&out, ' ');
	}
	for (size_t i = 0; i < asked->wanted.len;
		i += 1 + (unsigned char)asked->wanted.at[i])
		buf_printf(&out, "<%.*s> ", asked->wanted.at[i],
			asked->wanted.at + i + 1);
	return out;
}

static const struct {
	const char *name, *query, *want;
} queries[] = {
	{"nothing", "", ""},
	{"channels in order, once", "channel=b&channel=a&channel=b", "a b "},
	{"patterns behind channels", "pattern=x{a}&channel=z", "z x{a} "},
	{"the star before templates", "pattern={a}&pattern=*", "* {a} "},
	{"a list as PHP writes it", "pattern[]={a}&pattern[0]={b}", "{a} {b} "},
	{"brackets may be encoded", "pattern%5B%5D=%7Ba%7D", "{a} "},
	{"a pattern without a brace is a channel", "pattern=b&channel=a",
		"a b "},
	{"and the same channel once", "pattern=a&channel=a", "a "},
	{"the same pattern once", "pattern={a}&pattern=%7Ba%7D", "{a} "},
	{"a star as a channel is one", "channel=*&pattern=*", "* * "},
	{"types in order, once", "channel=a&event=y&event=x&event=y",
		"a <x> <y> "},
	{"types as PHP writes them", "event[]=y&event[1]=x", "<x> <y> "},
	{"a site's own parameters", "patron=x&eleven=y&token=z", ""},
};

static void test_a_query_says_what_is_wanted(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(queries); i++) {
		struct span query = span_of(queries[i].query);
		struct asked asked;
		struct buf got;

		asked_init(&asked, query.len);
		CHECK(queries[i].name,
			asked_add_query(&asked, query).sentence == NULL);
		asked_sort(&asked);
		asked_sort(&asked); /* harmless */
		got = listed(&asked);
		CHECK_TEXT(queries[i].name, buf_span(&got), queries[i].want);
		buf_release(&got);
		asked_release(&asked);
	}
}

/* What tells of who is there is one channel, and so much of it as is asked for.
 */
static void test_topics_below_that_of_subscriptions_are_a_part_of_it(
	void **state)
{
	static const struct {
		const char *query;
		bool is_part;
	} rows[] = {
		{"topic=" ACTIVE_CHANNEL "/a", true},
		{"topic=" ACTIVE_CHANNEL "{/topic}{/subscriber}", true},
		{"topic=" ACTIVE_CHANNEL "{/topic}&topic=" ACTIVE_CHANNEL "/a",
			true},
		{"topic=" ACTIVE_CHANNEL, false},
		{"topic=" ACTIVE_CHANNEL "/a&topic=" ACTIVE_CHANNEL, false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct span query = span_of(rows[i].query);
		struct asked asked;

		asked_init(&asked, query.len);
		CHECK(rows[i].query,
			asked_add_topics(&asked, query).sentence == NULL);
		asked_sort(&asked);
		CHECK(rows[i].query,
			asked.channel_count == 1 && asked.pattern_count == 0);
		CHECK_TEXT(rows[i].query, asked.names[0], ACTIVE_CHANNEL);
		CHECK(rows[i].query,
			filter_is(buf_span(&asked.wanted)) == rows[i].is_part);
		asked_release(&asked);
	}
}

static const struct {
	const char *name, *query, *want;
} topic_queries[] = {
	{"a name", "topic=https://example.com/books/1",
		"https://example.com/books/1 "},
	{"several, in order, once", "topic=b&topic=a&topic=b", "a b "},
	{"a template behind names", "topic=x{a}&topic=z", "z x{a} "},
	{"the star before templates", "topic={a}&topic=*", "* {a} "},
	{"what is no template is a name", "topic={a&topic={}&topic={!x}",
		"{!x} {a {} "},
	{"as PHP writes a list", "topic[]=b&topic%5B%5D=a", "a b "},
	{"no other parameter counts", "topic=a&channel=b&pattern={c}&event=x",
		"a "},
};

static void test_a_query_of_topics_says_what_is_wanted(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(topic_queries); i++) {
		struct span query = span_of(topic_queries[i].query);
		struct asked asked;
		struct buf got;

		asked_init(&asked, query.len);
		CHECK(topic_queries[i].name,
			asked_add_topics(&asked, query).sentence == NULL);
		asked_sort(&asked);
		got = listed(&asked);
		CHECK_TEXT(topic_queries[i].name, buf_span(&got),
			topic_queries[i].want);
		buf_release(&got);
		asked_release(&asked);
	}
}

static const struct {
	const char *name, *query, *code;
} topic_faults[] = {
	{"none", "", "bad_topic"},
	{"none of the name", "topics=a&channel=b", "bad_topic"},
	{"an empty one", "topic=", "bad_topic"},
	{"no value", "topic", "bad_topic"},
	{"an empty one among others", "topic=a&topic=", "bad_topic"},
	{"half a percent", "topic=%2", "bad_topic"},
	{"no UTF-8", "topic=%ff", "bad_topic"},
	{"a line end", "topic=a%0a", "bad_topic"},
	{"of a later version", "topic=a&match=b", "bad_topic"},
	{"of a later version alone", "match_urlpattern=b", "bad_topic"},
	{"in capitals", "topic=a&Match_Exact=b", "bad_topic"},
};

static void test_what_is_wrong_with_topics_is_said(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(topic_faults); i++) {
		struct span query = span_of(topic_faults[i].query);
		struct asked_fault fault;
		struct asked asked;

		asked_init(&asked, query.len);
		fault = asked_add_topics(&asked, query);
		CHECK(topic_faults[i].name, fault.sentence != NULL);
		CHECK_TEXT(topic_faults[i].name, span_of(fault.code),
			topic_faults[i].code);
		asked_release(&asked);
	}
}

static const struct {
	const char *name, *query, *code, *part;
} faults[] = {
	{"no pattern", "pattern=", "bad_pattern", "1 to 1,000 bytes"},
	{"no value", "pattern", "bad_pattern", "needs a value"},
	{"no UTF-8", "pattern={a}%ff", "bad_pattern", "UTF-8"},
	{"a control character", "pattern={a}%0a", "bad_pattern", "control"},
	{"a delete", "pattern={a}%7f", "bad_pattern", "control"},
	{"half a percent", "pattern={a}%2", "bad_pattern", "'%'"},
	{"a brace alone", "pattern={", "bad_pattern", "URI template"},
	{"an open brace", "pattern={a", "bad_pattern", "URI template"},
	{"an unknown operator", "pattern={!x}", "bad_pattern", "URI template"},
	{"no variable", "pattern=a{}", "bad_pattern", "URI template"},
	{"a brace too many", "pattern={a}}", "bad_pattern", "URI template"},
	{"a channel too long by pattern=", NULL, "bad_pattern", "1,000"},
	{"no type", "event=", "bad_event", "needs a value"},
	{"no type and no sign", "event", "bad_event", "needs a value"},
	{"a type with a line end", "event=a%0a", "bad_event", "control"},
	{"a type that is no UTF-8", "event=%ff", "bad_event", "UTF-8"},
	{"half a percent in a type", "event=%", "bad_event", "'%'"},
	{"a channel, misspelt", "chanel=a&pattern=*", "bad_channel", "chanel"},
	{"a pattern, misspelt", "channel=a&patern=*", "bad_pattern",
		"\"pattern\" meant"},
	{"a type, misspelt", "channel=a&events=x", "bad_event",
		"\"event\" meant"},
	{"a key of nothing but controls",
		"channel[%01%01%01%01%01%01%01%01%01%01%01%01%01%01%01%01%01"
		"%01%01%01%01%01%01%01]=a",
		"bad_channel", "\"channel\" meant"},
};

static void test_what_is_wrong_is_said(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(faults); i++) {
		struct asked asked;
		struct asked_fault fault;
		char query[1100] = "pattern=";

		memset(query + 8, 'a', 1001);
		if (faults[i].query != NULL)
			snprintf(query, sizeof(query), "%s", faults[i].query);
		asked_init(&asked, strlen(query));
		fault = asked_add_query(&asked, span_of(query));
		CHECK(faults[i].name, fault.sentence != NULL);
		assert_non_null(fault.code);
		CHECK_TEXT(faults[i].name, span_of(fault.code), faults[i].code);
		CHECK(faults[i].name,
			fault.sentence != NULL &&
				strstr(fault.sentence, faults[i].part) != NULL);
		asked_release(&asked);
	}
}

/* ---- as many as there may be, and one more */

static struct buf many(const char *before, const char *after, unsigned count)
{
	struct buf query = {0};

	for (unsigned i = 0; i < count; i++)
		buf_printf(&query, "%s%u%s", before, i, after);
	return query;
}

static const struct {
	const char *name, *before, *after;
	unsigned most;
	const char *code;
} limits[] = {
	{"patterns", "&pattern=", "{a}", 100, "bad_pattern"},
	{"types", "&event=t", "", 100, "bad_event"},
	{"channels", "&channel=", "", 1000, "bad_channel"},
	{"channels by pattern=", "&pattern=", "", 1000, "bad_pattern"},
};

static void check_limit(size_t i, unsigned count)
{
	struct buf query = many(limits[i].before, limits[i].after, count);
	struct asked_fault fault;
	struct asked asked;

	asked_init(&asked, query.len);
	fault = asked_add_query(&asked, buf_span(&query));
	CHECK(limits[i].name,
		(fault.sentence == NULL) == (count == limits[i].most));
	if (fault.sentence != NULL)
		CHECK_TEXT(limits[i].name, span_of(fault.code), limits[i].code);
	asked_release(&asked);
	buf_release(&query);
}

static void test_so_many_may_be_asked_for_and_no_more(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(limits); i++) {
		check_limit(i, limits[i].most);
		check_limit(i, limits[i].most + 1);
	}
}

/* A thousand bytes, of which the last three are {a}; and one more. */
static void test_a_pattern_has_a_thousand_bytes_at_most(void **state)
{
	(void)state;
	for (size_t len = 1000; len <= 1001; len++) {
		struct buf query = {0};
		struct asked asked;

		buf_printf(&query, "pattern=");
		memset(buf_reserve(&query, len), 'x', len - 3);
		query.len += len - 3;
		buf_printf(&query, "{a}");
		asked_init(&asked, query.len);
		assert_true(
			(asked_add_query(&asked, buf_span(&query)).sentence ==
				NULL) == (len == 1000));
		asked_release(&asked);
		buf_release(&query);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_query_says_what_is_wanted),
		cmocka_unit_test(test_a_query_of_topics_says_what_is_wanted),
		cmocka_unit_test(
			test_topics_below_that_of_subscriptions_are_a_part_of_it),
		cmocka_unit_test(test_what_is_wrong_with_topics_is_said),
		cmocka_unit_test(test_what_is_wrong_is_said),
		cmocka_unit_test(test_so_many_may_be_asked_for_and_no_more),
		cmocka_unit_test(test_a_pattern_has_a_thousand_bytes_at_most),
	};

	return cmocka_run_group_tests_name("asked", tests, NULL, NULL);
}
