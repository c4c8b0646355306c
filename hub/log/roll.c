/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "hub/log/roll.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "lib/buf.h"
#include "lib/search.h"

enum { FIRST = 64 };

void roll_release(struct roll *roll)
{
	free(roll->places);
	*roll = (struct roll){0};
}

static uint64_t number_at(const void *of, uint64_t place)
{
	const struct roll *roll = of;

	return roll->places[place] / 2;
}

static size_t place_above(const struct roll *roll, uint64_t number)
{
	return (size_t)search_above(0, roll->count, number_at, roll, number);
}

void roll_add(struct roll *roll, uint64_t number)
{
	size_t place = place_above(roll, number);

	if (roll->count == roll->room) {
		roll->room = roll->room * 2 + FIRST;
		roll->places = mem_resize(
			roll->places, roll->room * sizeof(*roll->places));
	}
	memmove(&roll->places[place + 1], &roll->places[place],
		(roll->count - place) * sizeof(*roll->places));
	roll->places[place] = number * 2;
	roll->count++;
}

static void close_gaps(struct roll *roll)
{
	size_t kept = 0;

	for (size_t i = 0; i < roll->count; i++)
		if (roll->places[i] % 2 == 0)
			roll->places[kept++] = roll->places[i];
	roll->count = kept;
	roll->gone = 0;
}

void roll_remove(struct roll *roll, uint64_t number)
{
	size_t above = place_above(roll, number);

	assert(above > 0 && roll->places[above - 1] == number * 2);
	roll->places[above - 1]++;
	if (++roll->gone > roll->count / 2 + FIRST)
		close_gaps(roll);
}

uint64_t roll_next(const struct roll *roll, uint64_t number)
{
	for (size_t i = place_above(roll, number); i < roll->count; i++)
		if (roll->places[i] % 2 == 0)
			return roll->places[i] / 2;
	return 0;
}
