#ifndef TIDINGS_ACCEPT_H
#define TIDINGS_ACCEPT_H
/*
 * accept - the gate: connections in, requests out
 *
 * Each connection is one request; it is collected without blocking (intake.h),
 * read (parse.h) and handed on.
 */
#include <stddef.h>

struct gate;
struct loop;
struct replies;
struct request;

enum {
	GATE_SILENCE_MS = 5000,	 /* a connection that says nothing for so long
				    while we wait for its request is closed */
	GATE_TOTAL_MS = 30000,	 /* and so is one whose request is not complete
				    by then, however often it says a byte */
	GATE_SHUT_MS = 500,	 /* once the gate is shut we are less patient */
	GATE_WAITING_MAX = 4096, /* connections whose request is not complete;
				    when there are so many we accept no more:
				    further ones wait in the kernel's queue */
	GATE_BYTES_MAX = 64 << 20, /* memory of incomplete requests; the one
				      that would pass it is answered 503 and
				      closed, the others go on */
};

struct gate_parts {
	struct loop *loop;
	int listener; /* non-blocking, borrowed; -1 = nobody listens */
	size_t max_body;
	struct replies *replies; /* for one that is refused here */
	void (*take)(void *arg, struct request *request);
	void *arg;
};

/* Watches the listener.  Ends the process if libfcgi cannot be set up.  libfcgi
 * puts its own handlers on SIGTERM, SIGUSR1 and SIGPIPE where there are none:
 * set yours after this. */
struct gate *gate_new(const struct gate_parts *parts);
void gate_free(struct gate *gate); /* closes incomplete connections */

/* Takes a connection (non-blocking) that somebody else has accepted. */
void gate_take(struct gate *gate, int fd);

/* Accepts no more; what is arriving may still arrive. */
void gate_shut(struct gate *gate);
/* Connections accepted whose request is not complete. */
size_t gate_count(const struct gate *gate);

#endif
