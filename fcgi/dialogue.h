#ifndef TIDINGS_DIALOGUE_H
#define TIDINGS_DIALOGUE_H
/*
 * dialogue - what is said on the uplink, frame by frame
 *
 *   HUB_AWAY    the uplink has no connection
 *   GREETING    HELLO was sent
 *   FILLING     FOLLOWING came; the window is not yet at its `newest`
 *   FOLLOWING   caught up
 *
 * The uplink moves it to HUB_AWAY and GREETING, the hub's frames to the rest.
 * What the hub sends goes on from here to the window, the answers and the
 * audience.  Plain data of its uplink; owns answers, reason and refusal.
 */
#include <stdbool.h>
#include <stdint.h>

#include "lib/span.h"
#include "lib/wire.h"

struct answers;
struct link;
struct responder;

enum dialogue_state { HUB_AWAY, GREETING, FILLING, FOLLOWING };

struct dialogue {
	struct responder *responder;
	struct link *link;
	enum dialogue_state state;
	uint64_t source;	      /* this process, in its HELLO */
	uint64_t target;	      /* id at which the window is filled */
	char identity[WIRE_IDENTITY]; /* of the log that the window is of */
	char offered[WIRE_IDENTITY];  /* of the hub's log, since WELCOME */
	bool writable;		      /* the hub's last word about itself */
	char *reason;
	char *refusal; /* why there is no work with this hub, since the last
			  that welcomed us; NULL */
	struct answers *answers; /* who waits for what */
};

void dialogue_release(struct dialogue *dialogue);

void dialogue_hello(struct dialogue *dialogue);
void dialogue_ping(struct dialogue *dialogue);
/* What has been measured since the hub last asked. */
void dialogue_measured(struct dialogue *dialogue);

/* One frame of the hub; false if it is malformed. May close the link. */
bool dialogue_frame(struct dialogue *dialogue, uint8_t type, struct span body);

#endif
