/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "client/option/option_table.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "client/option/option_value.h"
#include "lib/buf.h"

const struct option_row option_common[] = {
	{"url", 'u', TEXT, "URL", "http://127.0.0.1:8000",
		"where the web server is"},
	{"config", 'c', TEXT, "FILE", NULL,
		"read FILE instead of ~/.config/tidings/client.conf"},
	{"user", '\0', TEXT, "NAME:PASSWORD", NULL,
		"for HTTP authentication, if the web server asks for it"},
	{"token", '\0', TEXT, "TOKEN", NULL,
		"what says that you may; better in TIDINGS_TOKEN"},
	{"header", 'H', LIST, "LINE", NULL,
		"a further line for each request; may be repeated"},
	{"ca-file", '\0', TEXT, "FILE", NULL,
		"certificates to trust instead of the system's"},
	{"insecure", 'k', SWITCH, NULL, NULL,
		"do not check the server's certificate"},
	{"color", '\0', COLOUR, "WHEN", "auto",
		"colours: always, never, or auto: on a terminal"},
	{"quiet", 'q', SWITCH, NULL, NULL, "say nothing but errors"},
	{"help", 'h', SWITCH, NULL, NULL, "show this and end"},
	{0},
};

const struct verb *verb_named(const struct verb *const *verbs, const char *name)
{
	for (; *verbs != NULL; verbs++)
		if (strcmp((*verbs)->name, name) == 0)
			return *verbs;
	return NULL;
}

bool option_is_common(const struct option_row *row)
{
	for (const struct option_row *at = option_common; at->name != NULL;
		at++)
		if (at == row)
			return true;
	return false;
}

/* ---- what has been said */

static void add_rows(
	struct option_values *values, const struct option_row *rows)
{
	for (; rows->name != NULL; rows++) {
		assert(values->count < OPTION_ROWS_MAX);
		values->all[values->count++] =
			(struct option_value){.row = rows};
	}
}

void option_values_begin(struct option_values *values, const struct verb *verb)
{
	values->verb = verb;
	values->count = 0;
	add_rows(values, option_common);
	if (verb->rows != NULL)
		add_rows(values, verb->rows);
}

void option_values_release(struct option_values *values)
{
	for (size_t i = 0; i < values->count; i++)
		free(values->all[i].text);
	values->count = 0;
}

struct option_value *option_value_named(
	struct option_values *values, const char *name)
{
	for (size_t i = 0; i < values->count; i++)
		if (strcmp(values->all[i].row->name, name) == 0)
			return &values->all[i];
	return NULL;
}

struct option_value *option_value_of_letter(
	struct option_values *values, int letter)
{
	for (size_t i = 0; i < values->count; i++)
		if (values->all[i].row->letter == letter)
			return &values->all[i];
	return NULL;
}

enum exit_status option_offer(
	struct option_value *value, const char *text, const char *from)
{
	const char *fault = option_fault(value->row->kind, text);

	if (fault != NULL)
		return fail(
			EXIT_USAGE, "%s: \"%s\" is not %s", from, text, fault);
	if (value->text == NULL)
		value->text = mem_text(span_of(text));
	return EXIT_OK;
}
