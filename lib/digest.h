/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_LIB_DIGEST_H
#define TIDINGS_LIB_DIGEST_H
/*
 * digest - two events are "the same content" if their digests are equal
 *
 * XXH3, 128 bits, over the type and the data as the publisher sent them.  Not
 * secret, not signed: it only tells a repeated POST from a mistaken one, and a
 * publisher who forges a collision fools nobody but himself.  xxhash's room.
 */
#include <stdint.h>

#include "lib/span.h"

struct digest {
	uint64_t high, low;
};

struct digest digest_of(struct span type, struct span data);
/* The same of an event that has traits; without any it stays as it is. */
struct digest digest_with(struct digest digest, struct span traits);

/* XXH3, 64 bits, of `bytes` on top of what was digested before, 0 at first.
 * Where one span ends and the next begins counts. */
uint64_t digest_add(uint64_t before, struct span bytes);

#endif
