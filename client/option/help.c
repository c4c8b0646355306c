/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "client/option/help.h"

#include <stdio.h>
#include <string.h>

#include "client/option/option_before.h"
#include "lib/buf.h"

enum { COLUMN = 26 }; /* where descriptions begin */

static bool coloured;

/* Prints `text` between what turns a colour on and off. */
static void put(const char *code, const char *text, size_t len)
{
	if (coloured && len > 0)
		printf("\033[%sm%.*s\033[0m", code, (int)len, text);
	else
		printf("%.*s", (int)len, text);
}

static void put_title(const char *title)
{
	put("1", title, strlen(title));
}

/* Of a flag or a verb, in so many columns. */
static void put_name(const char *name, size_t len, size_t width)
{
	put("36", name, len);
	printf("%*s", len < width ? (int)(width - len) : 0, "");
}

static void print_row(const struct option_row *row)
{
	struct buf left = {0};

	if (row->letter != '\0')
		buf_printf(&left, "  -%c, --%s", row->letter, row->name);
	else
		buf_printf(&left, "      --%s", row->name);
	if (row->value != NULL)
		buf_printf(&left, " %s", row->value);
	put_name(left.at, left.len, COLUMN);
	if (left.len >= COLUMN)
		printf("\n%*s", COLUMN, "");
	printf("%s", row->help);
	buf_clear(&left);
	if (row->initial != NULL)
		buf_printf(&left, " [%s]", row->initial);
	put("2", left.at, left.len);
	putchar('\n');
	buf_release(&left);
}

static void print_rows(const struct option_row *rows)
{
	for (; rows != NULL && rows->name != NULL; rows++)
		print_row(rows);
}

static void print_title(const char *title)
{
	putchar('\n');
	put_title(title);
	puts(":");
}

static void print_examples(const char *examples)
{
	if (examples == NULL)
		return;
	print_title("Examples");
	while (*examples != '\0') {
		size_t len = strcspn(examples, "\n");

		printf("  %.*s\n", (int)len, examples);
		examples += len + (examples[len] == '\n');
	}
}

void help_verb(const struct verb *verb, bool colour)
{
	coloured = colour;
	put_title("Usage");
	printf(": tidings %s [FLAGS]%s%s\n%c%s.\n", verb->name,
		verb->arguments[0] == '\0' ? "" : " ", verb->arguments,
		verb->summary[0] - 'a' + 'A', verb->summary + 1);
	if (verb->more != NULL)
		printf("\n%s\n", verb->more);
	print_examples(verb->examples);
	if (verb->rows != NULL)
		print_title("Flags");
	print_rows(verb->rows);
	print_title("Flags of all verbs");
	print_rows(option_common);
}

/* A flag in one line: VERB --flag -f VALUE what it is. */
static void print_words(const char *verb, const struct option_row *rows)
{
	for (; rows != NULL && rows->name != NULL; rows++)
		printf("%s\t--%s\t-%c\t%s\t%s\n", verb, rows->name,
			rows->letter == '\0' ? '-' : rows->letter,
			rows->value == NULL ? "-" : rows->value, rows->help);
}

/* For completions: tabs between words, none of which is empty. */
static enum exit_status help_words(const struct verb *const *verbs)
{
	for (size_t i = 0; verbs[i] != NULL; i++) {
		const struct verb *verb = verbs[i];

		printf("%s\t-\t-\t%s\t%s\n", verb->name,
			verb->arguments[0] == '\0' ? "-" : verb->arguments,
			verb->summary);
		print_words(verb->name, verb->rows);
		print_words(verb->name, option_common);
	}
	return EXIT_OK;
}

static void print_verbs(const struct verb *const *verbs)
{
	const char *group = "";

	for (size_t i = 0; verbs[i] != NULL; i++) {
		if (strcmp(verbs[i]->group, group) != 0)
			print_title(verbs[i]->group);
		group = verbs[i]->group;
		printf("  ");
		put_name(verbs[i]->name, strlen(verbs[i]->name), 10);
		printf(" %s\n", verbs[i]->summary);
	}
}

enum exit_status help_all(
	const struct verb *const *verbs, const char *name, bool colour)
{
	const struct verb *verb = name == NULL ? NULL : verb_named(verbs, name);

	if (name != NULL && strcmp(name, "--words") == 0)
		return help_words(verbs);
	if (verb != NULL) {
		help_verb(verb, colour);
		return EXIT_OK;
	}
	if (name != NULL)
		return option_unknown_verb(verbs, name);
	coloured = colour;
	put_title("Usage");
	puts(": tidings VERB [FLAGS] [ARGUMENTS]\n"
	     "Publish events, and listen to them.");
	print_verbs(verbs);
	print_examples("tidings pub alerts \"disk almost full\"\n"
		       "tidings tail alerts\n"
		       "tidings --url https://site.example/tidings check");
	puts("\n`tidings VERB --help` shows its flags and examples.  Each flag "
	     "can also be set\nin the environment (TIDINGS_URL, "
	     "TIDINGS_SUB_SINCE) or in\n~/.config/tidings/client.conf.");
	return EXIT_OK;
}
