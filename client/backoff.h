#ifndef TIDINGS_BACKOFF_H
#define TIDINGS_BACKOFF_H
/*
 * backoff - how long to wait before the next try
 *
 * Half a second at first, doubled up to a quarter of a minute, and of that
 * half at random: thousands of clients do not come back in step.
 */
#include <stdint.h>

uint64_t backoff_ms(unsigned tries);
/* Waits, or until a signal is caught, or until `end` (monotonic us; 0 =
 * none). */
void backoff_wait(uint64_t ms, uint64_t end);

#endif
