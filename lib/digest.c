/* SPDX-License-Identifier: MIT */
/*
 * The type's length goes first, so that no two pairs give the same bytes.
 */
#include <config.h>

#include "lib/digest.h"

#include <xxhash.h>

#include "lib/lines.h"
#include "lib/log.h"

struct digest digest_of(struct span type, struct span data)
{
	XXH3_state_t *state = XXH3_createState();
	unsigned char len[8];
	XXH128_hash_t hash;

	if (state == NULL)
		log_fatalx(LINE_NO_MEMORY_DIGEST);
	for (unsigned i = 0; i < sizeof(len); i++)
		len[i] = (unsigned char)((uint64_t)type.len >> (8 * i));
	XXH3_128bits_reset(state);
	XXH3_128bits_update(state, len, sizeof(len));
	if (type.len > 0)
		XXH3_128bits_update(state, type.at, type.len);
	if (data.len > 0)
		XXH3_128bits_update(state, data.at, data.len);
	hash = XXH3_128bits_digest(state);
	XXH3_freeState(state);
	return (struct digest){.high = hash.high64, .low = hash.low64};
}

struct digest digest_with(struct digest digest, struct span traits)
{
	XXH128_hash_t hash;

	if (traits.len == 0)
		return digest;
	hash = XXH3_128bits_withSeed(traits.at, traits.len, digest.low);
	return (struct digest){
		.high = digest.high ^ hash.high64, .low = hash.low64};
}

uint64_t digest_add(uint64_t before, struct span bytes)
{
	return XXH3_64bits_withSeed(bytes.at, bytes.len, before);
}
