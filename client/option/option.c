/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "client/option/option.h"

#include <assert.h>
#include <string.h>

#include "client/option/option_environment.h"
#include "client/option/option_file.h"
#include "client/option/option_line.h"
#include "client/option/option_value.h"
#include "lib/text.h"

/* Values are kept as text until somebody asks: a value that the verb never asks
 * for was still checked when it was read. */
static struct {
	const struct verb *const *verbs; /* all */
	struct option_values values;
	struct option_words words;
} said;

/* One key of client.conf; a key in another verb's section is not looked at. */
static enum exit_status on_key(const char *section, const char *name,
	const char *text, const char *place)
{
	struct option_value *value = option_value_named(&said.values, name);
	bool top = section[0] == '\0';

	if (!top && strcmp(section, said.values.verb->name) != 0)
		return verb_named(said.verbs, section) != NULL
			       ? EXIT_OK
			       : fail(EXIT_USAGE, "%s: unknown verb \"%s\"",
					 place, section);
	if (value == NULL || option_is_common(value->row) != top)
		return fail(EXIT_USAGE, "%s: there is no flag --%s%s%s", place,
			name, top ? " of all verbs" : " of ", section);
	if (value->filed)
		return fail(EXIT_USAGE,
			"%s: %s is given twice (a line that begins with space "
			"continues the line above it)",
			place, name);
	value->filed = true;
	return option_offer(value, text, place);
}

enum exit_status option_read(const struct verb *const *verbs,
	const struct verb *verb, int argc, char **argv, bool *help)
{
	enum exit_status exit_status;

	said.verbs = verbs;
	option_values_begin(&said.values, verb);
	exit_status = option_line(&said.values, argc, argv, &said.words);
	*help = exit_status == EXIT_OK && option_switch("help");
	if (exit_status != EXIT_OK || *help)
		return exit_status;
	exit_status = option_line_counts(verb, &said.words);
	if (exit_status == EXIT_OK)
		exit_status = option_environment(&said.values);
	if (exit_status == EXIT_OK)
		exit_status = option_file(option_text("config"), on_key);
	if (option_switch("quiet"))
		be_quiet();

	return exit_status;
}

void option_release(void)
{
	option_values_release(&said.values);
}

void option_export(void)
{
	option_environment_set(&said.values);
}

/* ---- asked by the verbs */

/* The verbs' names of flags are in their tables. */
static const struct option_value *known(const char *name)
{
	const struct option_value *value =
		option_value_named(&said.values, name);

	assert(value != NULL);
	return value;
}

const char *option_text(const char *name)
{
	const struct option_value *value = known(name);

	return value->text != NULL ? value->text : value->row->initial;
}

bool option_given(const char *name)
{
	return known(name)->text != NULL;
}

bool option_switch(const char *name)
{
	const char *text = option_text(name);
	bool on = false;

	return text != NULL && option_is_on(text, &on) && on;
}

uint64_t option_number(const char *name)
{
	uint64_t number = 0;

	text_to_u64(span_of(option_text(name)), &number);
	return number;
}

uint64_t option_ms(const char *name)
{
	const char *text = option_text(name);
	uint64_t ms = 0;

	if (text != NULL)
		option_duration(text, &ms);
	return ms;
}

bool option_item(const char *name, size_t index, struct span *item)
{
	const char *at = option_text(name);

	for (; at != NULL && index > 0; index--) {
		at = strchr(at, OPTION_MARK);
		at = at == NULL ? NULL : at + 1;
	}
	if (at == NULL)
		return false;
	*item = span(at, strcspn(at, (const char[]){OPTION_MARK, '\0'}));
	return true;
}

size_t argument_count(void)
{
	return said.words.count;
}

const char *argument(size_t index)
{
	return index < said.words.count ? said.words.at[index] : NULL;
}

char **arguments_from(size_t index)
{
	assert(index <= said.words.count);
	return said.words.at + index;
}
