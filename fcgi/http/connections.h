/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_FCGI_HTTP_CONNECTIONS_H
#define TIDINGS_FCGI_HTTP_CONNECTIONS_H
/*
 * connections - those that were accepted, until each is a request
 *
 *   ARRIVING   its records are being collected (intake.h)
 *   gone       complete, read (parse.h) and handed on, or closed
 *
 * Most are complete at once and are never counted here.  The limits are in
 * accept.h.
 */
#include <stdbool.h>
#include <stddef.h>

struct connections;
struct kept;
struct loop;
struct replies;
struct request;

struct connections_parts {
	struct loop *loop;
	size_t max_body;
	struct kept *kept; /* where those go that are for further requests;
			      NULL = none is */
	struct replies *replies; /* for one that is refused here */
	void (*take)(void *take_arg, struct request *request);
	void *take_arg;
	void (*counted)(void *counted_arg); /* their number has changed */
	void *counted_arg;
};

struct connections *connections_new(const struct connections_parts *parts);
/* Closes them. */
void connections_free(struct connections *connections);

/* Owns the descriptor, which does not block. */
void connections_take(struct connections *connections, int fd);
/* From here on we are less patient with all of them. */
void connections_hurry(struct connections *connections);
/* Those whose request is not complete. */
size_t connections_count(const struct connections *connections);

#endif
