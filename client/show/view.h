/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_CLIENT_SHOW_VIEW_H
#define TIDINGS_CLIENT_SHOW_VIEW_H
/*
 * view - the state of the server, shown as lines or as JSON
 *
 * Parts may be missing: a server that is away tells no health, a web server may
 * keep /metrics to itself.
 */
#include <stdbool.h>

#include "client/exit_status.h"
#include "client/http/http.h"
#include "client/show/listed.h"
#include "client/show/scrape.h"
#include "lib/buf.h"

struct json_object;

enum { VIEW_CHANNELS = 1000 }; /* the first ones by name */

struct view {
	struct http *http; /* borrowed */
	struct http_answer answer;
	enum exit_status exit_status; /* of asking for its health */
	bool known;		      /* it has answered */
	bool unreadable;	      /* an answer was not from Tidings */
	struct json_object *health;   /* the answer, or NULL */
	struct buf status;	      /* "ok", or what is wrong; terminated */
	struct buf fault;	      /* why there are no figures, or what is
					 unreadable; terminated */
	struct scrape now, before;    /* `at` 0 = none */
	struct json_object *channels; /* the answer, or NULL */
	bool more;		      /* there are further channels */
	unsigned short order[VIEW_CHANNELS]; /* most subscribers first */
};

/* Asks for the health only: nothing but `status` and `health` are known then.
 */
void view_ask_health(struct view *view);
/* Asks again; `now` becomes `before`. */
void view_ask(struct view *view, bool channels);
void view_release(struct view *view);

/* The moment from which rates are counted: `before`, or NULL = the hub's start.
 */
const struct scrape *view_since(const struct view *view);
/* By how much a second `now` has grown since `before`. */
double view_rate(const struct view *view, double now, double before);

/* Appends a line for each figure; rates and times are those since `before`, or
 * since the start. */
void view_lines(const struct view *view, struct buf *out);
/* Appends the same as one JSON object in one line. */
void view_json(const struct view *view, struct buf *out);

/* How many channels are shown: at most VIEW_CHANNELS. */
size_t view_channels(const struct view *view);
/* The channel of that index; false beyond the last. */
bool view_channel(const struct view *view, size_t index, struct listed *listed);

#endif
