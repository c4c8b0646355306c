#ifndef TIDINGS_PEER_H
#define TIDINGS_PEER_H
/*
 * peer - one connection to the hub's socket
 *
 *   STRANGE   HELLO has not come
 *   KNOWN     frames come and go
 *   CLOSED    waits for the end of the turn to be freed
 *
 * As a follower it is a cursor and no more:
 *
 *   NOT       did not ask
 *   BEHIND    reads pages of the log
 *   ON_RING   takes the next frames of the ring, as fast as its socket does
 *
 *   BEHIND -> ON_RING   what it needs next is in the ring
 *   ON_RING -> BEHIND   the ring has passed it
 *
 * A peer that does not read costs what its socket and one page hold.
 */
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "hub/hub.h"
#include "lib/link.h"

enum {
	PEERS_MAX = 1024,	/* one more is refused with a sentence */
	PEER_AHEAD = 64 << 10,	/* ring frames up to this are joined with the
				   answers of the turn into one write */
	PEER_OUT_MAX = 1 << 20, /* no page is read for a peer that has this much
				   unread */
	PEER_PAGES_MAX = 16 << 20, /* bytes of questions for pages that may
				      wait; a peer that asks more is closed */
};

enum follow_state { NOT, BEHIND, ON_RING };

struct page_request;

struct peer {
	struct hub *hub;
	struct peer *next;
	struct link link;
	uid_t uid;
	struct source *source; /* NULL = STRANGE */
	enum follow_state follow;
	uint64_t from;	 /* where it began to follow */
	uint64_t losses; /* of the log, that this takes into account */
	uint64_t sent;	 /* newest stored id that it was sent */
	uint64_t frame;	 /* ON_RING: the next to send */
	uint64_t window; /* bytes it likes to begin with */
	struct page_request *pages, **pages_end;
	size_t page_bytes;
	struct measured measured; /* what it reports */
	bool closed;
};

/* False if no more can be accepted for now, e.g. for want of descriptors. */
bool peer_accept(struct hub *hub, int listener);
/* One log line, and it is closed. */
void peer_drop(struct peer *peer, const char *why);
/* Sends a frame built in hub->scratch. */
void peer_send(struct peer *peer, const struct buf *frame);
void peer_send_state(struct peer *peer);
/* The socket does not take what it already has. */
bool peer_is_stalled(const struct peer *peer);

/* At the end of a turn: everything to the sockets; the closed are freed. */
void peers_flush(struct hub *hub);
void peers_close(struct hub *hub);

#endif
