/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_FCGI_HTTP_ACCEPT_H
#define TIDINGS_FCGI_HTTP_ACCEPT_H
/*
 * accept - the acceptor: connections in, requests out
 *
 * Each connection is one request, or one after another (kept.h); a request is
 * collected without blocking (connections.h), read and handed on.
 */
#include <stddef.h>

struct acceptor;
struct kept;
struct loop;
struct replies;
struct request;

enum {
	ACCEPTOR_SILENCE_MS = 5000, /* a connection that says nothing for so
			       long while we wait for its request is closed */
	ACCEPTOR_TOTAL_MS = 30000,  /* and so is one whose request is not
			       complete by then, however often it says a byte */
	ACCEPTOR_SHUT_MS =
		500, /* once the acceptor is shut we are less patient */
	ACCEPTOR_WAITING_MAX =
		4096, /* connections whose request is not complete;
		     when there are so many we accept no more:
		     further ones wait in the kernel's queue */
	ACCEPTOR_BYTES_MAX = 64 << 20, /* memory of incomplete requests; the one
				      that would pass it is answered 503 and
				      closed, the others go on */
};

struct acceptor_parts {
	struct loop *loop;
	int listener; /* non-blocking, borrowed; -1 = nobody listens */
	size_t max_body;
	struct kept *kept;	 /* connections for further requests, which come
				    back here; NULL = there are none */
	struct replies *replies; /* for one that is refused here */
	void (*take)(void *arg, struct request *request);
	void *arg;
};

/* Watches the listener. */
struct acceptor *acceptor_new(const struct acceptor_parts *parts);
void acceptor_free(
	struct acceptor *acceptor); /* closes incomplete connections */

/* Takes a connection (non-blocking) that somebody else has accepted. */
void acceptor_take(struct acceptor *acceptor, int fd);

/* Accepts no more; what is arriving may still arrive. */
void acceptor_shut(struct acceptor *acceptor);
/* Connections accepted whose request is not complete. */
size_t acceptor_count(const struct acceptor *acceptor);

#endif
