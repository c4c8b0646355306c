/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_HUB_TOGETHER_ENTER_H
#define TIDINGS_HUB_TOGETHER_ENTER_H
/*
 * enter - how a machine comes to have its order in common with others
 *
 *   found   the order is empty: what this log has goes there
 *   join    the log is empty: from now on it is one of those of the order
 *
 * Each is done once, while no hub runs on the log.
 */
#include "lib/config/config.h"

struct lock;

enum enter_deed { ENTER_NOTHING, ENTER_FOUND, ENTER_JOIN };

/* Says in a line what came of it; the exit status. */
int enter_order(const struct config *config, const struct lock *lock,
	enum enter_deed deed);

#endif
