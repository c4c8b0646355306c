/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "client/verb/gauge.h"

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "client/option/colour.h"
#include "client/option/option.h"
#include "client/show/look.h"
#include "lib/clock.h"

enum {
	BARS = 20,	   /* columns of the whole */
	PAUSE_US = 200000, /* between two drawings */
};

void gauge_begin(struct gauge *gauge)
{
	*gauge = (struct gauge){.shown = colour_redraws(STDERR_FILENO) &&
					 !option_switch("quiet")};
}

static void add_bar(struct buf *out, double part)
{
	bool signs = colour_signs();
	size_t full = part <= 0 ? 0 : part >= 1 ? BARS : (size_t)(part * BARS);
	struct buf bar = {0};

	for (size_t i = 0; i < full; i++)
		buf_add_span(&bar, span_of(signs ? "█" : "#"));
	look_add(out, colour_wanted(STDERR_FILENO), LOOK_GOOD, buf_span(&bar));
	for (size_t i = full; i < BARS; i++)
		buf_add_span(out, span_of(signs ? "░" : "."));
	buf_release(&bar);
}

void gauge_show(struct gauge *gauge, double part, const char *format, ...)
{
	uint64_t now = clock_mono_us();
	struct buf line = {0};
	char text[60];
	va_list args;

	if (!gauge->shown || now - gauge->last < PAUSE_US)
		return;
	gauge->last = now;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	buf_add_span(&line, span_of("\r\033[K"));
	add_bar(&line, part);
	buf_printf(&line, " %s", text);
	fwrite(line.at, 1, line.len, stderr);
	fflush(stderr);
	buf_release(&line);
}

void gauge_end(struct gauge *gauge)
{
	if (gauge->shown && gauge->last != 0)
		fputs("\r\033[K", stderr);
	gauge->last = 0;
}
