/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "lib/event/template.h"

#include <string.h>

/* What a variable may have become: each has all that the one before has. */
enum set { UNRESERVED, NAMED, RESERVED };

static const char *const sets[] = {
	[UNRESERVED] = "-.0-9A-Z_a-z~,",
	[NAMED] = "-.0-9A-Z_a-z~,=",
	[RESERVED] = "-.0-9A-Z_a-z~,=!#$&'()*+/:;?@[\\]",
};

struct form {
	char sign, first, separator; /* '\0' = none */
	enum set set;
};

static const struct form forms[] = {
	{'+', '\0', ',', RESERVED},
	{'#', '#', ',', RESERVED},
	{'.', '.', '.', UNRESERVED},
	{'/', '/', '/', UNRESERVED},
	{';', ';', ';', NAMED},
	{'?', '?', '&', NAMED},
	{'&', '&', '&', NAMED},
	{'\0', '\0', ',', UNRESERVED},
};

struct reader {
	const char *at, *end;
	struct buf *out;
	/* Where the last thing in `out` begins, if that is one run of a set:
	 * a second one behind it adds nothing but what its set has more. */
	bool in_run;
	size_t run;
	enum set set;
};

/* ---- what is read */

static bool is_hex(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') ||
	       (c >= 'A' && c <= 'F');
}

static bool is_name(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
	       (c >= 'A' && c <= 'Z') || c == '_';
}

static bool next_is(const struct reader *reader, char c)
{
	return reader->at < reader->end && *reader->at == c;
}

static bool take(struct reader *reader, char c)
{
	if (!next_is(reader, c))
		return false;
	reader->at++;
	return true;
}

/* %XX */
static bool take_triplet(struct reader *reader)
{
	if (reader->end - reader->at < 3 || !is_hex(reader->at[1]) ||
		!is_hex(reader->at[2]))
		return false;
	reader->at += 3;
	return true;
}

static bool take_name_character(struct reader *reader)
{
	if (next_is(reader, '%'))
		return take_triplet(reader);
	if (reader->at == reader->end || !is_name(*reader->at))
		return false;
	reader->at++;
	return true;
}

/* Dots stand between characters. */
static bool take_name(struct reader *reader)
{
	do {
		if (!take_name_character(reader))
			return false;
		while (take_name_character(reader))
			;
	} while (take(reader, '.'));
	return true;
}

/* 1 to 9999 */
static bool take_length(struct reader *reader)
{
	int digits = 0;

	if (next_is(reader, '0'))
		return false;
	for (; digits < 4 && reader->at < reader->end && *reader->at >= '0' &&
		*reader->at <= '9';
		digits++)
		reader->at++;
	return digits > 0;
}

/* What stands between braces, behind the operator. */
struct variables {
	unsigned count;
	bool first_explodes, any_explodes;
};

static bool take_variables(struct reader *reader, struct variables *variables)
{
	do {
		if (!take_name(reader))
			return false;
		variables->count++;
		if (take(reader, '*')) {
			variables->any_explodes = true;
			if (variables->count == 1)
				variables->first_explodes = true;
		} else if (take(reader, ':') && !take_length(reader)) {
			return false;
		}
	} while (take(reader, ','));
	return take(reader, '}');
}

/* ---- what is written */

static void add(struct buf *out, const char *text)
{
	buf_add(out, text, strlen(text));
}

static void add_quoted(struct buf *out, char c)
{
	if (!is_name(c) && (unsigned char)c < 0x80)
		buf_add_char(out, '\\');
	buf_add_char(out, c);
}

static void add_run(struct buf *out, enum set set)
{
	add(out, "(?:[");
	add(out, sets[set]);
	add(out, "]|%[0-9A-Fa-f]{2})*");
}

/* Two runs in a row are one of the wider set. */
static void add_lone_run(struct reader *reader, enum set set)
{
	if (reader->in_run && set <= reader->set)
		return;
	if (reader->in_run)
		reader->out->len = reader->run;
	reader->in_run = true;
	reader->run = reader->out->len;
	reader->set = set;
	add_run(reader->out, set);
}

static enum set wider(enum set set, bool explodes)
{
	return set == UNRESERVED && explodes ? NAMED : set;
}

/* All but the operator's first character. */
static void add_runs(struct buf *out, const struct form *form,
	const struct variables *variables, enum set set)
{
	add_run(out, set);
	if (variables->count == 1 && !variables->first_explodes)
		return;
	add(out, "(?:");
	add_quoted(out, form->separator);
	add_run(out, wider(form->set, variables->any_explodes));
	if (variables->any_explodes)
		add(out, ")*");
	else
		buf_printf(out, "){0,%u}", variables->count - 1);
}

/* A run has its separator already. */
static bool is_one_run(
	const struct form *form, const struct variables *variables)
{
	enum set first = wider(form->set, variables->first_explodes);

	if (variables->count == 1 && !variables->first_explodes)
		return true;
	return strchr(",.", form->separator) != NULL &&
	       first == wider(form->set, variables->any_explodes);
}

static void add_expression(struct reader *reader, const struct form *form,
	const struct variables *variables)
{
	enum set set = wider(form->set, variables->first_explodes);
	bool one = is_one_run(form, variables);

	if (form->first == '\0' && one) {
		add_lone_run(reader, set);
		return;
	}
	reader->in_run = false;
	add(reader->out, "(?:");
	if (form->first != '\0')
		add_quoted(reader->out, form->first);
	if (one)
		add_run(reader->out, set);
	else
		add_runs(reader->out, form, variables, set);
	add(reader->out, ")?");
}

/* ---- the template */

static bool expression(struct reader *reader)
{
	const struct form *form = forms;
	struct variables variables = {0};

	while (form->sign != '\0' && !take(reader, form->sign))
		form++;
	if (!take_variables(reader, &variables))
		return false;
	add_expression(reader, form, &variables);
	return true;
}

/* RFC 6570, section 2.1; bytes of UTF-8 are taken as they are. */
static bool is_literal(char c)
{
	if (is_name(c) || c == '/') /* nearly all */
		return true;
	return (unsigned char)c > ' ' && c != '\x7f' &&
	       strchr("\"'<>\\^`|}", c) == NULL;
}

static bool literal(struct reader *reader)
{
	const char *begin = reader->at;

	if (next_is(reader, '%') ? !take_triplet(reader)
				 : !is_literal(*reader->at))
		return false;
	if (reader->at == begin)
		reader->at++;
	for (; begin < reader->at; begin++)
		add_quoted(reader->out, *begin);
	reader->in_run = false;
	return true;
}

bool template_regex(struct span text, struct buf *out)
{
	struct reader reader = {
		.at = text.at, .end = text.at + text.len, .out = out};

	while (reader.at < reader.end)
		if (!(take(&reader, '{') ? expression(&reader)
					 : literal(&reader)))
			return false;
	return true;
}
