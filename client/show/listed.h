/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_CLIENT_SHOW_LISTED_H
#define TIDINGS_CLIENT_SHOW_LISTED_H
/*
 * listed - a channel, as the server lists it
 */
#include <stdbool.h>
#include <stdint.h>

#include "lib/buf.h"
#include "lib/span.h"

struct json_object;

struct listed {
	struct span name; /* borrowed from the object */
	uint64_t subscribers, events;
	uint64_t newest; /* id; 0 = none is held */
};

/* False unless `object` has all of these. */
bool listed_read(struct json_object *object, struct listed *listed);
/* Appends the channel as a line for people, without a newline. */
void listed_add(struct buf *out, const struct listed *listed);
extern const char listed_head[]; /* stands above such lines */
/* The same with the name in so many columns, or more if it takes them, and in
 * colours if they are wanted; with `listed` NULL what stands above. */
void listed_show(struct buf *out, const struct listed *listed, size_t width,
	bool colour);
/* Columns of its name. */
size_t listed_width(const struct listed *listed);
/* The same in `width` columns, with `listed` NULL what stands above: a long
 * name is shortened, and what has no room is left out, so that no figure is
 * cut. */
void listed_fit(struct buf *out, const struct listed *listed, size_t width);

/* The items of a page of /api/channels, each of which can be read; *more says
 * if there are further ones.  NULL if `answer` is no such page; borrowed. */
struct json_object *listed_page(struct json_object *answer, bool *more);

#endif
