/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_HUB_PEERS_INBOX_WATCH_H
#define TIDINGS_HUB_PEERS_INBOX_WATCH_H
/*
 * inbox_watch - when is it worth a log line that nobody reads an inbox?
 *
 *   QUIET    somebody reads it, or says why he cannot, or is just being started
 *   MISSED   nobody has been heard of for INBOX_WATCH_US, and it was said
 *
 *   QUIET -> MISSED    UNREAD
 *   MISSED -> QUIET    READ_AGAIN, once it is read, not before: a reader that
 * is started again and again is one line
 *
 * All zero is one that is QUIET.
 */
#include <stdbool.h>
#include <stdint.h>

enum { INBOX_WATCH_US = 10000000 };

enum inbox_news { NO_NEWS, UNREAD, READ_AGAIN };

struct inbox_watch {
	bool missed;
	bool silent;	/* nobody was heard of at the last look */
	uint64_t since; /* monotonic us; silent from then on */
};

/* `silent`: nobody says anything about it; `read`: it is read. */
enum inbox_news inbox_watch_look(
	struct inbox_watch *watch, bool silent, bool read, uint64_t now_us);

#endif
