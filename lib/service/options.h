/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_LIB_SERVICE_OPTIONS_H
#define TIDINGS_LIB_SERVICE_OPTIONS_H
/*
 * options - the command line of a daemon
 *
 * Each has -c, --config=FILE; -t, --test; -h, --help; -V, --version.  What one
 * has beside these is a table.  A wrong use is said and ends the process.
 */
#include <stdbool.h>

/* An option with a value. */
struct options_row {
	const char *name; /* NULL = the table's end */
	char letter;
	const char **value;
};

/* An option without one. */
struct options_flag {
	const char *name; /* NULL = the table's end */
	char letter;
	bool *given;
};

struct options {
	const char *program;
	const char *help, *version;	  /* what these show */
	const struct options_row *more;	  /* NULL = none */
	const struct options_flag *flags; /* likewise */
	int wrong; /* the exit status after a wrong use */
	/* Says that this is no option, and does not return.  NULL = it is said
	 * on standard error. */
	void (*unexpected)(const char *word);
	/* what was said */
	const char *config; /* NULL = nothing */
	bool test;	    /* of the configuration only */
};

void options_read(struct options *options, int argc, char **argv);

#endif
