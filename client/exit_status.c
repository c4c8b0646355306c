/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "client/exit_status.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "lib/escape.h"

enum { SENTENCE_MAX = 2000 };

static bool quiet, coloured;

/* What stands before a sentence, with what its colour is. */
static const char news[] = "\033[2mtidings:\033[0m ",
		  trouble[] = "\033[1;31mtidings:\033[0m ";

static void put(const char *head, const char *format, va_list args,
	const char *why) __attribute__((format(printf, 2, 0)));

static void put(
	const char *head, const char *format, va_list args, const char *why)
{
	char text[SENTENCE_MAX];
	struct buf line = {0};

	vsnprintf(text, sizeof(text), format, args);
	buf_add_span(&line, span_of(coloured ? head : "tidings: "));
	escape_add(&line, span_of(text));
	if (why != NULL)
		buf_printf(&line, ": %s", why);
	buf_add_char(&line, '\n');
	fwrite(line.at, 1, line.len, stderr);
	buf_release(&line);
}

void be_quiet(void)
{
	quiet = true;
}

void be_coloured(void)
{
	coloured = true;
}

void say(const char *format, ...)
{
	va_list args;

	if (quiet)
		return;
	va_start(args, format);
	put(news, format, args, NULL);
	va_end(args);
}

enum exit_status fail(enum exit_status exit_status, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	put(trouble, format, args, NULL);
	va_end(args);
	return exit_status;
}

enum exit_status fail_errno(
	enum exit_status exit_status, const char *format, ...)
{
	const char *why = strerror(errno);
	va_list args;

	va_start(args, format);
	put(trouble, format, args, why);
	va_end(args);
	return exit_status;
}
