/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_CLIENT_OPTION_OPTION_LINE_H
#define TIDINGS_CLIENT_OPTION_OPTION_LINE_H
/*
 * option_line - the flags and arguments of a command line
 */
#include "client/option/option_table.h"

/* Words that are no flags; borrowed from the command line, NULL-ended. */
struct option_words {
	char **at;
	size_t count;
};

/* Reads the words after the verb; EXIT_OK, or the sentence was said. */
enum exit_status option_line(struct option_values *values, int argc,
	char **argv, struct option_words *words);

/* Likewise, but only as far as the flags go: up to the first word that is none
 * if the verb's arguments are a command, else all of them. */
enum exit_status option_flags(struct option_values *values, int argc,
	char **argv, struct option_words *words);

/* Does the verb take so many arguments?  EXIT_OK, or the sentence was said. */
enum exit_status option_line_counts(
	const struct verb *verb, const struct option_words *words);

#endif
