/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_FCGI_REPLAY_INQUIRY_H
#define TIDINGS_FCGI_REPLAY_INQUIRY_H
/*
 * inquiry - what the hub is being asked, and who waits for it
 *
 * Two kinds: where a stream of these channels goes on (JUDGE), and one
 * channel's events in a range (PAGE).  Equal ones are asked once.  An inquiry
 * lives until its answer has been told.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/buf.h"
#include "lib/list.h"
#include "lib/table.h"

struct call;
struct inquiries;
struct judged;
struct paged;
struct questions;

struct inquiry {
	struct node waiters; /* whatever nodes who asks puts there */
	/* Of a page: */
	uint64_t after;
	unsigned kind; /* shelf.h */
	struct span channel;
	/* Inquiries' own: */
	struct inquiries *inquiries;
	struct table_node node;
	struct call *call;
	struct buf key; /* what it asks */
};

struct inquiry_page {
	struct span channel; /* as topic_key() */
	unsigned kind;	     /* other kinds are other inquiries */
	uint64_t after, upto;
	uint32_t bytes;
};

/* Told of each answer, before the inquiry goes; whoever still waits then is
 * dropped from it. */
struct inquiry_owner {
	void (*judged)(void *arg, struct inquiry *, const struct judged *);
	void (*paged)(void *arg, struct inquiry *, const struct paged *);
	void *arg;
};

struct inquiries *inquiries_new(
	struct questions *questions, const struct inquiry_owner *owner);
void inquiries_free(struct inquiries *inquiries);

/* Each returns the one that is under way, or a new one.  `body`: of JUDGE,
 * without its tag. */
struct inquiry *inquiries_judge(struct inquiries *inquiries, struct span body);
struct inquiry *inquiries_page(
	struct inquiries *inquiries, const struct inquiry_page *page);

/* Answers are not told any more: what they would say is of another log.  Nobody
 * waits afterwards. */
void inquiries_forget(struct inquiries *inquiries);
/* Under way. */
size_t inquiries_count(const struct inquiries *inquiries);

#endif
