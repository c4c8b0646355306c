/*
 * option - see option.h
 *
 * Values are kept as text until somebody asks: what a verb never asks for was
 * still checked when it was read.
 */
#include <config.h>

#include "client/option.h"

#include <assert.h>
#include <ctype.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "client/option_file.h"
#include "client/option_value.h"
#include "client/verbs.h"
#include "lib/buf.h"
#include "lib/text.h"

enum {
	ROWS_MAX = 32,
	LIST_MARK = '\n', /* between the values of a LIST */
	LONG = 256, /* what getopt calls the first flag; each its own, or an
		       ambiguous beginning would be taken for one of them */
};

struct value {
	const struct option_row *row;
	char *text; /* owned; NULL = not said */
	bool filed; /* client.conf has said it */
};

static struct {
	const struct verb *verb;
	struct value values[ROWS_MAX];
	size_t count;
	char **arguments;
	size_t argument_count;
} said;

const struct option_row option_common[] = {
	{"url", 'u', TEXT, "URL", "http://127.0.0.1:8000",
		"where the web server is"},
	{"config", 'c', TEXT, "FILE", NULL,
		"read FILE instead of ~/.config/tidings/client.conf"},
	{"user", '\0', TEXT, "NAME:PASSWORD", NULL,
		"for HTTP authentication, if the web server asks for it"},
	{"header", 'H', LIST, "LINE", NULL,
		"a further line for each request; may be repeated"},
	{"ca-file", '\0', TEXT, "FILE", NULL,
		"certificates to trust instead of the system's"},
	{"insecure", 'k', SWITCH, NULL, NULL,
		"do not check the server's certificate"},
	{"quiet", 'q', SWITCH, NULL, NULL, "say nothing but errors"},
	{"help", 'h', SWITCH, NULL, NULL, "show this and end"},
	{0},
};

/* ---- values */

static struct value *find(const char *name)
{
	for (size_t i = 0; i < said.count; i++)
		if (strcmp(said.values[i].row->name, name) == 0)
			return &said.values[i];
	return NULL;
}

/* For the verbs, whose names are in their tables. */
static const struct value *known(const char *name)
{
	const struct value *value = find(name);

	assert(value != NULL);
	return value;
}

/* Keeps the text unless somebody more important has said something; `from` is
 * for a sentence: "--since". */
static enum outcome offer(
	struct value *value, const char *text, const char *from)
{
	const char *fault = option_fault(value->row->kind, text);

	if (fault != NULL)
		return fail(
			OUT_USAGE, "%s: \"%s\" is not %s", from, text, fault);
	if (value->text == NULL)
		value->text = mem_text(span_of(text));
	return OUT_OK;
}

static void add_rows(const struct option_row *rows)
{
	for (; rows->name != NULL; rows++) {
		assert(said.count < ROWS_MAX);
		said.values[said.count++] = (struct value){.row = rows};
	}
}

/* ---- the command line */

/* getopt's tables out of ours. */
static void describe(struct option *names, struct buf *letters)
{
	buf_add_span(letters, span_of(said.verb->after ? "+:" : ":"));
	for (size_t i = 0; i < said.count; i++) {
		const struct option_row *row = said.values[i].row;
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

static struct value *by_letter(int letter)
{
	for (size_t i = 0; i < said.count; i++)
		if (said.values[i].row->letter == letter)
			return &said.values[i];
	return NULL;
}

static enum outcome complain(int found, char **argv)
{
	if (found == '?' && optopt > 0 && optopt < LONG)
		return fail(OUT_USAGE,
			"%s: there is no flag -%c (tidings %s --help)",
			said.verb->name, optopt, said.verb->name);
	if (found == ':')
		return fail(OUT_USAGE, "%s: %s needs a value", said.verb->name,
			argv[optind - 1]);
	return fail(OUT_USAGE, "%s: there is no flag %s (tidings %s --help)",
		said.verb->name, argv[optind - 1], said.verb->name);
}

/* The last one counts, unless all do. */
static enum outcome take(struct value *value, const char *text)
{
	char *before = value->text;
	struct buf all = {0}, flag = {0};
	enum outcome outcome;

	value->text = NULL;
	if (value->row->kind == LIST && before != NULL)
		buf_printf(&all, "%s%c", before, LIST_MARK);
	buf_add_span(&all, span_of(value->row->kind == SWITCH ? "yes" : text));
	buf_add_char(&all, '\0');
	buf_printf(&flag, "--%s", value->row->name);
	buf_add_char(&flag, '\0');
	outcome = offer(value, all.at, flag.at);
	buf_release(&all);
	buf_release(&flag);
	free(before);
	return outcome;
}

/* Flags up to the first word that is none, or among the words. */
static enum outcome read_flags(int argc, char **argv)
{
	struct option names[ROWS_MAX + 1] = {0};
	enum outcome outcome = OUT_OK;
	struct buf letters = {0};
	int found;

	describe(names, &letters);
	opterr = 0;
	optind = 0; /* GNU's way to begin anew */
	while (outcome == OUT_OK && (found = getopt_long(argc, argv, letters.at,
					     names, NULL)) != -1) {
		struct value *value = found >= LONG ? &said.values[found - LONG]
						    : by_letter(found);

		if (value == NULL) {
			outcome = complain(found, argv);
			break;
		}
		outcome = take(value, optarg);
	}
	buf_release(&letters);
	said.arguments = argv + optind;
	said.argument_count = (size_t)(argc - optind);
	return outcome;
}

/* A verb whose arguments are a command takes flags before the first argument
 * and after it; those of the command are the command's. */
static enum outcome read_line(int argc, char **argv)
{
	enum outcome outcome = read_flags(argc, argv);
	char **first = said.arguments;

	if (outcome != OUT_OK || !said.verb->after || said.argument_count == 0)
		return outcome;
	outcome = read_flags((int)said.argument_count, first);
	said.arguments--;
	said.argument_count++;
	said.arguments[0] = first[0];
	return outcome;
}

/* ---- the environment and the file */

static bool is_common(const struct option_row *row)
{
	for (const struct option_row *at = option_common; at->name != NULL;
		at++)
		if (at == row)
			return true;
	return false;
}

/* TIDINGS_URL, TIDINGS_PUB_EVENT */
static void variable_name(struct buf *out, const struct option_row *row)
{
	buf_clear(out);
	buf_printf(out, "TIDINGS_%s%s%s", is_common(row) ? "" : said.verb->name,
		is_common(row) ? "" : "_", row->name);
	for (size_t i = 0; i < out->len; i++)
		out->at[i] = out->at[i] == '-'
				     ? '_'
				     : (char)toupper((unsigned char)out->at[i]);
	buf_add_char(out, '\0');
}

static enum outcome read_environment(void)
{
	enum outcome outcome = OUT_OK;
	struct buf name = {0};

	for (size_t i = 0; i < said.count && outcome == OUT_OK; i++) {
		const char *text;

		variable_name(&name, said.values[i].row);
		text = getenv(name.at);
		if (text != NULL)
			outcome = offer(&said.values[i], text, name.at);
	}
	buf_release(&name);
	return outcome;
}

/* One key of client.conf; those of other verbs are theirs. */
static enum outcome on_key(const char *section, const char *name,
	const char *text, const char *place)
{
	struct value *value = find(name);
	bool ours = section[0] == '\0' || strcmp(section, said.verb->name) == 0;

	if (!ours && verb_named(section) == NULL)
		return fail(OUT_USAGE, "%s: there is no verb \"%s\"", place,
			section);
	if (!ours)
		return OUT_OK;
	if (value == NULL || is_common(value->row) != (section[0] == '\0'))
		return fail(OUT_USAGE, "%s: there is no flag --%s%s%s", place,
			name, section[0] == '\0' ? " of all verbs" : " of ",
			section);
	if (value->filed)
		return fail(OUT_USAGE,
			"%s: %s is there twice (a line that begins with space "
			"goes on with the one above)",
			place, name);
	value->filed = true;
	return offer(value, text, place);
}

void option_export(void)
{
	struct buf name = {0};

	for (size_t i = 0; i < said.count; i++) {
		const struct value *value = &said.values[i];

		if (!is_common(value->row) || value->text == NULL)
			continue;
		variable_name(&name, value->row);
		setenv(name.at, value->text, 1);
	}
	buf_release(&name);
}

/* ---- the whole */

static enum outcome count_arguments(void)
{
	const struct verb *verb = said.verb;
	int count = (int)said.argument_count;

	if (count < verb->least)
		return fail(OUT_USAGE, "%s: it takes %s (tidings %s --help)",
			verb->name, verb->arguments, verb->name);
	if (verb->most >= 0 && count > verb->most)
		return fail(OUT_USAGE, "%s: what is \"%s\"?", verb->name,
			said.arguments[verb->most]);
	return OUT_OK;
}

enum outcome option_read(
	const struct verb *verb, int argc, char **argv, bool *help)
{
	enum outcome outcome;

	said.verb = verb;
	add_rows(option_common);
	if (verb->rows != NULL)
		add_rows(verb->rows);
	outcome = read_line(argc, argv);
	*help = outcome == OUT_OK && option_switch("help");
	if (outcome != OUT_OK || *help)
		return outcome;
	outcome = count_arguments();
	if (outcome == OUT_OK)
		outcome = read_environment();
	if (outcome == OUT_OK)
		outcome = option_file(option_text("config"), on_key);
	if (option_switch("quiet"))
		be_quiet();
	return outcome;
}

void option_release(void)
{
	for (size_t i = 0; i < said.count; i++)
		free(said.values[i].text);
	said.count = 0;
}

/* ---- asked by the verbs */

const char *option_text(const char *name)
{
	const struct value *value = known(name);

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
		at = strchr(at, LIST_MARK);
		at = at == NULL ? NULL : at + 1;
	}
	if (at == NULL)
		return false;
	*item = span(at, strcspn(at, (const char[]){LIST_MARK, '\0'}));
	return true;
}

size_t argument_count(void)
{
	return said.argument_count;
}

const char *argument(size_t index)
{
	return index < said.argument_count ? said.arguments[index] : NULL;
}

char **arguments_from(size_t index)
{
	assert(index <= said.argument_count);
	return said.arguments + index;
}
