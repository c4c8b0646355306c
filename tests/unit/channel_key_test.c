/* SPDX-License-Identifier: MIT */
/* channel_key: is this key `channel`, or was it meant to be? */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include "fcgi/http/channel_key.h"
#include "fcgi/http/query.h"
#include "tests/unit/unit.h"

enum reading { OTHER, SAME, MISSPELT };

static const struct {
	const char *key;
	enum reading in_query, in_object;
} keys[] = {
	{"channel", SAME, SAME},
	{"channel[]", SAME, MISSPELT},
	{"channel[0]", SAME, MISSPELT},
	{"channel[12]", SAME, MISSPELT},
	{"channel%5B%5D", SAME, OTHER},
	{"chann%65l%5b0%5d", SAME, OTHER},
	{"channel[a]", MISSPELT, MISSPELT},
	{"channel[0][1]", MISSPELT, MISSPELT},
	{"channel[", MISSPELT, MISSPELT},
	{"channels[]", MISSPELT, MISSPELT},
	{"chanel", MISSPELT, MISSPELT},
	{"chanel%5B%5D", MISSPELT, OTHER},
	{"chanell", MISSPELT, MISSPELT}, /* the wrong letter doubled */
	{"cchanells", MISSPELT, MISSPELT},
	{"channell", MISSPELT, MISSPELT},
	{"hannel", MISSPELT, MISSPELT},
	{"channe", MISSPELT, MISSPELT},
	{"shannel", MISSPELT, MISSPELT},
	{"chnanel", MISSPELT, MISSPELT},
	{"channle", MISSPELT, MISSPELT},
	{"chann\xc3\xa9l", MISSPELT, MISSPELT},
	{"channel1", MISSPELT, MISSPELT},
	{" channel", MISSPELT, MISSPELT},
	{"+channel", MISSPELT, MISSPELT},
	{"channels", MISSPELT, MISSPELT},
	{"Channel", MISSPELT, MISSPELT},
	{"CHANNELS", MISSPELT, MISSPELT},
	{"Chanels", MISSPELT, MISSPELT},
	{"", OTHER, OTHER},
	{"_", OTHER, OTHER},
	{"s", OTHER, OTHER},
	{"[]", OTHER, OTHER},
	{"datastar", OTHER, OTHER},
	{"chapel", OTHER, OTHER},
	{"change", OTHER, OTHER},
	{"panel", OTHER, OTHER},
	{"tunnel", OTHER, OTHER},
	{"charnel-x", OTHER, OTHER},
	{"channel_id", OTHER, OTHER},
	{"channelName", OTHER, OTHER},
	{"mychannel", OTHER, OTHER},
	{"cahnenl", OTHER, OTHER},
	{"canal", OTHER, OTHER},
	{"chanelle", OTHER, OTHER},
	{"sss", OTHER, OTHER},
	{"%zz", OTHER, OTHER},
	/* our own */
	{"lastEventId", OTHER, OTHER},
	{"last_event_id", OTHER, OTHER},
	{"since", OTHER, OTHER},
	{"envelope", OTHER, OTHER},
	{"keepalive", OTHER, OTHER},
	{"event", OTHER, OTHER},
	{"id", OTHER, OTHER},
	{"lines", OTHER, OTHER},
	{"message", OTHER, OTHER},
	{"timestamp", OTHER, OTHER},
};

static enum reading reading(bool is, const struct misspelt *fault)
{
	if (is)
		return fault->sentence[0] == '\0' ? SAME : MISSPELT;
	return fault->sentence[0] == '\0' ? OTHER : MISSPELT;
}

static void test_what_is_nearly_channel_is_told_from_what_is_not(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(keys); i++) {
		const struct pair pair = {.name = span_of(keys[i].key)};
		struct misspelt fault = {"of the last"};
		bool is = channel_key_in_query(&pair, &fault);

		CHECK(keys[i].key, reading(is, &fault) == keys[i].in_query);
		is = channel_key_in_object(span_of(keys[i].key), &fault);
		CHECK(keys[i].key, reading(is, &fault) == keys[i].in_object);
	}
}

static void test_the_key_that_was_written_is_named(void **state)
{
	const struct pair pair = {.name = span_of("chann%65ls%5B%5D")};
	struct misspelt fault;

	(void)state;
	assert_false(channel_key_in_query(&pair, &fault));
	assert_string_equal(fault.sentence,
		"\"channels[]\" means nothing here; is \"channel\" meant?");
}

static void test_a_key_of_any_length_leaves_room_for_the_sentence(void **state)
{
	char key[400] = "channel[";
	struct misspelt fault;

	(void)state;
	memset(key + 8, 'x', sizeof(key) - 9);
	key[sizeof(key) - 2] = ']';
	assert_false(channel_key_in_object(span_of(key), &fault));
	assert_non_null(strstr(fault.sentence, "is \"channel\" meant?"));
}

static void is_shown_as(struct span name, const char *shown)
{
	struct misspelt fault;
	char wanted[sizeof(fault.sentence)];

	assert_false(channel_key_in_object(name, &fault));
	snprintf(wanted, sizeof(wanted),
		"\"%s\" means nothing here; is \"channel\" meant?", shown);
	assert_string_equal(fault.sentence, wanted);
}

static void test_what_cannot_be_shown_of_a_key_is_written_out(void **state)
{
	static const char nul[] = "c\0hannel";

	(void)state;
	is_shown_as(span(nul, sizeof(nul) - 1), "c\\x00hannel");
	is_shown_as(span_of("\033channel"), "\\x1bchannel");
	is_shown_as(span_of("chann\377el"), "chann\\xffel");
	is_shown_as(span_of("chann\303\251l"), "chann\303\251l");
}

static void test_a_long_key_is_cut_between_letters(void **state)
{
	(void)state;
	is_shown_as(span_of("channel[xxxxxxxxxxxxxxxxxxxxxxx\303\251xxxx]"),
		"channel[xxxxxxxxxxxxxxxxxxxxxxx");
}

static void test_a_key_of_nothing_but_controls_fits_too(void **state)
{
	char key[400] = "channel[";
	struct misspelt fault;

	(void)state;
	memset(key + 8, 1, sizeof(key) - 9);
	key[sizeof(key) - 1] = ']';
	assert_false(channel_key_in_object(span(key, sizeof(key)), &fault));
	assert_non_null(strstr(fault.sentence, "is \"channel\" meant?"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			test_what_is_nearly_channel_is_told_from_what_is_not),
		cmocka_unit_test(test_the_key_that_was_written_is_named),
		cmocka_unit_test(
			test_a_key_of_any_length_leaves_room_for_the_sentence),
		cmocka_unit_test(
			test_what_cannot_be_shown_of_a_key_is_written_out),
		cmocka_unit_test(test_a_long_key_is_cut_between_letters),
		cmocka_unit_test(test_a_key_of_nothing_but_controls_fits_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
