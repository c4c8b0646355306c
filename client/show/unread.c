/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "client/show/unread.h"

#include "lib/escape.h"
#include "lib/json/json.h"

struct json_object *unread_list(struct json_object *health)
{
	return json_list(health, "inboxes");
}

bool unread_read(struct json_object *object, struct unread *unread)
{
	return json_text(object, "inbox", &unread->inbox) &&
	       json_text(object, "file", &unread->file) &&
	       json_text(object, "reason", &unread->reason);
}

void unread_add(struct buf *out, const struct unread *unread)
{
	escape_add(out, unread->inbox);
	buf_add_span(out, span_of(" ("));
	escape_add(out, unread->file);
	buf_add_span(out, span_of("): "));
	escape_add(out, unread->reason);
}
