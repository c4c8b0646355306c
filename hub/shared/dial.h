/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_HUB_SHARED_DIAL_H
#define TIDINGS_HUB_SHARED_DIAL_H
/*
 * dial - a connection to the first of some addresses that is a master
 *
 * Each is tried in turn: it must let us in, have the database and be a master,
 * in time.  After the last the first comes again, for ever, with a pause that
 * grows to DIAL_REST_MOST_MS.  A link that is lost is dialled again likewise.
 */
#include <stdbool.h>
#include <stdint.h>

#include "hub/shared/conn.h"
#include "lib/buf.h"
#include "lib/timer.h"

enum {
	DIAL_REST_LEAST_MS = 20,
	DIAL_REST_MOST_MS = 1000,
	DIAL_PASSWORD_MAX = 512, /* bytes */
};

struct dial_options {
	unsigned db;
	const char *user, *password_file; /* or NULL */
	const char *name;     /* by which Redis' administrator sees us */
	uint64_t patience_us; /* for one address */
};

struct dial_notify {
	void (*ready)(void *arg);
	/* None of them will do, or the link was lost; it is tried again unless
	 * dial_stop() is said here. */
	void (*lost)(void *arg, const char *sentence);
	void *arg;
};

struct dial {
	struct conn conn;		    /* may be asked while it is ready */
	const struct dial_options *options; /* borrowed */
	struct dial_notify notify;
	char *addresses; /* with spaces between them */
	size_t next;	 /* of them, the one to be tried next */
	char *address;	 /* in use, or tried last */
	bool ready;
	uint64_t rest_us;
	struct timer rest, patience;
	struct buf fault; /* of the last that was tried */
};

void dial_open(struct dial *dial, struct loop *loop, const struct redis *redis,
	const struct dial_options *options, const struct dial_notify *notify);
void dial_close(struct dial *dial);

/* Begins with the first address; copied. */
void dial_start(struct dial *dial, const char *addresses);
void dial_stop(struct dial *dial);
/* This link is of no use: the next address is tried, and `lost` is told. */
void dial_give_up(struct dial *dial, const char *sentence);

/* It is of use: once it is lost, others are tried without a long rest. */
void dial_settle(struct dial *dial);

/* Splits "unix:PATH", "ADDRESS:PORT" or "[ADDRESS]:PORT"; `host` has room for
 * `size` bytes with its NUL.  False if it is none of them.  Pure. */
bool dial_address(
	const char *address, size_t len, char *host, size_t size, int *port);

#endif
