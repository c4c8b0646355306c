/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "fcgi/stream/told.h"

#include <string.h>

#include "fcgi/uplink/questions.h"
#include "lib/wire.h"

struct told {
	uint16_t count;
	struct judged_mark marks[]; /* their places rise */
};

struct told *told_new(const struct judged *judged)
{
	size_t size = judged->mark_count * sizeof(struct judged_mark);
	struct told *told;

	if (size == 0)
		return NULL;
	told = mem_new(sizeof(*told) + size);
	told->count = judged->mark_count;
	memcpy(told->marks, judged->marks, size);
	return told;
}

uint64_t told_through(const struct told *told, uint16_t place)
{
	for (uint16_t i = 0; told != NULL && i < told->count; i++)
		if (told->marks[i].place == place)
			return told->marks[i].through;
	return 0;
}

void told_put(const struct told *told, struct buf *out)
{
	uint16_t count = told == NULL ? 0 : told->count;

	wire_put_u16(out, count);
	for (uint16_t i = 0; i < count; i++) {
		wire_put_u16(out, told->marks[i].place);
		wire_put_u64(out, told->marks[i].told);
	}
}
