/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_TESTS_UNIT_LINK_ROOM_H
#define TIDINGS_TESTS_UNIT_LINK_ROOM_H
/*
 * link_room - a link, and the bare socket at its other end
 */
#include <sys/types.h>

#include "lib/link.h"
#include "lib/wire.h"
#include "tests/unit/unit.h"

struct pair {
	struct loop *loop;
	struct link link;
	int peer;

	struct buf got;	      /* the bodies that came, in order */
	unsigned frames;      /* how many */
	unsigned closed;      /* times called */
	const char *why;      /* of the last */
	unsigned close_after; /* frame() closes at this frame, 0 = never */
	bool expired;
};

int link_room_setup(void **state);
int link_room_teardown(void **state);
#define TEST(name)                       \
	cmocka_unit_test_setup_teardown( \
		name, link_room_setup, link_room_teardown)

/* Runs the loop until a callback has been called. */
void wait_for(struct pair *pair);
/* Runs what is ready now. */
void turn(struct pair *pair);
void add_frame(struct buf *out, const char *body);
/* Lets the peer write everything, the loop running where the socket is full. */
void peer_says(struct pair *pair, struct span bytes);
/* Takes what is there for the peer, up to `most`. */
size_t peer_reads(struct pair *pair, char *at, size_t most);

#endif
