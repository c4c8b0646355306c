/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "client/verbs.h"

const struct verb *const verbs[] = {
	&verb_pub,
	&verb_delete,
	&verb_sub,
	&verb_tail,
	&verb_history,
	&verb_run,
	&verb_channels,
	&verb_cursor,
	&verb_status,
	&verb_inbox,
	&verb_token,
	&verb_bench,
	&verb_check,
	&verb_menu,
	NULL,
};
