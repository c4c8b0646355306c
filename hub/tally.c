#include "config.h"

#include "hub/tally.h"

#include <stdlib.h>

#include "lib/buf.h"
#include "lib/digest.h"

static size_t bucket(struct span name)
{
	return digest_of(name, span(NULL, 0)).low & (TALLY_BUCKETS - 1);
}

const struct count *tally_find(const struct tally *tally, struct span name)
{
	const struct count *at =
		tally->counts == NULL ? NULL : tally->counts[bucket(name)];

	while (at != NULL && !span_equal(count_name(at), name))
		at = at->same_hash;
	return at;
}

void tally_add(struct tally *tally, struct span name, uint32_t number)
{
	struct count **first, *at;

	if (tally->counts == NULL)
		tally->counts = mem_new(TALLY_BUCKETS * sizeof(*first));
	first = &tally->counts[bucket(name)];
	at = *first;
	while (at != NULL && !span_equal(count_name(at), name))
		at = at->same_hash;
	if (at == NULL) {
		at = mem_new(sizeof(*at) + name.len);
		at->len = (uint8_t)name.len;
		memcpy(at->name, name.at, name.len);
		at->same_hash = *first;
		*first = at;
	}
	at->number += number;
}

void tally_each(const struct tally *tally,
	void (*each)(void *arg, const struct count *count), void *arg)
{
	for (size_t i = 0; tally->counts != NULL && i < TALLY_BUCKETS; i++)
		for (const struct count *at = tally->counts[i]; at != NULL;
			at = at->same_hash)
			each(arg, at);
}

void tally_release(struct tally *tally)
{
	for (size_t i = 0; tally->counts != NULL && i < TALLY_BUCKETS; i++)
		while (tally->counts[i] != NULL) {
			struct count *count = tally->counts[i];

			tally->counts[i] = count->same_hash;
			free(count);
		}
	free(tally->counts);
	tally->counts = NULL;
}
