/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "client/verb/line_batch.h"

#include <string.h>

#include "client/verb/input.h"

enum {
	BATCH_LINES = 1000,
	BATCH_BYTES = 256 << 10, /* under any sensible max_body */
};

size_t line_batch_cut(const struct buf *input, bool end, uint64_t *lines)
{
	size_t taken = 0;

	*lines = 0;
	while (*lines < BATCH_LINES && taken < input->len) {
		const char *at = input->at + taken;
		const char *stop = memchr(at, '\n', input->len - taken);
		size_t len = stop != NULL ? (size_t)(stop - at) + 1
					  : input->len - taken;

		if (stop == NULL && !end)
			break;
		if (taken > 0 && taken + len > BATCH_BYTES)
			break;
		taken += len;
		++*lines;
	}
	return taken;
}

bool line_batch_is_due(const struct buf *input, bool fixed)
{
	uint64_t lines;
	size_t len = line_batch_cut(input, false, &lines);

	if (lines == BATCH_LINES || input->len > BATCH_BYTES)
		return len > 0;
	if (fixed)
		return false;
	return len > BATCH_BYTES / 2 || (len > 0 && !input_is_ready());
}
