/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_FCGI_HTTP_KEPT_H
#define TIDINGS_FCGI_HTTP_KEPT_H
/*
 * kept - connections that a web server uses for one request after another
 *
 *   IDLE   its last request was answered in full
 *   gone   the next one begins, and it is a connection as any other; or closed
 *
 * A web server asks for it with FCGI_KEEP_CONN.  Who is idle is no burden to
 * others: one more than KEPT_MAX is closed behind its answer, which its web
 * server reads with the end; and where descriptors have run out all are closed.
 * A stream's connection is never kept.
 *
 * A request may come just as its connection is closed; it has no answer then,
 * and its web server says 502 or 503.  So we leave it to the web server to end
 * what has been idle for long, as far as it does.
 */
#include <stdbool.h>
#include <stddef.h>

struct kept;
struct loop;
struct request;

enum {
	KEPT_MAX = 1024,
	KEPT_IDLE_MS = 75000, /* nginx closes after 60 s of its own accord */
};

struct kept *kept_new(struct loop *loop);
/* Closes them. */
void kept_free(struct kept *kept);

/* `again` is given each descriptor on which something has come, or its end. */
void kept_serve(struct kept *kept, void (*again)(void *arg, int fd), void *arg);

/* The request has been answered, and its web server has taken all of it: its
 * connection becomes idle if it is one to be kept.  Takes the request. */
void kept_answered(struct request *request);
/* The same of a connection alone, with its request's `kept`: NULL = it is
 * closed. */
void kept_take(struct kept *kept, int fd);

/* Closes all on which nothing has come; how many there were. */
size_t kept_clear(struct kept *kept);
/* The same, the others are served, and from here on none becomes idle. */
void kept_shut(struct kept *kept);

#endif
