/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "client/show/listed.h"

#include <inttypes.h>

#include "client/show/look.h"
#include "lib/escape.h"
#include "lib/json/json.h"

enum {
	NAME_LEAST = 8, /* columns */
	NAME_MOST = 40,
	SUBSCRIBERS = 10,
	EVENTS = 13,
	NEWEST = 18,
};

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

size_t listed_width(const struct listed *listed)
{
	struct buf safe = {0};
	size_t width;

	escape_add(&safe, listed->name);
	width = look_width(buf_span(&safe));
	buf_release(&safe);
	return width;
}

static void show_head(struct buf *out, size_t width, bool colour)
{
	struct buf line = {0};

	buf_add_span(&line, span_of("channel"));
	look_pad(&line, buf_span(&line), width);
	buf_printf(&line, " %11s %11s  %s", "subscribers", "events", "newest");
	look_add(out, colour, LOOK_BOLD, buf_span(&line));
	buf_release(&line);
}

/* A figure of nothing is beside the point. */
static void show_figure(struct buf *out, uint64_t figure, bool colour)
{
	struct buf text = {0};

	buf_printf(&text, " %11" PRIu64, figure);
	look_add(out, colour, figure == 0 ? LOOK_DIM : LOOK_PLAIN,
		buf_span(&text));
	buf_release(&text);
}

void listed_show(
	struct buf *out, const struct listed *listed, size_t width, bool colour)
{
	struct buf safe = {0};

	if (listed == NULL) {
		show_head(out, width, colour);
		return;
	}
	escape_add(&safe, listed->name);
	look_add(out, colour, look_of_name(listed->name), buf_span(&safe));
	look_pad(out, buf_span(&safe), width);
	show_figure(out, listed->subscribers, colour);
	show_figure(out, listed->events, colour);
	buf_add_span(out, span_of("  "));
	buf_clear(&safe);
	if (listed->newest > 0)
		buf_printf(&safe, "%" PRIu64, listed->newest);
	else
		buf_add_char(&safe, '-');
	look_add(out, colour, LOOK_DIM, buf_span(&safe));
	buf_release(&safe);
}

/* The beginning of the name, in so many columns. */
static void add_name(struct buf *out, struct span name, size_t width)
{
	struct buf safe = {0}, shown = {0};

	escape_add(&safe, name);
	look_cut(&shown, buf_span(&safe), width);
	buf_add_span(out, buf_span(&shown));
	look_pad(out, buf_span(&shown), width);
	buf_release(&safe);
	buf_release(&shown);
}

void listed_fit(struct buf *out, const struct listed *listed, size_t width)
{
	bool events = width >= NAME_LEAST + SUBSCRIBERS + EVENTS + NEWEST;
	bool newest = width >= NAME_LEAST + SUBSCRIBERS + NEWEST;
	size_t rest = (size_t)SUBSCRIBERS + (events ? EVENTS : 0u) +
		      (newest ? NEWEST : 0u);
	size_t name = width > rest ? width - rest : 0;

	if (name > NAME_MOST)
		name = NAME_MOST;
	if (listed == NULL)
		add_name(out, span_of("channel"), name);
	else
		add_name(out, listed->name, name);
	if (listed == NULL) {
		buf_printf(out, " %9s%s%s", "listeners",
			events ? "       events" : "",
			newest ? "  newest" : "");
		return;
	}
	buf_printf(out, " %9" PRIu64, listed->subscribers);
	if (events)
		buf_printf(out, "  %11" PRIu64, listed->events);
	if (newest && listed->newest > 0)
		buf_printf(out, "  %" PRIu64, listed->newest);
	else if (newest)
		buf_add_span(out, span_of("  -"));
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
