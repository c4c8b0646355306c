/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_TESTS_UNIT_STREAM_ROOM_H
#define TIDINGS_TESTS_UNIT_STREAM_ROOM_H
/*
 * stream_room - everything between the hub's frames and the browsers' sockets,
 * with a clock that moves when the test says so
 *
 * The hub and the web server are played here: room_says() gives a frame to the
 * session, room_asked() is what came back; a browser is the other end of a
 * socket pair.
 */
#include "fcgi/counters.h"
#include "fcgi/feed.h"
#include "fcgi/http/unread.h"
#include "fcgi/stream/audience.h"
#include "fcgi/stream/batch.h"
#include "fcgi/stream/composer.h"
#include "fcgi/stream/fanout.h"
#include "fcgi/stream/opening.h"
#include "fcgi/stream/streams.h"
#include "fcgi/stream/subscriber.h"
#include "fcgi/stream/tasks.h"
#include "fcgi/stream/topic.h"
#include "fcgi/stream/window.h"
#include "fcgi/uplink/publishes.h"
#include "fcgi/uplink/questions.h"
#include "fcgi/uplink/session.h"
#include "lib/buf.h"
#include "lib/link.h"
#include "lib/loop.h"
#include "lib/wire.h"
#include "tests/unit/hand_clock.h"
#include "tests/unit/unit.h"

enum {
	ROOM_FROM = 100, /* id above which the window holds everything */
	ROOM_WINDOW = 256 << 10,
	ROOM_REST_MS = 250,
	ROOM_KEEPALIVE_S = 15,
};

struct room {
	struct hand_clock hands;
	struct clock clock;
	struct loop *loop;
	struct counters *counters;
	struct unread *unread;
	struct topics *topics;
	struct audience *audience;
	struct window *window;
	struct composer *composer;
	struct fanout *fanout;
	struct gzip *gzip;	     /* NULL without room_deflater */
	struct subscriber_home home; /* for a test's own subscribers */
	struct streams *streams;
	struct tasks *tasks;
	struct feed feed;
	struct link nowhere;
	struct session session;
	struct buf asked; /* frames to the hub, answers' only */
	struct buf text;  /* what room_text() returned last */
	uint64_t newest;  /* id that the hub has told */
};

/* Bytes of older events that rooms keep from now on. */
extern size_t room_shelf;

struct deflater;
/* With which streams may be gzip, likewise; NULL = none is. */
extern const struct deflater *room_deflater;

/* With a hub that has told the (empty) window; or before any came. */
int room_enter(void **state);
int room_enter_alone(void **state);
int room_leave(void **state);
/* What the hub says first: its log goes on after ROOM_FROM up to `newest`. */
void room_hub_comes(struct room *room, uint64_t newest);
void room_hub_leaves(struct room *room);

void room_turn(struct room *room);
/* Time passes, then the loop turns. */
void room_pass(struct room *room, uint64_t us);

/* ---- the hub */
void room_says(struct room *room, enum wire_type type, const struct buf *body);
/* The next event; returns its id. */
uint64_t room_publish(struct room *room, const char *channel, const char *data);
void room_publish_bytes(
	struct room *room, const char *channel, size_t len, bool is_volatile);
/* A turn; then takes the oldest thing that was asked; its body, behind number
 * or tag. */
bool room_asked(struct room *room, enum wire_type *type, uint64_t *number,
	struct wire_in *body);

struct verdict {
	bool gap;
	uint64_t used, limit;
	const char *busy; /* a byte for each channel: x = it has something */
	const uint64_t *marks; /* of each channel, if above `used`; NULL = none
				  is */
};
void room_judges(
	struct room *room, uint64_t number, const struct verdict *verdict);
/* A page of one event after `after`, or of none if `data` is "". */
void room_pages(struct room *room, uint64_t number, const char *channel,
	uint64_t id, uint64_t through, const char *data);

/* ---- browsers */
/* The next fresh stream of this channel; returns the browser's end. */
int room_listen(struct room *room, const char *channel);
/* With a cursor, given as a browser gives it. */
int room_resume(struct room *room, const char *channel, uint64_t id);
int room_open(struct room *room, struct subscription *subscription);
/* Reads all that is there: the records' content; "<end>" for a request's end
 * and "<closed>" for the connection's. */
struct span room_text(struct room *room, int fd);
/* Reads and forgets. */
void room_read(struct room *room, const int *fds, size_t count);

bool has(struct span text, const char *part);

#endif
