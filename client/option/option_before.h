/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_CLIENT_OPTION_OPTION_BEFORE_H
#define TIDINGS_CLIENT_OPTION_OPTION_BEFORE_H
/*
 * option_before - flags that stand before the verb: `tidings --url ... check`
 *
 * Only those of all verbs may: of another nobody could tell whether it takes
 * the next word.
 */
#include <stdbool.h>

#include "client/option/option_table.h"

struct before {
	char **verb; /* the verb and what is behind it; NULL-ended, borrowed */
	bool help, version; /* these were among the flags */
};

/* Looks for the verb.  The flags before it are moved behind it, so that the
 * verb reads them.  EXIT_OK, or the sentence was said. */
enum exit_status option_before(const struct verb *const *verbs, int argc,
	char **argv, struct before *before);

/* Says that there is no such verb, and which may be meant; EXIT_USAGE. */
enum exit_status option_unknown_verb(
	const struct verb *const *verbs, const char *word);

#endif
