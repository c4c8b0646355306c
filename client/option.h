#ifndef TIDINGS_OPTION_H
#define TIDINGS_OPTION_H
/*
 * option - what was asked for, wherever it was said
 *
 * A flag's value is the first of: the command line; the environment
 * (TIDINGS_URL for a flag of all verbs, TIDINGS_PUB_EVENT for --event of
 * `pub`); ~/.config/tidings/client.conf (`url = ...` at its top, `event = ...`
 * under [pub]); the default in the verb's table.  --help is made from the same
 * table.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "client/outcome.h"
#include "lib/span.h"

enum option_kind {
	SWITCH,	  /* yes or no */
	TEXT,	  /* anything */
	LIST,	  /* the same; each further --flag adds one */
	NUMBER,	  /* 0 to 2^63-1 */
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
	const struct option_row *rows;
	int least, most; /* arguments; most -1 = any number */
	bool after;	 /* what follows the first argument is a command */
	enum outcome (*run)(const struct verb *verb);
};

/* Flags that every verb takes: --url, --config, --quiet ... */
extern const struct option_row option_common[];

/* Reads what comes after the verb; OUT_OK, or the sentence was said.  Sets
 * *help if --help was among it. */
enum outcome option_read(
	const struct verb *verb, int argc, char **argv, bool *help);
void option_release(void);

/* Puts what was said of all verbs into the environment, for programs that are
 * started. */
void option_export(void);

/* ---- asked by the verbs, by name; a name that is in no table is a bug */
const char *option_text(const char *name); /* NULL = nowhere said */
bool option_switch(const char *name);
uint64_t option_number(const char *name);
uint64_t option_ms(const char *name);
bool option_given(const char *name);
/* The one at `index` of a LIST; false beyond the last.  Borrowed. */
bool option_item(const char *name, size_t index, struct span *item);

size_t argument_count(void);
const char *argument(size_t index);  /* NULL beyond the last */
char **arguments_from(size_t index); /* NULL-ended, borrowed */

#endif
