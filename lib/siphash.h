/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_LIB_SIPHASH_H
#define TIDINGS_LIB_SIPHASH_H
/*
 * siphash - SipHash-1-3: a hash with a secret
 *
 * Anybody may choose names, addresses and questions.  Who does not know the
 * secret cannot choose ten thousand that share a place in a table.
 */
#include <stdint.h>

#include "lib/span.h"

struct siphash_key {
	uint64_t low, high;
};

uint64_t siphash(const struct siphash_key *key, struct span bytes);

/* This process's own, drawn when it is first asked for. */
const struct siphash_key *siphash_secret(void);

#endif
