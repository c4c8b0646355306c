/* SPDX-License-Identifier: MIT */
/* option_before, near: flags before the verb, and words that were meant */
#include <config.h>

#include <string.h>
#include <wordexp.h>

#include "client/option/near.h"
#include "client/option/option.h"
#include "client/option/option_before.h"
#include "client/verbs.h"
#include "tests/unit/unit.h"

/* What is read of the words behind "tidings", divided by `|`. */
static char **before(const char *line)
{
	static char copy[500];
	static char *words[32];
	struct before found;
	char *rest = copy;
	int count = 1;

	snprintf(copy, sizeof(copy), "%s", line);
	words[0] = copy + sizeof(copy) - 1;
	while (rest != NULL)
		words[count++] = strsep(&rest, "|");
	words[count] = NULL;
	return option_before(verbs, count, words, &found) == EXIT_OK
		       ? found.verb
		       : NULL;
}

static void flags_before_the_verb_are_its_own(void **state)
{
	char **words = before("--url|http://a|-qk|sub|main|--since|1h");

	(void)state;
	assert_non_null(words);
	assert_string_equal(words[0], "sub");
	assert_string_equal(words[1], "--url");
	assert_string_equal(words[2], "http://a");
	assert_string_equal(words[3], "-qk");
	assert_string_equal(words[4], "main");
	assert_null(words[7]);
}

static void a_flag_of_a_verb_stands_behind_it(void **state)
{
	(void)state;
	assert_null(before("--since|1h|sub|main"));
	assert_null(before("--url"));
	assert_null(*before("--url|http://a"));
}

static const char *nearest(const char *word)
{
	struct near near = {.word = word};

	for (size_t i = 0; verbs[i] != NULL; i++)
		near_offer(&near, verbs[i]->name);
	return near.found == NULL ? "" : near.found;
}

static void a_slip_of_the_hand_is_seen(void **state)
{
	(void)state;
	assert_string_equal(nearest("hisotry"), "history");
	assert_string_equal(nearest("chanels"), "channels");
	assert_string_equal(nearest("publish"), "pub");
	assert_string_equal(nearest("bnech"), "bench");
	assert_string_equal(nearest("sbu"), "sub");
	assert_string_equal(nearest("xyz"), "");
	assert_string_equal(nearest("x"), "");
	assert_string_equal(nearest(""), "");
	assert_string_equal(
		nearest("a word that is longer than any verb will be"), "");
}

/* A line of --help, as a shell would divide it up to a pipe. */
static void try_example(const struct verb *which, const char *line)
{
	char text[200];
	struct before found;
	char *copy[32]; /* which are moved about */
	wordexp_t words;
	bool help;

	snprintf(text, sizeof(text), "%.*s", (int)strcspn(line, "\n"), line);
	if (strstr(text, "| tidings ") != NULL)
		memmove(text, strstr(text, "| tidings ") + 2,
			strlen(strstr(text, "| tidings ") + 2) + 1);
	*strchrnul(text, '|') = '\0';
	assert_int_equal(wordexp(text, &words, WRDE_NOCMD), 0);
	assert_string_equal(words.we_wordv[0], "tidings");
	memcpy(copy, words.we_wordv, (words.we_wordc + 1) * sizeof(*copy));
	assert_int_equal(
		option_before(verbs, (int)words.we_wordc, copy, &found),
		EXIT_OK);
	assert_string_equal(found.verb[0], which->name);
	assert_int_equal(option_read(verbs, which, (int)words.we_wordc - 1,
				 found.verb, &help),
		EXIT_OK);
	option_release();
	wordfree(&words);
}

static void each_example_of_help_can_be_read(void **state)
{
	(void)state;
	for (size_t i = 0; verbs[i] != NULL; i++) {
		const char *line = verbs[i]->examples;

		assert_non_null(line);
		for (; *line != '\0'; line += *line == '\n') {
			try_example(verbs[i], line);
			line += strcspn(line, "\n");
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(flags_before_the_verb_are_its_own),
		cmocka_unit_test(a_flag_of_a_verb_stands_behind_it),
		cmocka_unit_test(a_slip_of_the_hand_is_seen),
		cmocka_unit_test(each_example_of_help_can_be_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
