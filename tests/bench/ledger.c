/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "tests/bench/ledger.h"

#include <err.h>
#include <stdlib.h>

static void *zeroed(size_t count, size_t size)
{
	void *room = calloc(count, size);

	if (room == NULL)
		err(1, "ledger: no room for %zu x %zu bytes", count, size);
	return room;
}

static uint32_t listeners(const struct ledger *ledger, uint32_t channel)
{
	if (channel >= ledger->streams)
		return 0;
	return (ledger->streams - 1 - channel) / ledger->channels + 1;
}

void ledger_init(struct ledger *ledger)
{
	ledger->words = ledger->capacity / 64 + 1;
	ledger->have = zeroed(ledger->streams * ledger->words, 8);
	ledger->newest =
		zeroed((size_t)ledger->streams * ledger->publishers, 4);
	ledger->missing = zeroed(ledger->capacity, 4);
	for (uint32_t i = 0; i < ledger->capacity; i++)
		ledger->missing[i] = listeners(ledger, i % ledger->channels) -
				     ledger->stalled;
}

void ledger_release(struct ledger *ledger)
{
	free(ledger->have);
	free(ledger->newest);
	free(ledger->missing);
}

static bool could_be(const struct ledger *ledger, uint32_t stream,
	const struct payload *payload)
{
	return payload->number < ledger->capacity &&
	       payload->publisher < ledger->publishers &&
	       payload->number % ledger->channels == stream % ledger->channels;
}

void ledger_deliver(struct ledger *ledger, uint32_t stream,
	const struct payload *payload, uint64_t now)
{
	uint32_t number = payload->number;

	if (!could_be(ledger, stream, payload)) {
		ledger->foreign++;
		return;
	}
	uint64_t bit = UINT64_C(1) << (number % 64);
	uint64_t *word = &ledger->have[stream * ledger->words + number / 64];
	uint32_t *newest = &ledger->newest[stream * ledger->publishers +
					   payload->publisher];
	if ((*word & bit) != 0) {
		ledger->doubled++;
		return;
	}
	*word |= bit;
	ledger->delivered++;
	if (number < *newest)
		ledger->reordered++;
	else
		*newest = number + 1;
	if (ledger_stalls(ledger, stream)) {
		ledger->late++;
		return;
	}
	ledger->last = now;
	histogram_add(&ledger->latency, now - payload->at);
	if (--ledger->missing[number] == 0)
		histogram_add(&ledger->until_all, now - payload->at);
}

bool ledger_stalls(const struct ledger *ledger, uint32_t stream)
{
	uint32_t each;

	if (ledger->stalled == 0)
		return false;
	each = ledger->streams / ledger->stalled;
	return stream % each == 0 && stream / each < ledger->stalled;
}

uint64_t ledger_owed(const struct ledger *ledger)
{
	uint64_t rounds = ledger->published / ledger->channels;
	uint64_t owed = rounds * ledger->streams;

	for (uint32_t i = 0; i < ledger->published % ledger->channels; i++)
		owed += listeners(ledger, i);
	return owed;
}

bool ledger_is_settled(const struct ledger *ledger)
{
	uint64_t late = (uint64_t)ledger->published * ledger->stalled;

	return ledger->delivered - ledger->late == ledger_owed(ledger) - late;
}

bool ledger_is_complete(struct ledger *ledger, uint32_t events)
{
	while (ledger->complete < events &&
		ledger->missing[ledger->complete] == 0)
		ledger->complete++;
	return ledger->complete >= events;
}
