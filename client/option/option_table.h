/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_CLIENT_OPTION_OPTION_TABLE_H
#define TIDINGS_CLIENT_OPTION_OPTION_TABLE_H
/*
 * option_table - the flags of a verb, and what has been said of each
 *
 * A verb describes its flags in a table of rows; --help and the shells'
 * completions are made from the same rows.  The first source that says a value
 * wins, so sources are read in the order of their rank (option.h).
 */
#include <stdbool.h>
#include <stddef.h>

#include "client/exit_status.h"

enum option_kind {
	SWITCH,	  /* yes or no */
	TEXT,	  /* anything */
	LIST,	  /* anything; each further --flag adds one */
	NUMBER,	  /* 0 to 2^63-1 */
	COLOUR,	  /* auto, always or never */
	DURATION, /* 500ms, 10s, 5m, 2h, 1d; bare numbers are seconds */
};

struct option_row {
	const char *name; /* NULL ends a table */
	char letter;	  /* or '\0' */
	enum option_kind kind;
	const char *value;   /* what --help calls its value; NULL = a switch */
	const char *initial; /* default, or NULL */
	const char *help;
};

struct verb {
	const char *name;
	const char *arguments; /* "CHANNEL [MESSAGE|-]" */
	const char *summary;   /* one line */
	const char *more;      /* further lines of its --help; may be NULL */
	const char *examples;  /* of its --help, a line each; may be NULL */
	const char *group;     /* what --help lists it under; neighbours of the
				  same group stand together */
	const struct option_row *rows;
	int least, most; /* arguments; most -1 = any number */
	bool after;	 /* what follows the first argument is a command */
	enum exit_status (*run)(void);
};

/* The verb of that name in a NULL-ended table; NULL if there is none. */
const struct verb *verb_named(
	const struct verb *const *verbs, const char *name);

/* Flags that every verb takes: --url, --config, --quiet ... */
extern const struct option_row option_common[];
bool option_is_common(const struct option_row *row);

/* ---- what has been said */

enum {
	OPTION_ROWS_MAX = 32, /* of a verb, the common ones included */
	OPTION_MARK = '\n',   /* between the values of a LIST */
};

struct option_value {
	const struct option_row *row;
	char *text; /* owned; NULL = not said */
	bool filed; /* client.conf has said it */
};

/* One for each row, in the rows' order. */
struct option_values {
	const struct verb *verb;
	struct option_value all[OPTION_ROWS_MAX];
	size_t count;
};

/* The values of the verb at hand; nothing is said of any. */
void option_values_begin(struct option_values *values, const struct verb *verb);
void option_values_release(struct option_values *values);

/* NULL if the verb has no such flag. */
struct option_value *option_value_named(
	struct option_values *values, const char *name);
struct option_value *option_value_of_letter(
	struct option_values *values, int letter);

/* Takes `text` unless the value has been said before.  `from` names the source
 * in the sentence about a text that does not fit: "--since". */
enum exit_status option_offer(
	struct option_value *value, const char *text, const char *from);

#endif
