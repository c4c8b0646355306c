/* SPDX-License-Identifier: MIT */
/* form and update: what a Mercure update says, and what it may not */
#include <config.h>

#include "fcgi/post/form.h"
#include "fcgi/post/update.h"
#include "lib/event/traits.h"
#include "lib/text.h"
#include "tests/unit/unit.h"

static struct fault read_form(struct form *form, const char *body)
{
	*form = (struct form){0};
	return form_read(form, span_of(body), 200);
}

static void test_a_form_becomes_channel_traits_and_data(void **state)
{
	struct form form;
	struct fault fault = read_form(&form,
		"topic=https%3A%2F%2Fa%2F1&data=one+%26%0Atwo&retry=9"
		"&topic=all&private&topic=all&id=i&type=t&more=x");
	struct trait_topics topics;
	uint32_t retry;

	(void)state;
	assert_int_equal(fault.status, 0);
	CHECK_TEXT("channel", form_channel(&form), "https://a/1");
	CHECK_TEXT("data", buf_span(&form.data), "one &\ntwo");
	CHECK_TEXT("type", buf_span(&form.type), "t");
	CHECK_TEXT("id", trait_find(form_traits(&form), TRAIT_LABEL), "i");
	assert_true(traits_are_private(form_traits(&form)));
	assert_true(trait_retry(form_traits(&form), &retry));
	assert_int_equal(retry, 9);
	assert_true(trait_topics(form_traits(&form), &topics));
	assert_int_equal(topics.count, 2);
	assert_null(traits_fault(form_traits(&form)));
	form_release(&form);
}

static void test_a_plain_one_has_neither_traits_nor_a_key(void **state)
{
	struct form form;

	(void)state;
	assert_int_equal(
		read_form(&form, "topic=a&data=x&id=&type=message&retry=")
			.status,
		0);
	assert_int_equal(form_traits(&form).len, 0);
	assert_int_equal(form.key.len, 0);
	assert_int_equal(form.type.len, 0);
	form_release(&form);
}

static void test_the_key_tells_content_from_content(void **state)
{
	static const char *const bodies[] = {"topic=a&id=1&data=x",
		"topic=a&id=2&data=x", "topic=a&id=1&data=y",
		"topic=a&id=1&data=x&private", "topic=a&topic=b&id=1&data=x",
		"topic=a&id=1&data=x&type=t", "topic=a&id=1&data=x&retry=1"};
	struct form forms[COUNT(bodies)];

	(void)state;
	for (size_t i = 0; i < COUNT(bodies); i++) {
		struct form again;

		assert_int_equal(read_form(&forms[i], bodies[i]).status, 0);
		assert_int_equal(read_form(&again, bodies[i]).status, 0);
		assert_true(span_equal(
			buf_span(&again.key), buf_span(&forms[i].key)));
		form_release(&again);
		for (size_t j = 0; j < i; j++)
			CHECK(bodies[i], !span_equal(buf_span(&forms[i].key),
						 buf_span(&forms[j].key)));
	}
	for (size_t i = 0; i < COUNT(bodies); i++)
		form_release(&forms[i]);
}

static const struct {
	const char *body;
	unsigned status;
	const char *code;
} faults[] = {
	{"", 400, "bad_topic"},
	{"data=x", 400, "bad_topic"},
	{"topic=&data=x", 400, "bad_topic"},
	{"topic=a&data=%4", 400, "bad_form"},
	{"topic=a&id=%23", 400, "bad_id"},
	{"topic=a&type=mercure", 400, "bad_event"},
	{"topic=a&retry=+1", 400, "bad_retry"},
	{"topic=a&data=%c3", 400, "not_utf8"},
};

static void test_what_is_wrong_is_told_by_its_code(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(faults); i++) {
		struct form form;
		struct fault fault = read_form(&form, faults[i].body);

		CHECK(faults[i].body, fault.status == faults[i].status);
		CHECK_TEXT(faults[i].body, span_of(fault.code), faults[i].code);
		form_release(&form);
	}
}

static void test_its_lines_count_that_only_streams_of_mercure_have(void **state)
{
	struct buf body = {0};
	struct form form;

	(void)state;
	buf_printf(&body, "topic=a&data=");
	while (body.len < 13 + 200 - 29)
		buf_add_char(&body, 'x');
	buf_add_char(&body, '\0');
	assert_int_equal(read_form(&form, body.at).status, 413);
	form_release(&form);
	body.at[body.len - 2] = '\0';
	assert_int_equal(read_form(&form, body.at).status, 0);
	form_release(&form);
	buf_release(&body);
}

static void test_what_the_hub_itself_publishes_is_reserved(void **state)
{
	static const char *const reserved[] = {"/.well-known/mercure",
		"https://a/.well-known/mercure/x", "mercure", "#", "?", "",
		"//a/.well-known/./x/../mercure", "/.well-known/%6Dercure",
		"https:\\\\a\\.well-known\\mercure", "https:mercure",
		"/../.well-known/mercure", "/.well-known/mercure/a/../..",
		"/.well-known/mercure/../?a"};
	static const char *const free_[] = {"/.well-known/mercury", "a",
		"a/.well-known/mercure", "urn:/.well-known/mercur", "x:mercure",
		"/.well-known/%4dercure", "/%2F.well-known",
		"/.well-known%2Fmercure", "%", "%2", "/a/%2e%2e/b",
		"//.well-known/mercure", "https://a?/.well-known/mercure",
		"//a#/.well-known/mercure"};

	(void)state;
	for (size_t i = 0; i < COUNT(reserved); i++)
		CHECK(reserved[i],
			update_topic_fault(span_of(reserved[i])) != NULL);
	for (size_t i = 0; i < COUNT(free_); i++)
		CHECK(free_[i], update_topic_fault(span_of(free_[i])) == NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_form_becomes_channel_traits_and_data),
		cmocka_unit_test(test_a_plain_one_has_neither_traits_nor_a_key),
		cmocka_unit_test(test_the_key_tells_content_from_content),
		cmocka_unit_test(test_what_is_wrong_is_told_by_its_code),
		cmocka_unit_test(
			test_its_lines_count_that_only_streams_of_mercure_have),
		cmocka_unit_test(
			test_what_the_hub_itself_publishes_is_reserved),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
