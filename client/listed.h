#ifndef TIDINGS_LISTED_H
#define TIDINGS_LISTED_H
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

/* False unless `object` says all of it. */
bool listed_read(struct json_object *object, struct listed *listed);
/* Appends it as a line for people, without a newline; its head is ... */
void listed_add(struct buf *out, const struct listed *listed);
extern const char listed_head[];

/* A page of /api/channels: each of its items can be read, and *more says if
 * there are further ones.  NULL if that is no such page; borrowed. */
struct json_object *listed_page(struct json_object *answer, bool *more);

#endif
