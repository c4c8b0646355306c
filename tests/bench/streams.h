/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_TESTS_BENCH_STREAMS_H
#define TIDINGS_TESTS_BENCH_STREAMS_H
/*
 * streams - many EventSources on one epoll
 *
 *   CLOSED      not wanted, or refused (a status other than 200)
 *   WAITING     lost its connection; comes back when its retry time is over
 *   CONNECTING  connect() or the request is under way
 *   HEAD        request sent, header not complete
 *   OPEN        bytes of the body come
 *
 * Some may be stalled: OPEN, but not read until streams_wake().
 *
 * They behave as a browser does: after a cut connection back after the retry
 * time with Last-Event-ID, after a wrong status never again.
 */
#include <stdbool.h>
#include <stdint.h>

#include "tests/bench/options.h"
#include "tests/bench/sse.h"

struct streams;

/* `options` and `ledger` are held.  Ends the process if there is no memory. */
struct streams *streams_new(
	const struct options *options, struct ledger *ledger, int epoll);
void streams_free(struct streams *streams);

/* Opens more, so that options->opening are on their way. */
void streams_open(struct streams *streams);

/* What epoll said of the stream with this number. */
void streams_ready(struct streams *streams, uint32_t number, uint64_t now);

/* Reconnects whose time has come; returns when the next one is due, UINT64_MAX
 * if none waits. */
uint64_t streams_tick(struct streams *streams, uint64_t now);

/* From now on a cut stream comes back; before, it stays closed. */
void streams_reconnect(struct streams *streams);

/* The stalled begin to read; if they were cut, they come back. */
void streams_wake(struct streams *streams);

/* How many had the first byte of their body, and now wait for none. */
uint32_t streams_opened(const struct streams *streams);

/* Streams that have no connection that has brought an event. */
uint32_t streams_away(const struct streams *streams);

/* Prints what the streams saw. */
void streams_print(const struct streams *streams);

#endif
