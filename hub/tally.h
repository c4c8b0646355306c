#ifndef TIDINGS_TALLY_H
#define TIDINGS_TALLY_H
/*
 * tally - names and how many of each
 *
 * All zero is a valid empty tally.
 */
#include <stdint.h>

#include "lib/span.h"

enum { TALLY_BUCKETS = 4096 };

struct count {
	struct count *same_hash;
	uint32_t number;
	uint8_t len;
	char name[];
};

struct tally {
	struct count **counts; /* hash chains; NULL while it is empty */
};

void tally_release(struct tally *tally);
void tally_add(struct tally *tally, struct span name, uint32_t number);
/* NULL if nothing was added under that name. */
const struct count *tally_find(const struct tally *tally, struct span name);
/* Calls `each` for every name, in no order. */
void tally_each(const struct tally *tally,
	void (*each)(void *arg, const struct count *count), void *arg);

static inline struct span count_name(const struct count *count)
{
	return span(count->name, count->len);
}

#endif
