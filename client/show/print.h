/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_CLIENT_SHOW_PRINT_H
#define TIDINGS_CLIENT_SHOW_PRINT_H
/*
 * print - an event on standard output
 *
 *   LINES   for people: time, channel, type, data, in columns that grow with
 *           what comes.  The time is when it was published (moment.h), or
 *           "earlier"
 *   NDJSON  {"id":...,"channel":...,"event":...,"data":...}, with "at" if it is
 *           asked for
 *   FORMAT  the user's own
 *
 * In a pipe or a file bytes are as they are; what a publisher wrote never
 * commands a terminal (escape.h).
 *
 * Each event is one write(), so that a reader gets whole events only, whatever
 * kills this program.
 */
#include <stdbool.h>

#include "client/exit_status.h"
#include "client/http/follow.h"

enum print_kind { PRINT_LINES, PRINT_NDJSON, PRINT_FORMAT };

struct print {
	enum print_kind kind;
	const char *format;    /* borrowed: %i %t %c %d %a %% \n \t \\ */
	bool parse;	       /* NDJSON: data that are JSON are no text */
	bool terminal;	       /* a person reads it */
	bool colour, channels; /* show the channel's name */
	bool untimed;	       /* LINES: no word where no time is known */
	bool times;	       /* NDJSON: when it was published, too */
	size_t channel_width, type_width; /* LINES: columns, the widest yet */
	size_t before; /* columns before the data of the line at hand */
	struct buf out;
};

/* Chooses the kind by the flags --json and --format, else by whether standard
 * output is a terminal.  `channels`: LINES name the channel. */
enum exit_status print_open(struct print *print, bool channels);
/* LINES: the column of channels is to be as wide as this one. */
void print_widen(struct print *print, struct span channel);
/* LINES: a line beside the events, dim; nothing otherwise, or if quiet. */
enum exit_status print_aside(struct print *print, struct span text);
void print_close(struct print *print);
enum exit_status print_event(
	struct print *print, const struct follow_event *event);
/* Writes all of `text` to standard output; on a terminal with what it would
 * obey written out (escape.h).  Else EXIT_FILE after a sentence. */
enum exit_status print_text(struct span text);
/* The same with a text that has colours, and nothing else to be obeyed. */
enum exit_status print_coloured(struct span text);
/* Columns of the terminal that is standard output; 80 if it is none. */
size_t print_width(void);

#endif
