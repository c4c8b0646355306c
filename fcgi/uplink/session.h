/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_FCGI_UPLINK_SESSION_H
#define TIDINGS_FCGI_UPLINK_SESSION_H
/*
 * session - what is said on the uplink, frame by frame
 *
 *   HUB_AWAY    the uplink has no connection
 *   GREETING    HELLO was sent
 *   FILLING     WELCOME came; what the hub has had before is on its way
 *   FOLLOWING   caught up
 *
 * The uplink moves it to HUB_AWAY and GREETING, the hub's frames to the rest.
 * What the hub answers goes on from here to who asked, what it says by
 * itself to the sink.  Plain data of its uplink; owns publishes, questions,
 * reason and refusal.
 */
#include <stdbool.h>
#include <stdint.h>

#include "lib/span.h"
#include "lib/wire.h"

struct buf;
struct link;
struct publishes;
struct questions;

/* What the hub may say, and to whom. */
struct uplink_sink {
	/* Stored events follow, those after id `from`.  same: they go on after
	 * the last that was told; otherwise whatever was told is void. */
	void (*begin)(void *arg, uint64_t from, bool same);
	/* Its id is 0 or above all before; borrowed for the call. */
	void (*event)(void *arg, const struct wire_event *event);
	/* All that the hub had when it began has been told. */
	void (*filled)(void *arg);
	/* The hub that was there is away; it knows nothing any more. */
	void (*lost)(void *arg);
	/* Appends a body of SUBSCRIBED: some of those channels where other
	 * numbers listen than the hub knows of; false if there is none. */
	bool (*counts)(void *arg, struct buf *out);
	/* Appends the next frame about who is there; false if there is none.
	 */
	bool (*presence)(void *arg, struct buf *frame);
	/* Appends the body of MEASURED. */
	void (*report)(void *arg, struct buf *out);
	void *arg;
};

enum {
	COUNTS_AHEAD =
		256 << 10, /* bytes that may wait for the hub to read
			      them; a million names keep nobody waiting */
};

enum session_state { HUB_AWAY, GREETING, FILLING, FOLLOWING };

struct session {
	struct uplink_sink sink;
	struct link *link;
	uint64_t fill; /* bytes of events that the hub is asked to begin with */
	enum session_state state;
	uint64_t source; /* this process, in its HELLO */
	bool begun;	 /* the sink has been told where to begin */
	uint64_t newest; /* id that the sink has been told */
	uint64_t target; /* id at which it is filled */
	char identity[WIRE_IDENTITY]; /* of the log that the sink is told of */
	char offered[WIRE_IDENTITY];  /* of the hub's log, since WELCOME */
	struct wire_secret secret;    /* likewise; kept while it is away */
	bool writable;		      /* the hub's last word about itself */
	char *reason;
	struct buf unread; /* inboxes, as STATE tells them */
	char *refusal;	   /* why there is no work with this hub, since the last
			      that welcomed us; NULL */
	struct publishes *publishes; /* who waits for what */
	struct questions *questions;
};

void session_release(struct session *session);

void session_hello(struct session *session);
void session_ping(struct session *session);
/* How many listen to what, where that has changed; false if there is more,
 * which the link has no room for. */
bool session_counts(struct session *session);
/* Who has come and left, likewise. */
bool session_presence(struct session *session);
/* What has been measured since the hub last asked. */
void session_report_stats(struct session *session);

/* One frame of the hub; false if it is malformed. May close the link. */
bool session_frame(struct session *session, uint8_t type, struct span body);

/* False while the sink is being filled by a hub that is there: a place in what
 * it has been told would be one that nobody should start from. */
bool session_is_filled(const struct session *session);

/* An id that the hub's log has, the newest that is known here; false while no
 * hub has said one. */
bool session_cursor(const struct session *session, uint64_t *id);

struct health {
	bool away;
	bool writable;
	const char *reason; /* when away or not writable; borrowed */
	struct span unread; /* inboxes that are not read, as the hub's STATE
			       tells them (lib/wire.h); borrowed */
};

struct health session_health(const struct session *session);

#endif
