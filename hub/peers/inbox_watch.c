/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "hub/peers/inbox_watch.h"

enum inbox_news inbox_watch_look(
	struct inbox_watch *watch, bool silent, bool read, uint64_t now_us)
{
	if (silent && !watch->silent)
		watch->since = now_us;
	watch->silent = silent;
	if (silent && !watch->missed &&
		now_us - watch->since >= INBOX_WATCH_US) {
		watch->missed = true;
		return UNREAD;
	}
	if (!watch->missed || !read)
		return NO_NEWS;
	watch->missed = false;
	return READ_AGAIN;
}
