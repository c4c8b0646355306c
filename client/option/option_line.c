/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "client/option/option_line.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "client/option/near.h"
#include "lib/buf.h"

enum {
	LONG = 256, /* what getopt calls the first flag; each has a number of
		       its own, or an ambiguous beginning would be taken for
		       one of them */
};

/* getopt's tables out of ours. */
static void describe(const struct option_values *values, struct option *names,
	struct buf *letters)
{
	buf_add_span(letters, span_of(values->verb->after ? "+:" : ":"));
	for (size_t i = 0; i < values->count; i++) {
		const struct option_row *row = values->all[i].row;
		int takes =
			row->value == NULL ? no_argument : required_argument;

		names[i] =
			(struct option){row->name, takes, NULL, LONG + (int)i};
		if (row->letter == '\0')
			continue;
		buf_add_char(letters, row->letter);
		if (row->value != NULL)
			buf_add_char(letters, ':');
	}
	buf_add_char(letters, '\0');
}

/* " pub", unless it is no verb that is read. */
static const char *name_of(const struct verb *verb, const char *before)
{
	return verb->name[0] == '\0' ? "" : before;
}

static enum exit_status unknown_flag(
	const struct option_values *values, const char *word)
{
	const struct verb *verb = values->verb;
	struct buf name = {0};
	struct near near;

	buf_add(&name, word, strcspn(word, "="));
	buf_add_char(&name, '\0');
	near = (struct near){.word = name.at + strspn(name.at, "-")};
	for (size_t i = 0; i < values->count; i++)
		near_offer(&near, values->all[i].row->name);
	buf_release(&name);
	return fail(EXIT_USAGE,
		"%s%sunknown flag %s%s%s%s (tidings%s%s --help)", verb->name,
		name_of(verb, ": "), word,
		near.found == NULL ? "" : "; did you mean --",
		near.found == NULL ? "" : near.found,
		near.found == NULL ? "" : "?", name_of(verb, " "), verb->name);
}

static enum exit_status complain(
	const struct option_values *values, int found, char **argv)
{
	const struct verb *verb = values->verb;
	char letter[] = {'-', (char)optopt, '\0'};

	if (found == '?' && optopt > 0 && optopt < LONG)
		return unknown_flag(values, letter);
	if (found == ':')
		return fail(EXIT_USAGE, "%s%s%s needs a value", verb->name,
			name_of(verb, ": "), argv[optind - 1]);
	return unknown_flag(values, argv[optind - 1]);
}

/* The last one counts, unless all do: each of these is a line. */
static enum exit_status take(struct option_value *value, const char *text)
{
	char *before = value->text;
	struct buf all = {0}, flag = {0};
	enum exit_status exit_status;

	if (value->row->kind == LIST && strchr(text, OPTION_MARK) != NULL)
		return fail(EXIT_USAGE, "--%s: \"%s\" is more than one line",
			value->row->name, text);
	value->text = NULL;
	if (value->row->kind == LIST && before != NULL)
		buf_printf(&all, "%s%c", before, OPTION_MARK);
	buf_add_span(&all, span_of(value->row->kind == SWITCH ? "yes" : text));
	buf_add_char(&all, '\0');
	buf_printf(&flag, "--%s", value->row->name);
	buf_add_char(&flag, '\0');
	exit_status = option_offer(value, all.at, flag.at);
	buf_release(&all);
	buf_release(&flag);
	free(before);
	return exit_status;
}

enum exit_status option_flags(struct option_values *values, int argc,
	char **argv, struct option_words *words)
{
	struct option names[OPTION_ROWS_MAX + 1] = {0};
	enum exit_status exit_status = EXIT_OK;
	struct buf letters = {0};
	int found;

	describe(values, names, &letters);
	opterr = 0;
	optind = 0; /* GNU's way to begin anew */
	while (exit_status == EXIT_OK &&
		(found = getopt_long(argc, argv, letters.at, names, NULL)) !=
			-1) {
		struct option_value *value =
			found >= LONG ? &values->all[found - LONG]
				      : option_value_of_letter(values, found);

		if (value == NULL) {
			exit_status = complain(values, found, argv);
			break;
		}
		exit_status = take(value, optarg);
	}
	buf_release(&letters);
	*words = (struct option_words){
		.at = argv + optind, .count = (size_t)(argc - optind)};
	return exit_status;
}

/* A verb whose arguments are a command takes flags before the first argument
 * and after it; those of the command are the command's. */
enum exit_status option_line(struct option_values *values, int argc,
	char **argv, struct option_words *words)
{
	enum exit_status exit_status = option_flags(values, argc, argv, words);
	char **first = words->at;

	if (exit_status != EXIT_OK || !values->verb->after || words->count == 0)
		return exit_status;
	exit_status = option_flags(values, (int)words->count, first, words);
	words->at--;
	words->count++;
	words->at[0] = first[0];
	return exit_status;
}

enum exit_status option_line_counts(
	const struct verb *verb, const struct option_words *words)
{
	int count = (int)words->count;

	if (count < verb->least)
		return fail(EXIT_USAGE, "%s: expected %s (tidings %s --help)",
			verb->name, verb->arguments, verb->name);
	if (verb->most >= 0 && count > verb->most)
		return fail(EXIT_USAGE, "%s: unexpected argument \"%s\"",
			verb->name, words->at[verb->most]);
	return EXIT_OK;
}
