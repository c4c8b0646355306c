/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_CLIENT_OPTION_OPTION_H
#define TIDINGS_CLIENT_OPTION_OPTION_H
/*
 * option - what the user asked for, wherever it was said
 *
 * A flag's value is the first of: the command line; the environment
 * (TIDINGS_URL for a flag of all verbs, TIDINGS_PUB_EVENT for --event of
 * `pub`); ~/.config/tidings/client.conf (`url = ...` at its top, `event = ...`
 * under [pub]); the default in the verb's table.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "client/exit_status.h"
#include "client/option/option_table.h"
#include "lib/span.h"

/* Reads the words after the verb; EXIT_OK, or the sentence was said.  Sets
 * *help if --help was among them.  `verbs` is the NULL-ended table of all
 * verbs, which may have sections in client.conf. */
enum exit_status option_read(const struct verb *const *verbs,
	const struct verb *verb, int argc, char **argv, bool *help);
void option_release(void);

/* Puts the flags of all verbs into the environment, for programs that are
 * started. */
void option_export(void);

/* ---- asked by the verbs, by name; a name that is in no table is a bug */
const char *option_text(const char *name); /* NULL = nowhere said */
bool option_switch(const char *name);
uint64_t option_number(const char *name);
uint64_t option_ms(const char *name);
bool option_given(const char *name);
/* The item at `index` of a LIST; false beyond the last.  Borrowed. */
bool option_item(const char *name, size_t index, struct span *item);

size_t argument_count(void);
const char *argument(size_t index);  /* NULL beyond the last */
char **arguments_from(size_t index); /* NULL-ended, borrowed */

#endif
