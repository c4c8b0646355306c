/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_FCGI_PRESENCE_PLACE_H
#define TIDINGS_FCGI_PRESENCE_PLACE_H
/*
 * place - which of Mercure's subscriptions an address is about: all, those of a
 * topic, or one
 */
#include <stdbool.h>
#include <stdint.h>

#include "lib/buf.h"
#include "lib/event/active.h"
#include "lib/span.h"

struct place {
	struct buf topic; /* empty = any; the caller releases it */
	bool one;	  /* that subscriber of the topic */
	uint8_t subscriber[ACTIVE_SUBSCRIBER];
};

/* Reads what an address has behind ACTIVE_CHANNEL, as it was sent; false if
 * there cannot be anything at it. */
bool place_read(struct span rest, struct place *place);
/* Appends the address, as grants know it. */
void place_path(struct buf *out, const struct place *place);

#endif
