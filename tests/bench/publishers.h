/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_TESTS_BENCH_PUBLISHERS_H
#define TIDINGS_TESTS_BENCH_PUBLISHERS_H
/*
 * publishers - keep-alive connections that POST events
 *
 *   IDLE      nothing to do, connected or not
 *   ASKING    its event is sent, no answer yet
 *   WAITING   the answer was no answer (cut, 5xx): the same event again at
 * `due`
 *
 * The next event in turn goes to any idle one, at its time (open loop) or as
 * soon as there is one (closed loop).  An event that was not acknowledged is
 * sent again only if the path carries {key}: without a key it might be there
 * twice.
 */
#include <stdbool.h>
#include <stdint.h>

#include "tests/bench/histogram.h"
#include "tests/bench/ledger.h"
#include "tests/bench/options.h"

struct publishers;

/* `options` and `ledger` are held. */
struct publishers *publishers_new(
	const struct options *options, struct ledger *ledger, int epoll);
void publishers_free(struct publishers *publishers);

/* The first event is due now. */
void publishers_start(struct publishers *publishers, uint64_t now);

/* Sends what is due; returns when the next one is, UINT64_MAX if only answers
 * are awaited. */
uint64_t publishers_tick(struct publishers *publishers, uint64_t now);

void publishers_ready(struct publishers *publishers, uint32_t number);

/* All events sent and answered. */
bool publishers_done(const struct publishers *publishers);

/* Prints acknowledged, failed, publishes per second, lag and ack times. */
void publishers_print(const struct publishers *publishers);

#endif
