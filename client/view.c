#include <config.h>

#include "client/view.h"

#include <stdlib.h>

#include "client/safe.h"
#include "lib/json.h"

enum { PATIENCE_MS = 3000 };

/* ---- asking */

static void set_text(struct buf *buf, struct span text)
{
	buf_clear(buf);
	safe_add(buf, text);
	buf_add_char(buf, '\0');
}

static struct json_object *get(struct view *view, const char *path)
{
	const struct http_request request = {
		.path = path, .deadline_ms = PATIENCE_MS};

	http_perform(view->http, &request, &view->answer);
	return json_parse(buf_span(&view->answer.body));
}

void view_ask_health(struct view *view)
{
	struct json_object *health = get(view, "/health");
	struct span status = {0}, reason = {0};
	struct buf text = {0};

	view->outcome = view->answer.outcome;
	view->known = json_text(health, "status", &status);
	json_text(health, "reason", &reason);
	if (view->known)
		buf_printf(&text, "%.*s%s%.*s", (int)status.len, status.at,
			reason.len > 0 ? ": " : "", (int)reason.len, reason.at);
	else if (view->outcome != OUT_OK)
		buf_printf(&text, "%s", view->answer.sentence.at);
	else
		buf_printf(&text, "%s/health: that is no answer of Tidings",
			http_url(view->http));
	if (!view->known && view->outcome == OUT_OK)
		view->outcome = OUT_TROUBLE;
	set_text(&view->status, buf_span(&text));
	buf_release(&text);
	json_free(health);
}

static void ask_figures(struct view *view)
{
	if (view->now.at != 0)
		view->before = view->now;
	view->now = (struct scrape){0};
	set_text(&view->fault, span(NULL, 0));
	/* without its hub the server would think about it for a long time */
	if (view->outcome != OUT_OK)
		return;
	if (scrape_ask(view->http, &view->answer, &view->now))
		return;
	view->now.at = 0;
	set_text(&view->fault, view->answer.outcome == OUT_OK
				       ? span_of("/metrics has none of them")
				       : span_of(view->answer.sentence.at));
}

/* ---- the channels */

static struct json_object *sorted; /* while qsort() runs */

static int compare(const void *left, const void *right)
{
	const unsigned short *a = left, *b = right;
	uint64_t first = json_number(json_item(sorted, *a), "subscribers");
	uint64_t second = json_number(json_item(sorted, *b), "subscribers");

	if (first != second)
		return first < second ? 1 : -1;
	return *a < *b ? -1 : 1; /* as they came: by name */
}

static size_t channel_count(const struct view *view)
{
	size_t count = json_length(json_member(view->channels, "channels"));

	return count < VIEW_CHANNELS ? count : VIEW_CHANNELS;
}

static void ask_channels(struct view *view)
{
	size_t count;

	json_free(view->channels);
	view->channels = NULL;
	if (view->outcome != OUT_OK)
		return;
	view->channels = get(view, "/api/channels?limit=1000");
	view->more = json_is_true(view->channels, "more");
	count = channel_count(view);
	for (size_t i = 0; i < count; i++)
		view->order[i] = (unsigned short)i;
	sorted = json_member(view->channels, "channels");
	qsort(view->order, count, sizeof(view->order[0]), compare);
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
