/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "client/option/option_before.h"

#include <string.h>

#include "client/option/near.h"
#include "client/option/option_line.h"

static const struct option_row rows[] = {
	{"version", 'V', SWITCH, NULL, NULL, ""},
	{0},
};

/* Its flags end at the first word that is none. */
static const struct verb program = {
	.name = "", .arguments = "", .rows = rows, .most = -1, .after = true};

/* Does the verb have the flag that `word` is, "--since=1h" or "-s"? */
static bool has_flag(const struct verb *verb, const char *word)
{
	size_t len = strcspn(word + 1, "=") - 1;

	for (const struct option_row *row = verb->rows;
		row != NULL && row->name != NULL; row++)
		if (word[1] == '-' ? strncmp(row->name, word + 2, len) == 0 &&
					     strlen(row->name) == len
				   : row->letter == word[1])
			return true;
	return false;
}

static bool is_flag(const char *word)
{
	return word[0] == '-' && word[1] != '\0' && word[2] != '\0';
}

/* The verb that the user has named; else the first that has the flag. */
static const struct verb *owner_of(
	const struct verb *const *verbs, char *const *words, const char *flag)
{
	const struct verb *named;

	for (; *words != NULL; words++) {
		named = verb_named(verbs, *words);
		if (named != NULL && has_flag(named, flag))
			return named;
	}
	for (; *verbs != NULL; verbs++)
		if (has_flag(*verbs, flag))
			return *verbs;
	return NULL;
}

static bool is_of_all(const char *flag)
{
	const struct verb all = {.rows = option_common};

	return has_flag(&all, flag) || has_flag(&program, flag);
}

/* The sentence about a flag that is a verb's own; EXIT_OK if none is. */
static enum exit_status complain_of_place(
	const struct verb *const *verbs, char *const *argv)
{
	for (; *argv != NULL && **argv == '-'; argv++) {
		const struct verb *owner;

		if (!is_flag(*argv) || is_of_all(*argv))
			continue;
		owner = owner_of(verbs, argv + 1, *argv);
		if (owner != NULL)
			return fail(EXIT_USAGE,
				"%s stands behind its verb: tidings %s %s",
				*argv, owner->name, *argv);
	}
	return EXIT_OK;
}

static bool said(struct option_values *values, const char *name)
{
	return option_value_named(values, name)->text != NULL;
}

/* flag flag verb word -> verb flag flag word */
static void move_flags(char **argv, char **verb)
{
	char *name = *verb;

	for (; verb > argv; verb--)
		*verb = verb[-1];
	*argv = name;
}

enum exit_status option_before(const struct verb *const *verbs, int argc,
	char **argv, struct before *before)
{
	struct option_values values;
	struct option_words words;
	enum exit_status exit_status = complain_of_place(verbs, argv + 1);

	if (exit_status != EXIT_OK)
		return exit_status;
	option_values_begin(&values, &program);
	exit_status = option_flags(&values, argc, argv, &words);
	*before = (struct before){.verb = words.at,
		.help = said(&values, "help"),
		.version = said(&values, "version")};
	option_values_release(&values);
	if (exit_status != EXIT_OK || words.count == 0)
		return exit_status;
	if (!before->help && !before->version) {
		move_flags(argv + 1, words.at);
		before->verb = argv + 1;
	}
	return EXIT_OK;
}

enum exit_status option_unknown_verb(
	const struct verb *const *verbs, const char *word)
{
	struct near near = {.word = word};
	const char *other = near_verb(word);

	for (; *verbs != NULL; verbs++)
		near_offer(&near, (*verbs)->name);
	if (other == NULL)
		other = near.found;
	if (other == NULL)
		return fail(EXIT_USAGE,
			"unknown verb \"%s\"; `tidings --help` lists them",
			word);
	return fail(EXIT_USAGE,
		"unknown verb \"%s\"; did you mean %s? (tidings --help)", word,
		other);
}
