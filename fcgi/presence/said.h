/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_FCGI_PRESENCE_SAID_H
#define TIDINGS_FCGI_PRESENCE_SAID_H
/*
 * said - what is said of somebody who is there
 */
#include <stdint.h>

#include "lib/event/active.h"
#include "lib/span.h"

struct buf;

/* Owns what its spans are in; it is not to be moved. */
struct said {
	struct active active; /* without a topic */
	uint8_t subscriber[ACTIVE_SUBSCRIBER];
	char *bytes;
};

void said_init(struct said *said, const struct active *active);
void said_release(struct said *said);

/* Appends one entry, an object; the channel is left out if it is empty. */
void said_json(
	struct buf *out, struct span channel, const struct active *active);

#endif
