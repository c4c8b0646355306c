/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "client/show/view.h"

#include <stdlib.h>

#include "client/show/listed.h"
#include "lib/escape.h"
#include "lib/json/json.h"

enum { PATIENCE_MS = 3000 };

/* ---- asking */

static void set_text(struct buf *buf, struct span text)
{
	buf_clear(buf);
	escape_add(buf, text);
	buf_add_char(buf, '\0');
}

static struct json_object *get(struct view *view, const char *path)
{
	const struct http_request request = {
		.path = path, .deadline_ms = PATIENCE_MS};

	http_perform(view->http, &request, &view->answer);
	return json_parse(buf_span(&view->answer.body));
}

static void be_unreadable(struct view *view, const char *path)
{
	struct buf text = {0};

	buf_printf(&text, "%s%s: the answer is not from Tidings",
		http_url(view->http), path);
	set_text(&view->fault, buf_span(&text));
	buf_release(&text);
	view->unreadable = true;
}

void view_ask_health(struct view *view)
{
	struct json_object *health;
	struct span status = {0}, reason = {0}, message = {0};
	struct buf text = {0};

	json_free(view->health);
	view->health = health = get(view, "/health");
	view->unreadable = false;
	set_text(&view->fault, span(NULL, 0));
	view->exit_status = view->answer.exit_status;
	view->known = json_text(health, "status", &status);
	json_text(health, "reason", &reason);
	json_text(health, "message", &message);
	if (!view->known && view->exit_status == EXIT_OK) {
		be_unreadable(view, "/health");
		view->exit_status = EXIT_TROUBLE;
		buf_add_span(&text, span_of(view->fault.at));
	} else if (!view->known) {
		buf_printf(&text, "%s%s%.*s", view->answer.sentence.at,
			message.len > 0 ? ": " : "", (int)message.len,
			message.at);
	} else {
		buf_printf(&text, "%.*s%s%.*s", (int)status.len, status.at,
			reason.len > 0 ? ": " : "", (int)reason.len, reason.at);
	}
	set_text(&view->status, buf_span(&text));
	buf_release(&text);
}

static void ask_figures(struct view *view)
{
	if (view->now.at != 0)
		view->before = view->now;
	view->now = (struct scrape){0};
	/* without its hub the server would think about it for a long time */
	if (view->exit_status != EXIT_OK)
		return;
	if (scrape_ask(view->http, &view->answer, &view->now))
		return;
	view->now.at = 0;
	if (view->answer.exit_status == EXIT_OK)
		be_unreadable(view, "/metrics");
	else
		set_text(&view->fault, span_of(view->answer.sentence.at));
}

/* ---- the channels */

static struct json_object *sorted; /* while qsort() runs */

static int compare(const void *left, const void *right)
{
	const unsigned short *a = left, *b = right;
	struct listed first, second;

	listed_read(json_item(sorted, *a), &first);
	listed_read(json_item(sorted, *b), &second);
	if (first.subscribers != second.subscribers)
		return first.subscribers < second.subscribers ? 1 : -1;
	return *a < *b ? -1 : 1; /* as they came */
}

size_t view_channels(const struct view *view)
{
	size_t count = json_length(json_list(view->channels, "channels"));

	return count < VIEW_CHANNELS ? count : VIEW_CHANNELS;
}

static void forget_channels(struct view *view)
{
	json_free(view->channels);
	view->channels = NULL;
	view->more = false;
}

static void ask_channels(struct view *view)
{
	static const char path[] = "/api/channels?limit=1000";

	forget_channels(view);
	if (view->exit_status != EXIT_OK)
		return;
	view->channels = get(view, path);
	sorted = listed_page(view->channels, &view->more);
	if (view->answer.exit_status == EXIT_OK && sorted == NULL)
		be_unreadable(view, path);
	if (view->answer.exit_status != EXIT_OK)
		set_text(&view->fault, span_of(view->answer.sentence.at));
	if (sorted == NULL) {
		forget_channels(view);
		return;
	}
	for (size_t i = 0; i < view_channels(view); i++)
		view->order[i] = (unsigned short)i;
	qsort(view->order, view_channels(view), sizeof(view->order[0]),
		compare);
}

void view_ask(struct view *view, bool channels)
{
	view_ask_health(view);
	ask_figures(view);
	if (channels)
		ask_channels(view);
}

void view_release(struct view *view)
{
	answer_release(&view->answer);
	buf_release(&view->status);
	buf_release(&view->fault);
	json_free(view->channels);
	json_free(view->health);
}

/* ---- since when */

const struct scrape *view_since(const struct view *view)
{
	return view->before.at != 0 && view->before.began == view->now.began
		       ? &view->before
		       : NULL;
}

double view_rate(const struct view *view, double now, double before)
{
	double us = (double)(view->now.at - view->before.at);

	return us > 0 ? (now - before) / us * 1e6 : 0;
}
