/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_CLIENT_VERBS_H
#define TIDINGS_CLIENT_VERBS_H
/*
 * verbs - what `tidings` can do, in the order in which --help shows it
 */
#include "client/option/option_table.h"

extern const struct verb verb_pub, verb_delete, verb_sub, verb_tail,
	verb_history, verb_run, verb_channels, verb_status, verb_inbox,
	verb_token, verb_bench, verb_check, verb_cursor, verb_menu;

extern const struct verb *const verbs[]; /* NULL-ended */

#endif
