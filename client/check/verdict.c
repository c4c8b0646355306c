/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "client/check/verdict.h"

#include <string.h>
#include <unistd.h>

#include "client/option/colour.h"
#include "client/show/look.h"
#include "client/show/print.h"
#include "lib/clock.h"
#include "lib/escape.h"

enum {
	INDENT = 26,	 /* columns before a note */
	NARROW = 24,	 /* columns below which nothing is broken into lines */
	WIDE = 100,	 /* columns that are easily read */
	HINT_INDENT = 6, /* columns before what to do */
};

enum grade { GOOD, WARNS, FAILS };

static const struct {
	const char *word, *sign;
	enum look look;
} grades[] = {
	[GOOD] = {"ok", "✓", LOOK_GOOD},
	[WARNS] = {"WARN", "!", LOOK_WARN},
	[FAILS] = {"FAIL", "✗", LOOK_BAD},
};

/* The next line of `text`, which moves behind it. */
static struct span next_line(struct span *text)
{
	const char *stop =
		text->len == 0 ? NULL : memchr(text->at, '\n', text->len);
	struct span line = *text;

	if (stop != NULL)
		line.len = (size_t)(stop - text->at);
	*text = stop == NULL ? span(NULL, 0)
			     : span(stop + 1, text->len - line.len - 1);
	return line;
}

/* ---- to programs */

static void add_plain(struct buf *out, enum grade grade, const char *name,
	const struct check *check)
{
	struct span note = buf_span(&check->note);
	struct span advice = buf_span(&check->advice);

	do {
		buf_printf(out, "%-4s %-21s ", grades[grade].word, name);
		escape_add(out, next_line(&note));
		buf_add_char(out, '\n');
	} while (note.len > 0);
	if (grade != GOOD && check->hint != NULL)
		buf_printf(out, "     -> %s\n", check->hint);
	while (advice.len > 0) {
		buf_add_span(out, span_of("     -> "));
		escape_add(out, next_line(&advice));
		buf_add_char(out, '\n');
	}
}

/* ---- to people */

/* Broken where the terminal ends, between words. */
static void add_wrapped(const struct verdict *verdict, struct buf *out,
	struct span text, size_t indent)
{
	size_t column = indent;
	struct buf safe = {0};
	const char *at, *end;

	escape_add(&safe, text);
	at = safe.at;
	end = safe.at + safe.len;
	while (at < end) {
		const char *stop = memchr(at, ' ', (size_t)(end - at));
		struct span word =
			span(at, (size_t)((stop == NULL ? end : stop) - at));
		size_t width = look_width(word);

		if (column > indent && column + 1 + width > verdict->width &&
			verdict->width > NARROW + indent) {
			buf_add_char(out, '\n');
			look_pad(out, span(NULL, 0), indent);
			column = indent;
		}
		if (column > indent)
			buf_add_char(out, ' ');
		buf_add_span(out, word);
		column += width + (column > indent);
		at = word.at + word.len + (stop != NULL);
	}
	buf_add_char(out, '\n');
	buf_release(&safe);
}

static void add_row(const struct verdict *verdict, struct buf *out,
	enum grade grade, const char *name, struct span note)
{
	const char *sign =
		verdict->signs ? grades[grade].sign : grades[grade].word;
	size_t indent = verdict->signs ? INDENT : INDENT + 3;

	buf_add_span(out, span_of("  "));
	look_add(out, verdict->colour, grades[grade].look, span_of(sign));
	look_pad(out, span_of(sign), verdict->signs ? 2 : 5);
	buf_add_span(out, span_of(name));
	look_pad(out, span_of(name), indent - 4 - (verdict->signs ? 0 : 3));
	add_wrapped(verdict, out, note, indent);
}

static void add_hint(
	const struct verdict *verdict, struct buf *out, struct span hint)
{
	buf_add_span(out, span_of("    "));
	buf_add_span(out, span_of(verdict->signs ? "→ " : "> "));
	add_wrapped(verdict, out, hint, HINT_INDENT);
}

static void add_people(const struct verdict *verdict, struct buf *out,
	enum grade grade, const char *name, const struct check *check)
{
	struct span note = buf_span(&check->note);
	struct span advice = buf_span(&check->advice);

	do
		add_row(verdict, out, grade, name, next_line(&note));
	while (note.len > 0);
	if (grade != GOOD && check->hint != NULL)
		add_hint(verdict, out, span_of(check->hint));
	while (advice.len > 0)
		add_hint(verdict, out, next_line(&advice));
}

/* What was being tried stands there no more. */
static void wipe(const struct verdict *verdict, struct buf *out)
{
	if (verdict->redraws)
		buf_add_span(out, span_of("\r\033[K"));
}

static enum exit_status write_out(struct buf *out)
{
	enum exit_status exit_status = print_coloured(buf_span(out));

	buf_release(out);
	return exit_status;
}

/* ---- one after the other */

enum exit_status verdict_open(
	struct verdict *verdict, const struct check *check)
{
	size_t width = print_width();
	struct buf out = {0};

	*verdict = (struct verdict){.people = colour_reader(STDOUT_FILENO),
		.colour = colour_wanted(STDOUT_FILENO),
		.signs = colour_signs(),
		.redraws = colour_redraws(STDOUT_FILENO),
		.width = width > WIDE ? WIDE : width,
		.group = "",
		.began = clock_mono_us()};
	if (!verdict->people)
		return EXIT_OK;
	buf_add_span(&out, span_of("Checking "));
	escape_add(&out, span_of(http_url(check->http)));
	buf_add_char(&out, '\n');
	return write_out(&out);
}

enum exit_status verdict_begin(
	struct verdict *verdict, const char *group, const char *name)
{
	struct buf out = {0};

	if (!verdict->people)
		return EXIT_OK;
	if (strcmp(group, verdict->group) != 0) {
		buf_add_char(&out, '\n');
		look_add(&out, verdict->colour, LOOK_BOLD, span_of(group));
		buf_add_char(&out, '\n');
	}
	verdict->group = group;
	if (verdict->redraws) {
		buf_add_span(&out, span_of(verdict->signs ? "  … " : "  .  "));
		look_add(&out, verdict->colour, LOOK_DIM, span_of(name));
	}
	return write_out(&out);
}

enum exit_status verdict_add(struct verdict *verdict, const struct check *check,
	const char *name, bool good)
{
	enum grade grade = !good ? FAILS : check->warns ? WARNS : GOOD;
	enum exit_status exit_status;
	struct buf out = {0};

	*(good ? check->warns ? &verdict->warned : &verdict->good
	       : &verdict->failed) += 1;
	if (verdict->people) {
		wipe(verdict, &out);
		add_people(verdict, &out, grade, name, check);
	} else {
		add_plain(&out, grade, name, check);
	}
	exit_status = write_out(&out);
	return exit_status == EXIT_OK && !good ? EXIT_FAILED : exit_status;
}

static void add_count(const struct verdict *verdict, struct buf *out,
	enum grade grade, unsigned count)
{
	static const char *const words[] = {
		[GOOD] = "passed", [WARNS] = "warning", [FAILS] = "failed"};
	struct buf text = {0};

	if (count == 0)
		return;
	buf_printf(&text, "%u %s%s", count, words[grade],
		grade == WARNS && count > 1 ? "s" : "");
	if (out->len > 0)
		buf_add_span(out, span_of(", "));
	look_add(out, verdict->colour, grades[grade].look, buf_span(&text));
	buf_release(&text);
}

enum exit_status verdict_close(struct verdict *verdict, bool interrupted)
{
	double seconds = (double)(clock_mono_us() - verdict->began) / 1e6;
	struct buf out = {0}, counts = {0};

	if (!verdict->people)
		return EXIT_OK;
	if (interrupted)
		wipe(verdict, &out);
	add_count(verdict, &counts, FAILS, verdict->failed);
	add_count(verdict, &counts, WARNS, verdict->warned);
	add_count(verdict, &counts, GOOD, verdict->good);
	buf_add_char(&out, '\n');
	buf_add_span(&out, buf_span(&counts));
	buf_printf(&out, "%s %.1f s\n",
		interrupted ? ", interrupted after" : " in", seconds);
	buf_release(&counts);
	return write_out(&out);
}
