/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_FCGI_HISTORY_WAITERS_H
#define TIDINGS_FCGI_HISTORY_WAITERS_H
/*
 * waiters - visits that wait for an event, by their channels
 */
#include <stdbool.h>

#include "lib/span.h"

struct visit;
struct waiters;

struct waiters *waiters_new(void);
/* Nobody may be left. */
void waiters_free(struct waiters *waiters);

/* On its channel; it must not be there. */
void waiters_add(struct waiters *waiters, struct visit *visit);
/* Harmless if it is not there. */
void waiters_remove(struct waiters *waiters, struct visit *visit);
/* Takes out one that waits on that channel; NULL if there is none. */
struct visit *waiters_take(struct waiters *waiters, struct span channel);
/* Takes out any. */
struct visit *waiters_any(struct waiters *waiters);
bool waiters_are_none(const struct waiters *waiters);

#endif
