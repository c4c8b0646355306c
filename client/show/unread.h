/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_CLIENT_SHOW_UNREAD_H
#define TIDINGS_CLIENT_SHOW_UNREAD_H
/*
 * unread - an inbox that is not read, as /health tells it
 */
#include <stdbool.h>

#include "lib/buf.h"
#include "lib/span.h"

struct json_object;

struct unread {
	struct span inbox, file, reason; /* borrowed from the object */
};

/* The inboxes of an answer of /health; NULL if all are read. */
struct json_object *unread_list(struct json_object *health);
/* False unless `object` has all of these. */
bool unread_read(struct json_object *object, struct unread *unread);
/* Appends "NAME (FILE): REASON", as the log has it, without a newline. */
void unread_add(struct buf *out, const struct unread *unread);

#endif
