/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_HUB_PEERS_PEER_H
#define TIDINGS_HUB_PEERS_PEER_H
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

#include "hub/log/receipt.h"
#include "lib/config/config.h"
#include "lib/link.h"
#include "lib/list.h"
#include "lib/loop.h"
#include "lib/refused.h"

enum {
	PEERS_MAX = 1024,	/* one more is refused with a sentence */
	PEER_AHEAD = 64 << 10,	/* ring frames up to this are joined with the
				   answers of the turn into one write */
	PEER_OUT_MAX = 1 << 20, /* no page is read for a peer that has this much
				   unread */
	PEER_ASKED_MAX = 16 << 20, /* bytes of questions that may wait; a peer
				      that asks more is closed */
};

enum { PEER_CLASSES = 4 }; /* of answers: 2xx, 3xx, 4xx, 5xx */

/* What responders have done. */
struct work {
	uint64_t answers[PEER_CLASSES];
	uint64_t delivered, replayed;
	uint64_t refused[REFUSED_REASONS];
};

/* Of one responder, since the last sample; `subscribers` and `bad_keys` are of
 * now. */
struct stats_report {
	uint64_t us;
	struct work work;
	uint32_t subscribers;
	uint32_t bad_keys; /* files */
};

enum follow_state { NOT, BEHIND, ON_RING };

struct counter;
struct inbox;
struct listing_request;
struct page_request;
struct peers;
struct publish_request;

/* Publishes that wait. */
struct publish_line {
	struct publish_request *first, **end;
};

struct peer {
	struct peers *peers;
	struct peer *next;
	struct link link;
	uid_t uid;
	struct publisher *publisher; /* NULL = STRANGE */
	enum follow_state follow;
	uint64_t from;	 /* where it began to follow */
	uint64_t losses; /* of the log, that this takes into account */
	uint64_t sent;	 /* newest stored id that it was sent */
	uint64_t frame;	 /* ON_RING: the next to send */
	uint64_t window; /* bytes it likes to begin with */
	struct page_request *pages, **pages_end;
	struct page_request *early; /* not to be answered yet */
	struct listing_request *listings, **listings_end;
	size_t asked_bytes; /* in these queues, and in `who` */
	struct publish_line short_publishes, long_publishes;
	size_t publish_bytes; /* that wait in them */
	struct counter
		*counter; /* what it says of who listens; NULL = STRANGE */
	struct stats_report report; /* what it reports */
	struct node presents;	    /* for whom it speaks (presence.h) */
	struct node asking;	    /* among those that ask who is there, ... */
	struct buf who;		    /* ... and how: str16 bodies of PRESENCE */
	struct inbox *inbox;	    /* that it speaks for; NULL = none */
	bool closed;
};

struct peers {
	struct loop *loop;
	const struct config *config;
	/* Called with a struct peer, as by its link; `arg` is theirs. */
	void (*frame)(void *peer, uint8_t type, struct span body);
	void (*gone)(void *peer, const char *why);
	void *arg;
	struct peer *first;
	/* Who is answered, or may publish, next. */
	struct peer *page_turn, *listing_turn, *publish_turn, *long_turn;
	size_t count;
	size_t early; /* questions of all peers that are not to be answered yet
		       */
	struct buf refused; /* the last refusal, which is not logged twice */
};

/* False if no more can be accepted for now, e.g. for want of descriptors. */
bool peers_accept(struct peers *peers, int listener);
/* The first that wants an answer, from *turn on and all around, and it is then
 * its turn: who answers moves it on.  NULL if none wants one. */
struct peer *peers_next(struct peers *peers, struct peer **turn,
	bool (*wants)(const struct peer *peer));
/* At the end of a turn: everything to the sockets; the closed are freed. */
void peers_flush(struct peers *peers);
void peers_close(struct peers *peers);

/* One log line, and it is closed. */
void peer_drop(struct peer *peer, const char *why);
/* It is told the sentence, and dropped. */
void peer_refuse(struct peer *peer, const char *sentence);
/* It may say that it reads an inbox. */
bool peer_may_read(const struct peer *peer);
/* It may say nothing else. */
bool peer_only_reads(const struct peer *peer);
/* A question of so many bytes waits, until whoever answers takes them off
 * `asked_bytes`; false if that is too much, and it was dropped. */
bool peer_asks(struct peer *peer, size_t bytes);
/* It may be given a further answer. */
bool peer_has_room(const struct peer *peer);
/* The socket does not take what it already has. */
bool peer_is_stalled(const struct peer *peer);

#endif
