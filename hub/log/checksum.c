/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "hub/log/checksum.h"

#include "lib/digest.h"
#include "lib/span.h"

enum { NUMBERS_MAX = 8 };

/* Always in the same order of bytes: a log may be moved. */
static uint64_t add_numbers(uint64_t sum, const uint64_t *numbers, size_t count)
{
	unsigned char bytes[8 * NUMBERS_MAX];

	for (size_t at = 0; at < 8 * count; at++)
		bytes[at] = (unsigned char)(numbers[at / 8] >> (at % 8 * 8));
	return digest_add(sum, span(bytes, 8 * count));
}

uint64_t checksum_of_event(const struct wire_event *event, uint64_t previous)
{
	const uint64_t numbers[] = {event->id, previous, event->at,
		event->type.len, event->data.len};
	const uint64_t traits_len = event->traits.len;
	uint64_t sum = digest_add(0, event->channel);

	sum = add_numbers(sum, numbers, sizeof(numbers) / sizeof(*numbers));
	sum = digest_add(sum, event->type);
	sum = digest_add(sum, event->data);
	if (traits_len == 0)
		return sum; /* as before there were any */
	sum = add_numbers(sum, &traits_len, 1);
	return digest_add(sum, event->traits);
}

uint64_t checksum_of_channel(const struct channel *channel)
{
	const uint64_t numbers[] = {channel->number, channel->events,
		channel->bytes, channel->newest, channel->pruned_through,
		channel->pruned_at, channel->keyed_at, channel->erased};
	/* As before anything could be deleted. */
	size_t count = channel->erased == 0 ? 7 : 8;

	return add_numbers(
		digest_add(0, channel_name(channel)), numbers, count);
}

uint64_t checksum_of_shown(const struct channel *channel)
{
	const struct shown *shown = channel->shown;
	const uint64_t numbers[] = {channel->number, shown->events,
		shown->bytes, shown->newest, shown->pruned.through,
		shown->pruned.at};

	return add_numbers(digest_add(0, channel_name(channel)), numbers,
		sizeof(numbers) / sizeof(*numbers));
}

uint64_t checksum_of_mark(
	uint64_t hash, enum gone_part part, const struct mark *mark)
{
	const uint64_t numbers[] = {hash, mark->through, mark->at, part};
	/* One that everybody may know of: as before there were others. */
	size_t count = part == GONE_SHOWN ? 3 : 4;

	return add_numbers(0, numbers, count);
}
