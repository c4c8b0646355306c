/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_LIB_SEARCH_H
#define TIDINGS_LIB_SEARCH_H
/*
 * search - a place among many in order, by halves
 *
 * Places are numbers, and what is at them has a key that nowhere falls from one
 * place to the next.  Inline: asked for with a known `key_at` it costs no call.
 */
#include <stdint.h>

/* The first place from `low` on and below `high` whose key is above `key`;
 * `high` if there is none. */
static inline uint64_t search_above(uint64_t low, uint64_t high,
	uint64_t (*key_at)(const void *of, uint64_t place), const void *of,
	uint64_t key)
{
	while (low < high) {
		uint64_t middle = low + (high - low) / 2;

		if (key_at(of, middle) > key)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

#endif
