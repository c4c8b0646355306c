/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_CLIENT_HTTP_BACKOFF_H
#define TIDINGS_CLIENT_HTTP_BACKOFF_H
/*
 * backoff - how long to wait before the next try
 *
 * The pause is half a second at first and is doubled up to a quarter of a
 * minute.  Half of it is random, so that thousands of clients do not come back
 * in step.
 */
#include <stdint.h>

/* The pause after so many tries that have failed. */
uint64_t backoff_ms(unsigned tries);
/* Waits for `ms`; a signal that is caught and `end` (monotonic us; 0 = none)
 * end the wait. */
void backoff_wait(uint64_t ms, uint64_t end);

#endif
