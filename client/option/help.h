/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_CLIENT_OPTION_HELP_H
#define TIDINGS_CLIENT_OPTION_HELP_H
/*
 * help - what --help shows, from the verbs' tables
 */
#include <stdbool.h>

#include "client/option/option_table.h"

void help_verb(const struct verb *verb, bool colour);
/* Shows all verbs, or the one of that name (`tidings help pub`), or the tables
 * for the shells' completions (`tidings help --words`). */
enum exit_status help_all(
	const struct verb *const *verbs, const char *name, bool colour);

#endif
