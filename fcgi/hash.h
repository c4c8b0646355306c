#ifndef TIDINGS_HASH_H
#define TIDINGS_HASH_H
/*
 * hash - SipHash-2-4 of names, questions and addresses
 *
 * Anybody may choose names.  The key is drawn anew by each process, so that
 * nobody can choose ten thousand which share a bucket.
 */
#include <stdint.h>

#include "lib/span.h"

struct hash_key {
	uint64_t low, high;
};

/* With this process's own key. */
uint32_t hash_of(struct span bytes);
uint64_t hash_with(const struct hash_key *key, struct span bytes);

#endif
