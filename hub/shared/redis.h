/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_HUB_SHARED_REDIS_H
#define TIDINGS_HUB_SHARED_REDIS_H
/*
 * redis - what hiredis does for us
 *
 * A hub that is alone has no use for it.  So its room, redis.c, is a file of
 * its own, tidings-redis.so, that is opened when it is first needed, and that
 * uses nothing of ours.
 *
 * Only connections and the bytes of commands and replies are known here; when
 * something is to be read or written is told by who watches the descriptor.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/span.h"

enum { REDIS_FAULT = 128 }; /* bytes of a sentence with its NUL */

enum redis_kind {
	REDIS_KIND_NIL,
	REDIS_KIND_TEXT,
	REDIS_KIND_STATUS,
	REDIS_KIND_ERROR,
	REDIS_KIND_NUMBER,
	REDIS_KIND_LIST,
	REDIS_KIND_OTHER,
};

struct redis_reply;
struct redis_link;

struct redis_hooks {
	/* Whether it is to be told when it can be read or written; also from
	 * within dial() and ask(), as the only ones. */
	void (*want_read)(void *arg, bool yes);
	void (*want_write)(void *arg, bool yes);
	/* The replies come in the order of the commands. */
	void (*replied)(void *arg, const struct redis_reply *reply);
	/* The link has ended by itself, and is freed after this. */
	void (*gone)(void *arg, const char *fault);
	void *arg;
};

struct redis {
	const char *version; /* that of the program which it belongs to */
	size_t size;	     /* of this struct */

	/* Begins to connect: to a Unix socket if `port` is 0.  It may be asked
	 * at once.  Addresses are
	 * numeric.  NULL if that fails at once, and `fault` then says why. */
	struct redis_link *(*dial)(const char *host, int port,
		const struct redis_hooks *hooks, char fault[REDIS_FAULT]);
	int (*descriptor)(const struct redis_link *link);
	void (*readable)(struct redis_link *link);
	void (*writable)(struct redis_link *link);
	/* A whole command as it is sent, with a NUL behind it.  False: it
	 * cannot be sent any more. */
	bool (*ask)(struct redis_link *link, struct span command);
	/* It calls no hook from now on; it may be freed a little later. */
	void (*hang_up)(struct redis_link *link);

	/* What a reply is; borrowed from it. */
	enum redis_kind (*kind)(const struct redis_reply *reply);
	struct span (*text)(const struct redis_reply *reply);
	int64_t (*number)(const struct redis_reply *reply);
	size_t (*count)(const struct redis_reply *reply); /* 0: no list */
	const struct redis_reply *(*item)(
		const struct redis_reply *reply, size_t index);
};

/* The module, which stays open for good; NULL if it cannot be opened, and
 * `fault` then has a sentence. */
struct buf;
const struct redis *redis_open(struct buf *fault);

/* What redis.c defines. */
extern const struct redis tidings_redis;

#endif
