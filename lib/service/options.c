/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "lib/service/options.h"

#include <assert.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

enum { OPTIONS_MAX = 8 };

/* What getopt_long() wants to know. */
struct grammar {
	struct option names[OPTIONS_MAX + 1];
	char letters[2 * OPTIONS_MAX + 1];
};

static void allow(
	struct grammar *grammar, const char *text, char sign, bool has_value)
{
	struct option *name = grammar->names;
	char *letter = grammar->letters;

	while (name->name != NULL)
		name++;
	while (*letter != '\0')
		letter++;
	assert(name < grammar->names + OPTIONS_MAX);
	*name = (struct option){
		text, has_value ? required_argument : no_argument, NULL, sign};
	*letter++ = sign;
	if (has_value)
		*letter = ':';
}

static void note_value(const struct options_row *row, int letter)
{
	for (; row->name != NULL; row++)
		if (row->letter == letter)
			*row->value = optarg;
}

static void note_flag(const struct options_flag *flag, int letter)
{
	for (; flag->name != NULL; flag++)
		if (flag->letter == letter)
			*flag->given = true;
}

static void show(const char *text)
{
	fputs(text, stdout);
	exit(EXIT_SUCCESS);
}

static void note(struct options *options, int letter)
{
	switch (letter) {
	case 'c':
		options->config = optarg;
		break;
	case 't':
		options->test = true;
		break;
	case 'h':
		show(options->help);
		break;
	case 'V':
		show(options->version);
		break;
	case '?':
		exit(options->wrong); /* getopt has said why */
	default:
		note_value(options->more, letter);
		note_flag(options->flags, letter);
	}
}

static void refuse(const struct options *options, const char *word)
{
	if (options->unexpected != NULL)
		options->unexpected(word);
	fprintf(stderr, "%s: unexpected argument \"%s\"\n", options->program,
		word);
	exit(options->wrong);
}

void options_read(struct options *options, int argc, char **argv)
{
	static const struct options_row nothing_more[] = {{0}};
	static const struct options_flag no_flags[] = {{0}};
	struct grammar grammar = {
		.names = {{"config", required_argument, NULL, 'c'},
			{"test", no_argument, NULL, 't'},
			{"help", no_argument, NULL, 'h'},
			{"version", no_argument, NULL, 'V'}},
		.letters = "c:thV",
	};
	int letter;

	if (options->more == NULL)
		options->more = nothing_more;
	if (options->flags == NULL)
		options->flags = no_flags;
	for (int i = 0; options->more[i].name != NULL; i++)
		allow(&grammar, options->more[i].name, options->more[i].letter,
			true);
	for (int i = 0; options->flags[i].name != NULL; i++)
		allow(&grammar, options->flags[i].name,
			options->flags[i].letter, false);
	while ((letter = getopt_long(argc, argv, grammar.letters, grammar.names,
			NULL)) != -1)
		note(options, letter);
	if (optind < argc)
		refuse(options, argv[optind]);
}
