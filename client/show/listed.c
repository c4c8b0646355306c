/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "client/show/listed.h"

#include <inttypes.h>

#include "lib/escape.h"
#include "lib/json/json.h"

const char listed_head[] =
	"channel                  subscribers      events  newest";

bool listed_read(struct json_object *object, struct listed *listed)
{
	return json_text(object, "channel", &listed->name) &&
	       listed->name.len > 0 &&
	       json_number(object, "subscribers", &listed->subscribers) &&
	       json_number(object, "events", &listed->events) &&
	       json_id(object, "newest", &listed->newest);
}

void listed_add(struct buf *out, const struct listed *listed)
{
	struct buf safe = {0};

	escape_add(&safe, listed->name);
	buf_printf(out, "%-24.*s %11" PRIu64 " %11" PRIu64 "  ", (int)safe.len,
		safe.at, listed->subscribers, listed->events);
	if (listed->newest > 0)
		buf_printf(out, "%" PRIu64, listed->newest);
	else
		buf_add_char(out, '-');
	buf_release(&safe);
}

struct json_object *listed_page(struct json_object *answer, bool *more)
{
	struct json_object *list = json_list(answer, "channels");
	struct listed listed;

	if (list == NULL || !json_flag(answer, "more", more) ||
		(*more && json_length(list) == 0))
		return NULL;
	for (size_t i = 0; i < json_length(list); i++)
		if (!listed_read(json_item(list, i), &listed))
			return NULL;
	return list;
}
