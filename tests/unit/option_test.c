/* SPDX-License-Identifier: MIT */
/* option: what was asked for, wherever it was said */
#include <config.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/option/option.h"
#include "client/verbs.h"
#include "tests/unit/unit.h"

static enum exit_status nothing(void)
{
	return EXIT_OK;
}

static const struct option_row rows[] = {
	{"event", 'e', TEXT, "TYPE", NULL, ""},
	{"count", 'n', NUMBER, "N", "3", ""},
	{"time", 't', DURATION, "TIME", "2s", ""},
	{"fast", 'f', SWITCH, NULL, NULL, ""},
	{"on", 'o', LIST, "TABLE", NULL, ""},
	{0},
};

static const struct verb verb = {.name = "pub",
	.arguments = "CHANNEL",
	.rows = rows,
	.least = 1,
	.most = 2,
	.run = nothing};

static const struct verb command = {.name = "run",
	.arguments = "CHANNEL -- CMD",
	.rows = rows,
	.least = 2,
	.most = -1,
	.after = true,
	.run = nothing};

/* The words of a command line, divided by `|`. */
static enum exit_status read_words(const struct verb *which, const char *line)
{
	static char copy[500];
	static char *words[32];
	char *rest = copy;
	int count = 1;
	bool help;

	snprintf(copy, sizeof(copy), "%s", line);
	words[0] = copy + sizeof(copy) - 1; /* the verb's own name, empty */
	while (rest != NULL && line[0] != '\0')
		words[count++] = strsep(&rest, "|");
	words[count] = NULL;
	return option_read(verbs, which, count, words, &help);
}

static void write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

/* Each test has an environment of its own, with no file. */
static int prepare(void **state)
{
	char folder[] = "/tmp/tidings-option-XXXXXX";

	clearenv();
	assert_non_null(mkdtemp(folder));
	*state = strdup(folder);
	setenv("HOME", folder, 1);
	return 0;
}

static int clean(void **state)
{
	char path[200];

	option_release();
	snprintf(path, sizeof(path), "%s/client.conf", (char *)*state);
	unlink(path);
	rmdir(*state);
	free(*state);
	return 0;
}

static void test_defaults_hold_where_nothing_is_said(void **state)
{
	(void)state;
	assert_int_equal(read_words(&verb, "channel"), EXIT_OK);
	assert_null(option_text("event"));
	assert_int_equal(option_number("count"), 3);
	assert_int_equal(option_ms("time"), 2000);
	assert_false(option_switch("fast"));
	assert_false(option_given("count"));
	assert_string_equal(argument(0), "channel");
	assert_null(argument(1));
}

static void test_flags_beat_the_environment_and_that_the_file(void **state)
{
	char path[200];

	snprintf(path, sizeof(path), "%s/client.conf", (char *)*state);
	write_file(path, "url = http://file\n[pub]\nevent = file\ncount = 7\n"
			 "time = 1m\n[sub]\nsince = of another verb\n");
	setenv("TIDINGS_CONFIG", path, 1);
	setenv("TIDINGS_PUB_EVENT", "environment", 1);
	setenv("TIDINGS_PUB_COUNT", "8", 1);
	assert_int_equal(read_words(&verb, "x|--event|flag"), EXIT_OK);
	assert_string_equal(option_text("event"), "flag");
	assert_int_equal(option_number("count"), 8);
	assert_int_equal(option_ms("time"), 60000);
	assert_string_equal(option_text("url"), "http://file");
}

static void test_a_no_beats_a_yes_of_the_file(void **state)
{
	char path[200];

	snprintf(path, sizeof(path), "%s/client.conf", (char *)*state);
	write_file(path, "[pub]\nfast = yes\n");
	setenv("TIDINGS_CONFIG", path, 1);
	setenv("TIDINGS_PUB_FAST", "no", 1);
	assert_int_equal(read_words(&verb, "x"), EXIT_OK);
	assert_false(option_switch("fast"));
}

static void test_the_last_flag_counts_but_a_list_keeps_all(void **state)
{
	struct span item;

	(void)state;
	assert_int_equal(
		read_words(&verb, "-e|a|x|--on|one|-eb|--on=two words|-o|"),
		EXIT_OK);
	assert_string_equal(option_text("event"), "b");
	assert_true(option_item("on", 0, &item) && span_is(item, "one"));
	assert_true(option_item("on", 1, &item) && span_is(item, "two words"));
	assert_true(option_item("on", 2, &item) && span_is(item, ""));
	assert_false(option_item("on", 3, &item));
	assert_false(option_item("event", 1, &item));
}

static void test_flags_of_a_command_are_its_own(void **state)
{
	(void)state;
	assert_int_equal(
		read_words(&command, "-e|a|chan|--fast|--|ls|--event|b|-x"),
		EXIT_OK);
	assert_string_equal(option_text("event"), "a");
	assert_true(option_switch("fast"));
	assert_int_equal(argument_count(), 5);
	assert_string_equal(argument(0), "chan");
	assert_string_equal(argument(2), "--event");
}

static void test_what_is_wrong_is_wrong_usage(void **state)
{
	static const char *const lines[] = {
		"",
		"a|b|c",
		"x|--nosuch",
		"x|--count=many",
		"x|--count=-1",
		"x|--time=soon",
		"x|--time=5y",
		"x|--event",
		"x|-z",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(lines); i++) {
		CHECK(lines[i], read_words(&verb, lines[i]) == EXIT_USAGE);
		option_release();
	}
}

static void test_a_wrong_value_is_found_wherever_it_stands(void **state)
{
	char path[200];

	setenv("TIDINGS_PUB_TIME", "soon", 1);
	assert_int_equal(read_words(&verb, "x"), EXIT_USAGE);
	option_release();
	clearenv();
	snprintf(path, sizeof(path), "%s/client.conf", (char *)*state);
	setenv("TIDINGS_CONFIG", path, 1);
	assert_int_equal(
		read_words(&verb, "x"), EXIT_USAGE); /* named, not there */
	option_release();
	write_file(path, "[pub]\nnosuch = 1\n");
	assert_int_equal(read_words(&verb, "x"), EXIT_USAGE);
	option_release();
	write_file(path, "event = below pub only\n");
	assert_int_equal(read_words(&verb, "x"), EXIT_USAGE);
	option_release();
	write_file(path, "[pub]\nno equals sign\n");
	assert_int_equal(read_words(&verb, "x"), EXIT_USAGE);
}

static void test_export_hands_the_common_ones_on(void **state)
{
	(void)state;
	assert_int_equal(
		read_words(&verb, "x|--url|http://there|-k|-e|a"), EXIT_OK);
	option_export();
	assert_string_equal(getenv("TIDINGS_URL"), "http://there");
	assert_string_equal(getenv("TIDINGS_INSECURE"), "yes");
	assert_null(getenv("TIDINGS_PUB_EVENT"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, prepare, clean)
		TEST(test_defaults_hold_where_nothing_is_said),
		TEST(test_flags_beat_the_environment_and_that_the_file),
		TEST(test_a_no_beats_a_yes_of_the_file),
		TEST(test_the_last_flag_counts_but_a_list_keeps_all),
		TEST(test_flags_of_a_command_are_its_own),
		TEST(test_what_is_wrong_is_wrong_usage),
		TEST(test_a_wrong_value_is_found_wherever_it_stands),
		TEST(test_export_hands_the_common_ones_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
