/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_FCGI_GUARD_LIMIT_H
#define TIDINGS_FCGI_GUARD_LIMIT_H
/*
 * limit - how much a client may have
 *
 * A client is an address, as client_name_of() tells it; it lives as long as it
 * has streams or has POSTed within the last minute.  Each worker counts for
 * itself: with N of them all limits are up to N times as high.  The web
 * server's connections alone are parted among them: N workers may use 1/N of
 * them each.
 */
#include <stdbool.h>
#include <stddef.h>

struct limiter;
struct client;
struct clock;
struct config;

enum {
	LIMIT_CLIENTS_MAX = 65536, /* clients remembered; when full, an idle
				       one is forgotten, and if all have
				       streams a new one is refused */
	LIMIT_RESERVE = 256, /* descriptors that streams leave to publishers,
				the hub and ourselves, and connections of the
				web server that they leave to publishers and
				/health; a quarter of them all if there are
				few */
};

enum limit_word {
	LIMIT_YES,
	LIMIT_TOO_MANY,		 /* in all */
	LIMIT_TOO_MANY_FROM_YOU, /* from this address */
};

/* Borrows both. */
struct limiter *limit_new(
	const struct config *config, const struct clock *clock);
void limit_free(struct limiter *limiter);

/* At LIMIT_YES one more stream, of so many channels, is counted until
 * limit_leave() with the same number; otherwise *client is NULL. */
enum limit_word limit_enter(struct limiter *limiter, const char *address,
	size_t channels, struct client **client);
void limit_leave(
	struct limiter *limiter, struct client *client, size_t channels);

/* At LIMIT_YES one POST is taken from the address's bucket and from that of
 * all. */
enum limit_word limit_may_publish(struct limiter *limiter, const char *address);
/* Takes from the address's only, for what is refused anyway: who sends no more
 * than that takes nothing from others.  False if there is nothing left. */
bool limit_guess(struct limiter *limiter, const char *address);

#endif
