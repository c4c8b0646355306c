/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_FCGI_REPLAY_BACKLOG_H
#define TIDINGS_FCGI_REPLAY_BACKLOG_H
/*
 * backlog - the stragglers that nothing was asked for yet, by client and then
 * by stream
 *
 *   FEW    wants a verdict, or the strips of a few channels
 *   MANY   wants the strips of more than BACKLOG_FEW channels.  One at a time
 *          is the reader: it has left the queue, and is here until it has all
 *          that it wants
 */
#include <stdbool.h>

enum { BACKLOG_FEW = 16 };

struct backlog;
struct straggler;

struct backlog *backlog_new(void);
/* Nobody may be left. */
void backlog_free(struct backlog *backlog);

/* It wants a verdict, unless it is judged.  It must be in no queue. */
void backlog_add(struct backlog *backlog, struct straggler *straggler);
/* Harmless if it is not there. */
void backlog_remove(struct backlog *backlog, struct straggler *straggler);

/* Takes out whose turn it is among those that want little; NULL if nobody
 * does. */
struct straggler *backlog_take(struct backlog *backlog);
/* The reader, its lanes open; NULL if nobody wants much. */
struct straggler *backlog_reader(struct backlog *backlog);

/* Takes out any but the reader; NULL if nobody else is there. */
struct straggler *backlog_any(struct backlog *backlog);

#endif
