/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_FCGI_UPLINK_QUESTIONS_H
#define TIDINGS_FCGI_UPLINK_QUESTIONS_H
/*
 * questions - what the hub is asked that changes nothing
 *
 * Calls (call.h): where a stream goes on, for a page of older events, for
 * channels, for the metrics, for who is there.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fcgi/uplink/call.h"
#include "lib/event/active.h"
#include "lib/wire.h"

struct questions;
struct scope;

struct questions *questions_new(
	const struct clock *clock, const struct hub_sender *sender);
/* Callbacks are not called any more. */
void questions_free(struct questions *questions);

/* Each returns a handle for call_forget, valid until `answer` was called. */

struct channel_question {
	struct span after; /* up to `limit` names after this one ... */
	uint16_t limit;
	struct span only; /* ... or, not empty, that channel: its line comes
			     even if nothing is known of it, with zeros */
	const struct scope *grant; /* what else than public is shown */
};

struct channel_line {
	struct span name;
	uint64_t events, bytes, oldest, newest;
	uint32_t subscribers;
};

/* A page of them. */
struct channel_lines {
	const struct channel_line *lines; /* NULL = the hub is away */
	size_t count;
	bool more;	  /* the hub has not looked at those ... */
	struct span last; /* ... behind this name, which is for nobody else */
};

typedef void uplink_channels_answer(
	void *arg, const struct channel_lines *page);
struct call *questions_channels(struct questions *questions,
	const struct channel_question *question, uplink_channels_answer *answer,
	void *arg);

/* text.at == NULL: the hub is away.  Borrowed for the call. */
typedef void uplink_metrics_text(void *arg, struct span text);
struct call *questions_metrics(struct questions *questions,
	enum wire_format format, uplink_metrics_text *answer, void *arg);

enum {
	JUDGED_MAX = 1000, /* channels of a stream */
};

/* A channel of the stream, pruned up to there; and up to where its listener is
 * told of it. */
struct judged_mark {
	uint16_t place;
	uint64_t through, told;
};

/* Where a stream goes on (lib/wire.h). */
struct judged {
	bool away; /* no hub answered in time; nothing else is set */
	bool gap;
	uint64_t used, limit, oldest, newest;
	uint16_t count; /* channels that may have something above `used` ... */
	const uint16_t *busy; /* ... their places, rising; borrowed */
	uint16_t mark_count;  /* those pruned above `used`, likewise */
	const struct judged_mark *marks;
};

/* `body`: of JUDGE, without its tag. */
typedef void uplink_judged(void *arg, const struct judged *judged);
struct call *questions_judge(struct questions *questions, struct span body,
	uplink_judged *answer, void *arg);

/* A page of one channel's older events. */
struct paged {
	bool away;
	uint64_t through, mark;
	uint32_t count;
	struct wire_in events; /* `count` blobs; borrowed for the call */
};

/* `body`: of PAGE, without its tag. */
typedef void uplink_paged(void *arg, const struct paged *paged);
struct call *questions_page(struct questions *questions, struct span body,
	uplink_paged *answer, void *arg);

/* Who is there (lib/wire.h). */
struct presence_question {
	struct span topic;	/* empty = any */
	struct span subscriber; /* empty = any */
	uint64_t after;
	uint16_t limit;
};

struct presented {
	bool away;
	bool more;
	uint64_t upto;
	uint32_t count;
	struct wire_in entries; /* `count` of them; borrowed for the call */
};

struct present_line {
	uint64_t id;
	struct active active;
};

/* Takes the next one off. */
struct present_line present_line(struct wire_in *entries);

typedef void uplink_presented(void *arg, const struct presented *presented);
struct call *questions_presence(struct questions *questions,
	const struct presence_question *question, uplink_presented *answer,
	void *arg);

/* ---- what the session does with them */
/* A hub has come: everything unanswered, in order. */
void questions_send(struct questions *questions);
/* `now`: monotonic us. */
void questions_expire(struct questions *questions, uint64_t now);

/* The bodies of JUDGED, PAGED, CHANNELED, METERED and PRESENT; false if
 * malformed.  An answer that nobody waits for is ignored: it came too late. */
bool questions_judged(struct questions *questions, struct wire_in *in);
bool questions_paged(struct questions *questions, struct wire_in *in);
bool questions_channeled(struct questions *questions, struct wire_in *in);
bool questions_metrics_text(struct questions *questions, struct wire_in *in);
bool questions_presented(struct questions *questions, struct wire_in *in);

#endif
