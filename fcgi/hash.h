#ifndef TIDINGS_HASH_H
#define TIDINGS_HASH_H
/*
 * hash - FNV-1a, 32 bits: for names and short questions
 */
#include <stdint.h>

#include "lib/span.h"

static inline uint32_t hash_of(struct span bytes)
{
	uint32_t hash = 2166136261u;

	for (size_t i = 0; i < bytes.len; i++)
		hash = (hash ^ (unsigned char)bytes.at[i]) * 16777619u;
	return hash;
}

#endif
