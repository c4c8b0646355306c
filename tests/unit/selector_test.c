/* SPDX-License-Identifier: MIT */
/* lib/event: which names a pattern matches */
#include <config.h>

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "lib/buf.h"
#include "lib/event/selector.h"
#include "lib/text.h"
#include "tests/unit/unit.h"

static bool matches(const char *pattern, const char *name)
{
	struct selector *selector = selector_new(span_of(pattern));
	bool is = selector_matches(selector, span_of(name));

	selector_free(selector);
	return is;
}

struct pair {
	const char *pattern, *name;
};

/* RFC 6570, section 3.2: what a template may become it matches. */
static const struct pair vectors[] = {
	{"{var}", "value"},
	{"{hello}", "Hello%20World%21"},
	{"{half}", "50%25"},
	{"O{empty}X", "OX"},
	{"O{undef}X", "OX"},
	{"{x,y}", "1024,768"},
	{"{x,hello,y}", "1024,Hello%20World%21,768"},
	{"?{x,empty}", "?1024,"},
	{"?{x,undef}", "?1024"},
	{"?{undef,y}", "?768"},
	{"{var:3}", "val"},
	{"{var:30}", "value"},
	{"{list}", "red,green,blue"},
	{"{list*}", "red,green,blue"},
	{"{keys}", "semi,%3B,dot,.,comma,%2C"},
	{"{keys*}", "semi=%3B,dot=.,comma=%2C"},
	{"{count}", "one,two,three"},
	{"{+var}", "value"},
	{"{+hello}", "Hello%20World!"},
	{"{+half}", "50%25"},
	{"{base}index", "http%3A%2F%2Fexample.com%2Fhome%2Findex"},
	{"{+base}index", "http://example.com/home/index"},
	{"O{+empty}X", "OX"},
	{"O{+undef}X", "OX"},
	{"{+path}/here", "/foo/bar/here"},
	{"here?ref={+path}", "here?ref=/foo/bar"},
	{"up{+path}{var}/here", "up/foo/barvalue/here"},
	{"{+x,hello,y}", "1024,Hello%20World!,768"},
	{"{+path,x}/here", "/foo/bar,1024/here"},
	{"{+path:6}/here", "/foo/b/here"},
	{"{+list}", "red,green,blue"},
	{"{+list*}", "red,green,blue"},
	{"{+keys}", "semi,;,dot,.,comma,,"},
	{"{+keys*}", "semi=;,dot=.,comma=,"},
	{"{#var}", "#value"},
	{"{#hello}", "#Hello%20World!"},
	{"{#half}", "#50%25"},
	{"foo{#empty}", "foo#"},
	{"foo{#undef}", "foo"},
	{"{#x,hello,y}", "#1024,Hello%20World!,768"},
	{"{#path,x}/here", "#/foo/bar,1024/here"},
	{"{#path:6}/here", "#/foo/b/here"},
	{"{#list}", "#red,green,blue"},
	{"{#list*}", "#red,green,blue"},
	{"{#keys}", "#semi,;,dot,.,comma,,"},
	{"{#keys*}", "#semi=;,dot=.,comma=,"},
	{"{.who}", ".fred"},
	{"{.who,who}", ".fred.fred"},
	{"{.half,who}", ".50%25.fred"},
	{"www{.dom*}", "www.example.com"},
	{"X{.var}", "X.value"},
	{"X{.empty}", "X."},
	{"X{.undef}", "X"},
	{"X{.var:3}", "X.val"},
	{"X{.list}", "X.red,green,blue"},
	{"X{.list*}", "X.red.green.blue"},
	{"X{.keys}", "X.semi,%3B,dot,.,comma,%2C"},
	{"X{.keys*}", "X.semi=%3B.dot=..comma=%2C"},
	{"X{.empty_keys}", "X"},
	{"{/who}", "/fred"},
	{"{/who,who}", "/fred/fred"},
	{"{/half,who}", "/50%25/fred"},
	{"{/who,dub}", "/fred/me%2Ftoo"},
	{"{/var}", "/value"},
	{"{/var,empty}", "/value/"},
	{"{/var,undef}", "/value"},
	{"{/var,x}/here", "/value/1024/here"},
	{"{/var:1,var}", "/v/value"},
	{"{/list}", "/red,green,blue"},
	{"{/list*}", "/red/green/blue"},
	{"{/list*,path:4}", "/red/green/blue/%2Ffoo"},
	{"{/keys}", "/semi,%3B,dot,.,comma,%2C"},
	{"{/keys*}", "/semi=%3B/dot=./comma=%2C"},
	{"{;who}", ";who=fred"},
	{"{;half}", ";half=50%25"},
	{"{;empty}", ";empty"},
	{"{;v,empty,who}", ";v=6;empty;who=fred"},
	{"{;v,bar,who}", ";v=6;who=fred"},
	{"{;x,y}", ";x=1024;y=768"},
	{"{;x,y,empty}", ";x=1024;y=768;empty"},
	{"{;hello:5}", ";hello=Hello"},
	{"{;list}", ";list=red,green,blue"},
	{"{;list*}", ";list=red;list=green;list=blue"},
	{"{;keys}", ";keys=semi,%3B,dot,.,comma,%2C"},
	{"{;keys*}", ";semi=%3B;dot=.;comma=%2C"},
	{"{?who}", "?who=fred"},
	{"{?half}", "?half=50%25"},
	{"{?x,y}", "?x=1024&y=768"},
	{"{?x,y,empty}", "?x=1024&y=768&empty="},
	{"{?x,y,undef}", "?x=1024&y=768"},
	{"{?var:3}", "?var=val"},
	{"{?list}", "?list=red,green,blue"},
	{"{?list*}", "?list=red&list=green&list=blue"},
	{"{?keys}", "?keys=semi,%3B,dot,.,comma,%2C"},
	{"{?keys*}", "?semi=%3B&dot=.&comma=%2C"},
	{"{&who}", "&who=fred"},
	{"{&half}", "&half=50%25"},
	{"?fixed=yes{&x}", "?fixed=yes&x=1024"},
	{"{&x,y,empty}", "&x=1024&y=768&empty="},
	{"{&var:3}", "&var=val"},
	{"{&list}", "&list=red,green,blue"},
	{"{&list*}", "&list=red&list=green&list=blue"},
	{"{&keys}", "&keys=semi,%3B,dot,.,comma,%2C"},
	{"{&keys*}", "&semi=%3B&dot=.&comma=%2C"},
	{"{a.b}", "x"}, /* names of variables say nothing */
	{"{%41b_9}", "x"},
	{"{a}{+b}{c}", "x/y"}, /* runs that adjoin are one */
	{"{a,b*}", "a,b=1"},
	{"{?a}", "?b=1"},
	{"https://x.test/{+r}", "https://x.test/a/b?c#d"},
	{"m\xc3\xbcll/{a}", "m\xc3\xbcll/1"},
	{"a.b$(c)/{x}", "a.b$(c)/1"},	    /* no characters of an expression */
	{"builds/{name}", "builds/{name}"}, /* itself */
	{"*", "m\xc3\xbcll"},
	{"builds", "builds"},
};

static void test_a_template_matches_what_it_may_have_become(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++)
		CHECK(vectors[i].pattern,
			matches(vectors[i].pattern, vectors[i].name));
}

static const struct pair misses[] = {
	{"builds/{name}", "builds/a/b"},
	{"builds/{name}", "builds"},
	{"builds/{name}", "abuilds/a"},
	{"builds/{name}", "builds/a\n"},
	{"builds/{name}", "builds/a b"},
	{"builds/{name}", "builds/%"},
	{"builds/{name}", "builds/%2"},
	{"builds/{name}", "builds/%2x"},
	{"builds/{name}", "builds/a=1"},
	{"builds/{name}", "builds/\xc3\xbc"},
	{"builds/{name}", "builds/{name"},
	{"builds/{name}", "builds/{other}"},
	{"builds/{+name}", "builds/a b"},
	{"{a}", "http://x"},
	{"{a,b*}", "a=1,b"},
	{"{/a}", "x"},
	{"{/a}", "/x/y"},
	{"{/a,b}", "/x/y/z"},
	{"{?a}", "?b=1&c=2"},
	{"{?a}", "b=1"},
	{"{;a}", ";a=1;b=2"},
	{"{#a}", "x"},
	{"X{.a}", "Y.b"},
	{"a.b{x}", "aXb"},
	{"builds", "build"},
	{"builds", "builds/"},
	{"{a}b", "A"},
	{"{x}{y}!", "aa"},
};

static void test_a_template_matches_nothing_else(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(misses) / sizeof(misses[0]); i++)
		CHECK(misses[i].name,
			!matches(misses[i].pattern, misses[i].name));
}

static void test_what_is_no_pattern_has_a_fault(void **state)
{
	static const char *const faulty[] = {"", "{", "{a", "{}", "{!x}",
		"{=x}", "{,x}", "{@x}", "{|x}", "a}{b}", "{a}}", "{a{b}}",
		"{a b}", "{a-b}", "{a:}", "{a:0}", "{a:12345}", "{a:x}",
		"{a*:3}", "{a,}", "{,}", "{a..b}", "{.}", "{a.}", "{%4}",
		"{%zz}", "%{a}", "%4{a}", "a b{c}", "a\"{c}", "a'{c}", "<{c}",
		"a\\{c}", "^{c}", "`{c}", "|{c}", "a\n", "\x7f{a}", "\xff",
		"\xc3{a}"};
	struct buf text = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(faulty) / sizeof(faulty[0]); i++)
		CHECK(faulty[i], selector_fault(span_of(faulty[i])) != NULL);
	buf_add(&text, "{a}", 3);
	while (text.len < SELECTOR_MAX)
		buf_add_char(&text, 'x');
	assert_null(selector_fault(buf_span(&text)));
	buf_add_char(&text, 'x');
	assert_non_null(selector_fault(buf_span(&text)));
	text.at[0] = 'x'; /* a name, without its brace */
	assert_non_null(selector_fault(buf_span(&text)));
	text.len = TOPIC_MAX;
	assert_null(selector_fault(buf_span(&text)));
	buf_release(&text);
}

static void test_a_pattern_is_of_one_kind(void **state)
{
	(void)state;
	assert_int_equal(selector_kind(span_of("*")), SELECTOR_EVERY);
	assert_int_equal(selector_kind(span_of("**")), SELECTOR_EXACT);
	assert_int_equal(selector_kind(span_of("a")), SELECTOR_EXACT);
	assert_int_equal(selector_kind(span_of("a{b}")), SELECTOR_TEMPLATE);
	assert_true(selector_is(SELECTOR_EXACT, span_of("*")));
	assert_true(selector_is(SELECTOR_EXACT, span_of("{a}")));
	assert_true(selector_is(SELECTOR_EVERY, span_of("*")));
	assert_true(selector_is(SELECTOR_TEMPLATE, span_of("{a}")));
	assert_false(selector_is(SELECTOR_EVERY, span_of("a")));
	assert_false(selector_is(SELECTOR_TEMPLATE, span_of("a")));
	assert_false(selector_is(SELECTOR_TEMPLATE, span_of("{a")));
	assert_false(selector_is(3, span_of("{a}")));
}

static double us_of(const char *pattern, struct span name)
{
	struct selector *selector = selector_new(span_of(pattern));
	struct timespec from, to;
	double least = 1e9;

	for (int i = 0; i < 20; i++) {
		double us;

		clock_gettime(CLOCK_THREAD_CPUTIME_ID, &from);
		selector_matches(selector, name);
		clock_gettime(CLOCK_THREAD_CPUTIME_ID, &to);
		us = (double)(to.tv_sec - from.tv_sec) * 1e6 +
		     (double)(to.tv_nsec - from.tv_nsec) / 1e3;
		if (us < least)
			least = us;
	}
	selector_free(selector);
	return least;
}

static void test_no_pattern_takes_long(void **state)
{
	static const char *const hostile[] = {"{a}{b}{c}{d}{e}{f}!",
		"{+a}{b}{+c}{#d}{#e}{#f}!", "{a}a{b}a{c}a{d}a{e}a{f}!",
		"{.a}{.b}{.c}{.d}{.e}{.f}!", "{a,b*}{c,d*}{e,f*}!",
		"{/a,b,c,d,e,f,g,h,i,j,k,l}!",
		("{a}a{b}a{c}a{d}a{e}a{f}a{g}a{h}a{i}a{j}a{k}a{l}a{m}a{n}a{o}a"
		 "{a}a{b}a{c}a{d}a{e}a{f}a{g}a{h}a{i}a{j}a{k}a{l}a{m}a{n}a{o}"
		 "!")};
	char names[3][801];

	(void)state;
	memset(names[0], 'a', sizeof(names[0]));
	memset(names[1], '.', sizeof(names[1]));
	memset(names[2], ',', sizeof(names[2]));
	for (size_t i = 0; i < sizeof(hostile) / sizeof(hostile[0]); i++)
		for (size_t k = 0; k < 3; k++) {
			double us = us_of(hostile[i], span(names[k], 801));

			if (us >= 300)
				print_message("%s: %.0f us\n", hostile[i], us);
			CHECK(hostile[i], us < 1000);
		}
}

static void test_what_is_too_much_for_the_workspace_does_not_match(void **state)
{
	struct buf pattern = {0}, name = {0};
	struct selector *selector;

	(void)state;
	for (int i = 0; i < 240; i++) {
		buf_add(&pattern, "{a}-", 4);
		buf_add(&name, "-", 1);
	}
	selector = selector_new(buf_span(&pattern));
	assert_false(selector_matches(selector, buf_span(&name)));
	selector_free(selector);
	buf_release(&pattern);
	buf_release(&name);
}

static void test_a_prefix_is_what_stands_before_the_first_brace(void **state)
{
	struct selector *selector = selector_new(span_of("builds/{a}/{b}"));

	(void)state;
	CHECK_TEXT("prefix", selector_prefix(selector), "builds/");
	selector_free(selector);
	selector = selector_new(span_of("*"));
	assert_int_equal(selector_prefix(selector).len, 0);
	selector_free(selector);
}

/* lib/config takes them without asking PCRE2. */
static void test_every_template_of_a_channels_length_can_be_matched(
	void **state)
{
	static const char *const parts[] = {"{a}", "{+a}", "{/a*}", "{?a,a}",
		"{;a,a,a*}", "%41", "x", "{a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a}"};

	(void)state;
	for (size_t i = 0; i < COUNT(parts); i++) {
		struct buf text = {0};

		buf_printf(&text, "{a,");
		while (text.len + 2 < 200)
			buf_printf(&text, i % 2 ? "a," : "a*,");
		buf_printf(&text, "a}");
		while (text.len + strlen(parts[i]) <= 255)
			buf_printf(&text, "%s", parts[i]);
		CHECK(parts[i], selector_fault(buf_span(&text)) == NULL);
		selector_free(selector_new(buf_span(&text)));
		buf_release(&text);
	}
}

/* Nobody has tried to compile it before it is asked for the first time. */
static void test_a_template_with_few_variables_can_be_matched_however_long(
	void **state)
{
	static const char operators[] = "+#./;?&";

	(void)state;
	for (size_t i = 0; i < sizeof(operators); i++) {
		struct buf text = {0};
		struct selector *selector;

		buf_add_char(&text, '{');
		if (operators[i] != '\0')
			buf_add_char(&text, operators[i]);
		for (int variable = 0; variable < 15; variable++)
			buf_printf(&text, "a*,");
		buf_printf(&text, "a}");
		for (int variable = 0; variable < 16; variable++)
			buf_printf(&text, "-{;a*}");
		while (text.len < SELECTOR_MAX)
			buf_add_char(&text, '-');
		selector = selector_new(buf_span(&text));
		assert_false(selector_matches(selector, span_of("#a")));
		assert_true(selector_matches(selector, buf_span(&text)));
		selector_free(selector);
		buf_release(&text);
	}
}

static void test_a_channels_name_is_a_name_whatever_is_in_it(void **state)
{
	struct selector *selector = selector_exact(span_of("a{b}"));

	(void)state;
	assert_true(selector_matches(selector, span_of("a{b}")));
	assert_false(selector_matches(selector, span_of("ab")));
	CHECK_TEXT("prefix", selector_prefix(selector), "a{b}");
	selector_free(selector);
	selector = selector_exact(span_of("*"));
	assert_false(selector_matches(selector, span_of("a")));
	selector_free(selector);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			test_a_template_matches_what_it_may_have_become),
		cmocka_unit_test(test_a_template_matches_nothing_else),
		cmocka_unit_test(test_what_is_no_pattern_has_a_fault),
		cmocka_unit_test(test_a_pattern_is_of_one_kind),
		cmocka_unit_test(test_no_pattern_takes_long),
		cmocka_unit_test(
			test_what_is_too_much_for_the_workspace_does_not_match),
		cmocka_unit_test(
			test_a_prefix_is_what_stands_before_the_first_brace),
		cmocka_unit_test(
			test_every_template_of_a_channels_length_can_be_matched),
		cmocka_unit_test(
			test_a_template_with_few_variables_can_be_matched_however_long),
		cmocka_unit_test(
			test_a_channels_name_is_a_name_whatever_is_in_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
