/* SPDX-License-Identifier: MIT */
/* scope: sets of channels, each there once */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>

#include "lib/buf.h"
#include "lib/event/scope.h"
#include "tests/unit/unit.h"

static struct scope *get(
	struct scopes *scopes, const char *const *texts, size_t count)
{
	struct scope_item items[8] = {{{0}, false}};

	for (size_t i = 0; i < count; i++)
		items[i].text = span_of(texts[i]);
	return scope_get(scopes, items, count);
}

#define GET(scopes, ...)                                     \
	get(scopes, (const char *const[]){__VA_ARGS__},      \
		sizeof((const char *const[]){__VA_ARGS__}) / \
			sizeof(const char *))

static const struct {
	const char *name, *selector, *channel;
	bool has;
} matches[] = {
	{"a name", "news", "news", true},
	{"another", "news", "new", false},
	{"a longer one", "news", "newsletter", false},
	{"every channel", "*", "news", true},
	{"one segment", "users/{n}", "users/7", true},
	{"not two", "users/{n}", "users/7/mail", false},
	{"more than one", "users/{+rest}", "users/7/mail", true},
	{"the pattern's own name", "users/{n}", "users/{n}", true},
	{"no pattern, so a name", "users/{n", "users/{n", true},
	{"and of nothing else", "users/{n", "users/7", false},
	{"a user's name that looked like one", "users/%7Bn%7D", "users/7",
		false},
};

static void test_a_selector_says_which_channels(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(matches); i++) {
		struct scopes *scopes = scopes_new();
		struct scope *scope = GET(scopes, matches[i].selector);

		for (int twice = 0; twice < 2; twice++)
			CHECK(matches[i].name,
				scope_has(scope, span_of(matches[i].channel)) ==
					matches[i].has);
		scope_drop(scope);
		scopes_free(scopes);
	}
}

static void test_equal_sets_are_one_in_whatever_order(void **state)
{
	struct scopes *scopes = scopes_new();
	struct scope *one = GET(scopes, "a", "b/{n}", "c");
	struct scope *same = GET(scopes, "c", "a", "b/{n}", "a");
	struct scope *other = GET(scopes, "a", "b/{n}");

	(void)state;
	assert_ptr_equal(one, same);
	assert_ptr_not_equal(one, other);
	assert_int_not_equal(scope_serial(one), scope_serial(other));
	scope_drop(one);
	assert_true(scope_has(same, span_of("b/1")));
	scope_drop(same);
	scope_drop(other);
	scopes_free(scopes);
}

static void test_no_selectors_are_no_scope(void **state)
{
	struct scopes *scopes = scopes_new();

	(void)state;
	assert_null(scope_get(scopes, NULL, 0));
	assert_false(scope_has(NULL, span_of("a")));
	assert_int_equal(scope_serial(NULL), 0);
	scopes_free(scopes);
}

static void test_a_name_that_looks_like_a_pattern_is_one_channel(void **state)
{
	struct scopes *scopes = scopes_new();
	struct scope_item items[] = {
		{span_of("users/{n}"), true}, {span_of("*"), true}};
	struct scope *exact = scope_get(scopes, items, 2);
	struct scope *patterns = GET(scopes, "users/{n}", "*");

	(void)state;
	assert_ptr_not_equal(exact, patterns);
	assert_false(scope_has(exact, span_of("users/7")));
	assert_true(scope_has(exact, span_of("users/{n}")));
	assert_true(scope_has(patterns, span_of("users/7")));
	scope_drop(exact);
	scope_drop(patterns);
	scopes_free(scopes);
}

static void test_a_pattern_and_the_channel_spelt_like_it_are_two(void **state)
{
	struct scopes *scopes = scopes_new();
	struct scope_item items[] = {
		{span_of("users/{n}"), true}, {span_of("users/{n}"), false}};
	struct scope *both = scope_get(scopes, items, 2);

	(void)state;
	assert_true(scope_has(both, span_of("users/7")));
	assert_true(scope_has(both, span_of("users/{n}")));
	scope_drop(both);
	scopes_free(scopes);
}

/* More scopes and channels than answers are remembered. */
static void test_what_is_remembered_is_never_another_ones(void **state)
{
	enum { SCOPES = 20, CHANNELS = 300 };
	struct scopes *scopes = scopes_new();
	struct scope *all[SCOPES];
	char text[40];

	(void)state;
	for (int i = 0; i < SCOPES; i++) {
		snprintf(text, sizeof(text), "u/%d/{n}", i);
		all[i] = GET(scopes, text);
	}
	for (int round = 0; round < 2; round++)
		for (int n = 0; n < CHANNELS; n++)
			for (int i = 0; i < SCOPES; i++) {
				snprintf(text, sizeof(text), "u/%d/%d",
					n % SCOPES, n);
				assert_int_equal(
					scope_has(all[i], span_of(text)),
					i == n % SCOPES);
			}
	for (int i = 0; i < SCOPES; i++)
		scope_drop(all[i]);
	scopes_free(scopes);
}

static void test_a_name_too_long_to_be_remembered_is_asked_for(void **state)
{
	static char name[256];
	struct scopes *scopes = scopes_new();
	struct scope *scope = GET(scopes, "{n}");

	(void)state;
	memset(name, 'a', 255);
	assert_true(scope_has(scope, span_of(name)));
	name[254] = '/';
	assert_false(scope_has(scope, span_of(name)));
	scope_drop(scope);
	scopes_free(scopes);
}

/* What is put is read as the same set. */
static void test_a_scope_goes_over_the_wire_and_is_the_same(void **state)
{
	struct scopes *scopes = scopes_new();
	struct scope *scope = GET(scopes, "b/{n}", "a", "{unclosed", "*"),
		     *read;
	struct buf body = {0};
	struct wire_in in;

	(void)state;
	scope_put(scope, &body);
	scope_put(NULL, &body);
	in = wire_in(buf_span(&body));
	read = scope_read(scopes, &in);
	assert_null(scope_read(scopes, &in));
	assert_true(wire_done(&in));
	assert_true(scope_has(read, span_of("anything")));
	scope_drop(read);
	scope_drop(scope);
	buf_release(&body);
	scopes_free(scopes);
}

static void test_a_name_that_looks_like_a_pattern_is_one_after_the_wire(
	void **state)
{
	struct scopes *scopes = scopes_new();
	struct scope_item item = {span_of("{n}"), true};
	struct scope *scope = scope_get(scopes, &item, 1), *read;
	struct buf body = {0};
	struct wire_in in;

	(void)state;
	scope_put(scope, &body);
	in = wire_in(buf_span(&body));
	read = scope_read(scopes, &in);
	assert_ptr_equal(read, scope);
	assert_false(scope_has(read, span_of("a")));
	assert_true(scope_has(read, span_of("{n}")));
	scope_drop(read);
	scope_drop(scope);
	buf_release(&body);
	scopes_free(scopes);
}

/* Any of its beginnings, and one that says that there are very many. */
static void test_what_is_no_scope_on_the_wire_fails(void **state)
{
	struct scopes *scopes = scopes_new();
	struct scope *scope = GET(scopes, "b/{n}", "a");
	struct buf body = {0};
	struct wire_in in;

	(void)state;
	scope_put(scope, &body);
	for (size_t len = 0; len < body.len; len++) {
		in = wire_in(span(body.at, len));
		scope_drop(scope_read(scopes, &in));
		assert_true(in.failed);
		in = wire_in(span(body.at, len));
		scope_pass(&in);
		assert_true(in.failed);
	}
	memset(body.at, 0xff, 4);
	in = wire_in(buf_span(&body));
	assert_null(scope_read(scopes, &in));
	assert_true(in.failed);
	scope_drop(scope);
	buf_release(&body);
	scopes_free(scopes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_selector_says_which_channels),
		cmocka_unit_test(test_equal_sets_are_one_in_whatever_order),
		cmocka_unit_test(test_no_selectors_are_no_scope),
		cmocka_unit_test(
			test_a_name_that_looks_like_a_pattern_is_one_channel),
		cmocka_unit_test(
			test_a_pattern_and_the_channel_spelt_like_it_are_two),
		cmocka_unit_test(test_what_is_remembered_is_never_another_ones),
		cmocka_unit_test(
			test_a_name_too_long_to_be_remembered_is_asked_for),
		cmocka_unit_test(
			test_a_scope_goes_over_the_wire_and_is_the_same),
		cmocka_unit_test(
			test_a_name_that_looks_like_a_pattern_is_one_after_the_wire),
		cmocka_unit_test(test_what_is_no_scope_on_the_wire_fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
