/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_FCGI_HISTORY_SEEKER_H
#define TIDINGS_FCGI_HISTORY_SEEKER_H
/*
 * seeker - what visits need from the hub: where they begin, then older events
 *
 * SEEKER_ASKED questions are under way at a time, of one client's visit after
 * the other's.  The rest is in a queue here, and those that have some events
 * come first: no more than that many pages are half made at a time.
 */
#include <stdbool.h>

enum { SEEKER_ASKED = 16 };

struct loop;
struct privacy;
struct questions;
struct seeker;
struct visit;

/* Each visit that is told of is in no queue, and nothing is asked for it. */
struct seeker_owner {
	/* It has come on, and may go on elsewhere. */
	void (*on)(void *arg, struct visit *visit);
	/* It is full, or has all. */
	void (*done)(void *arg, struct visit *visit);
	/* No hub has answered, or none that makes sense. */
	void (*lost)(void *arg, struct visit *visit);
	void *arg;
};

struct seeker_parts {
	struct loop *loop;
	struct questions *questions;
	const struct privacy *privacy;
	struct seeker_owner owner;
};

struct seeker *seeker_new(const struct seeker_parts *parts);
/* Nobody may be left. */
void seeker_free(struct seeker *seeker);

void seeker_add(struct seeker *seeker, struct visit *visit);
/* It wants nothing any more; harmless if it does not. */
void seeker_leave(struct seeker *seeker, struct visit *visit);
/* Once a turn: asks as much as there are places. */
void seeker_ask(struct seeker *seeker);

#endif
