/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_INBOX_READER_H
#define TIDINGS_INBOX_READER_H
/*
 * reader - the process that reads one inbox, and what a turn of it is
 *
 * It shuts itself in (shut_in.h) before it opens anything in a folder that
 * others write, and lives as long as its connection to the hub and that folder.
 */
#include "lib/config/config.h"

/* Runs until SIGTERM, or until it should be started anew: 0.  Takes `hub`, the
 * connection that the supervisor has made and named after the inbox. */
int reader_run(
	const struct config *config, const struct config_inbox *inbox, int hub);

#endif
