/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "client/verb/who.h"

#include <unistd.h>

#include "client/http/get_json.h"
#include "client/http/http.h"
#include "client/http/url.h"
#include "client/option/colour.h"
#include "client/option/option.h"
#include "client/show/look.h"
#include "lib/escape.h"
#include "lib/json/json.h"

enum { SINCE = 24, USER = 16 }; /* columns */

static bool read_entry(
	struct json_object *entry, struct span *user, struct span *since)
{
	if (!json_text(entry, "since", since))
		return false;
	if (!json_text(entry, "user", user))
		*user = span_of("-");
	return true;
}

static void add_column(
	struct buf *out, enum look look, struct span text, size_t width)
{
	struct buf safe = {0};

	escape_add(&safe, text);
	look_add(out, colour_wanted(STDOUT_FILENO), look, buf_span(&safe));
	if (width > 0) {
		look_pad(out, buf_span(&safe), width);
		buf_add_span(out, span_of("  "));
	}
	buf_release(&safe);
}

static void add_line(struct buf *out, struct span channel, struct span user,
	struct span since)
{
	add_column(out, LOOK_DIM, since, SINCE);
	add_column(out, LOOK_PLAIN, user, USER);
	add_column(out, look_of_name(channel), channel, 0);
	buf_add_char(out, '\n');
}

void who_add_head(struct buf *out)
{
	add_column(out, LOOK_BOLD, span_of("since"), SINCE);
	add_column(out, LOOK_BOLD, span_of("user"), USER);
	add_column(out, LOOK_BOLD, span_of("channel"), 0);
	buf_add_char(out, '\n');
}

static bool add_entry(
	struct buf *out, struct span channel, struct json_object *entry)
{
	struct span user, since;

	if (!read_entry(entry, &user, &since))
		return false;
	if (option_switch("json")) {
		json_add_text(entry, "channel", channel);
		json_write(entry, out);
	} else {
		add_line(out, channel, user, since);
	}
	return true;
}

/* *next is where to go on, empty at the end. */
static bool add_page(struct buf *out, struct span channel,
	struct json_object *answer, struct buf *next)
{
	struct json_object *list = json_list(answer, "subscribers");
	struct span after;
	bool more = false;

	buf_clear(next);
	if (list == NULL || !json_flag(answer, "more", &more))
		return false;
	for (size_t i = 0; i < json_length(list); i++)
		if (!add_entry(out, channel, json_item(list, i)))
			return false;
	if (more && json_text(answer, "next", &after))
		buf_add_span(next, after);
	return true;
}

static enum exit_status read_page(struct http *http, struct buf *out,
	struct span channel, struct buf *next)
{
	enum exit_status exit_status;
	struct json_object *answer;
	struct buf path = {0};

	buf_add_span(&path, span_of("/api/channels/"));
	url_encode(&path, channel);
	buf_add_span(&path, span_of("/presence"));
	if (next->len > 0) {
		buf_add_span(&path, span_of("?after="));
		url_encode(&path, buf_span(next));
	}
	buf_add_char(&path, '\0');
	answer = get_json(http, path.at, &exit_status);
	if (exit_status == EXIT_OK && !add_page(out, channel, answer, next))
		exit_status = get_json_unreadable(http, path.at);
	json_free(answer);
	buf_release(&path);
	return exit_status;
}

enum exit_status who_add(
	struct http *http, struct buf *out, struct span channel)
{
	struct buf next = {0};
	enum exit_status exit_status;

	do
		exit_status = read_page(http, out, channel, &next);
	while (exit_status == EXIT_OK && next.len > 0);
	buf_release(&next);
	return exit_status;
}
