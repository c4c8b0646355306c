/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_LIB_LINK_H
#define TIDINGS_LIB_LINK_H
/*
 * link - one end of a hub socket: whole frames in, whole frames out
 *
 *   OPEN     frames come and go
 *   CLOSED   descriptor closed, `closed` has been called once
 *
 * Owns its descriptor, its watcher, the half-read frame and what the socket has
 * not taken yet.  `frame` may call link_close() on its own link; the
 * rest of what was read is then dropped.  `closed` may free the link and its
 * owner.  Sending never calls back: a link that fails while it sends is closed
 * by the loop, soon after, and drops what is sent until then.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/buf.h"
#include "lib/loop.h"
#include "lib/span.h"
#include "lib/wire.h"

enum {
	LINK_OUT_MAX = 64 << 20, /* bytes that may wait to be sent; the peer of
				    a link that passes it is closed: it has
				    stopped reading and will resume */
};

struct link {
	struct loop *loop;
	struct loop_io io;
	int fd;		 /* -1 when CLOSED */
	size_t most;	 /* bytes of a frame that is taken: who says a longer
			    one is closed; WIRE_FRAME_MAX, to be lowered */
	struct buf in;	 /* less than one whole frame between callbacks */
	struct buf out;	 /* not yet taken by the socket */
	size_t out_done; /* bytes of `out` already sent */
	size_t begun;	 /* where in `out` the frame of link_begin() starts */
	bool broken;	 /* cannot send any more; the loop will close it */
	const char *why; /* broken: what to tell `closed` */
	bool *gone;	 /* while frames are handed out: set by link_close */
	/* `body` is borrowed for the call. */
	void (*frame)(void *owner, uint8_t type, struct span body);
	/* `why` is a sentence for the log; NULL if the peer just left. */
	void (*closed)(void *owner, const char *why);
	void *owner;
};

/* Takes `fd`.  The callbacks are set by the caller before. */
void link_open(struct link *link, struct loop *loop, int fd);
/* Idempotent; calls `closed` the first time. */
void link_close(struct link *link, const char *why);

/* Begins a frame among what is to be sent, and returns where its body goes.
 * Nothing else is said to this link until link_end(), which only queues:
 * link_flush() sends. */
struct buf *link_begin(struct link *link, enum wire_type type);
void link_end(struct link *link);
/* Queues bytes that were made elsewhere: whole frames, or the rest of one that
 * link_try() began. */
void link_queue(struct link *link, struct span bytes);
/* Takes back what was queued since link_pending() was `pending`; nothing was
 * flushed in between. */
void link_cut(struct link *link, size_t pending);

/* Sends without copying and returns how many bytes the socket took; 0 while
 * earlier bytes wait.  A frame begun by link_try is finished by it (or by
 * link_queue) before anything else. */
size_t link_try(struct link *link, struct span bytes);
/* One system call for all that was queued. */
void link_flush(struct link *link);
size_t link_pending(const struct link *link);
/* The socket takes no more just now; once it does, what is queued is sent, and
 * a turn of the loop follows. */
bool link_is_full(const struct link *link);

#endif
