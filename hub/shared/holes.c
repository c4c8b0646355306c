/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "hub/shared/holes.h"

static struct shared_hole *all(const struct buf *buf, size_t *count)
{
	*count = buf->len / sizeof(struct shared_hole);
	return (struct shared_hole *)(void *)buf->at;
}

static bool is_known(const struct holes *holes, const struct shared_hole *hole)
{
	size_t low = 0, high;
	const struct shared_hole *known = all(&holes->known, &high);

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (known[middle].start < hole->start)
			low = middle + 1;
		else
			high = middle;
	}
	return low < holes->known.len / sizeof(*known) &&
	       known[low].start == hole->start;
}

/* Known ones that are so old count as one with the log's oldest. */
static bool is_old(const struct holes *holes, const struct shared_hole *hole)
{
	size_t count;
	const struct shared_hole *known = all(&holes->known, &count);

	return count > 0 && hole->start < known[0].start;
}

void holes_release(struct holes *holes)
{
	buf_release(&holes->known);
	buf_release(&holes->pending);
}

void holes_know(
	struct holes *holes, const struct shared_hole *known, size_t count)
{
	buf_clear(&holes->known);
	buf_add(&holes->known, known, count * sizeof(*known));
}

void holes_begin(struct holes *holes)
{
	buf_clear(&holes->pending);
}

void holes_add(struct holes *holes, const struct shared_hole *hole)
{
	buf_add(&holes->pending, hole, sizeof(*hole));
}

bool holes_below(struct holes *holes, uint64_t from, struct shared_hole *hole)
{
	size_t count;
	const struct shared_hole *pending = all(&holes->pending, &count);

	/* One that knows a later one has been here since. */
	for (size_t i = count; i-- > 0;)
		if (is_known(holes, &pending[i])) {
			pending += i + 1;
			count -= i + 1;
			break;
		}
	for (size_t i = 0; i < count; i++)
		if (pending[i].last < from && !is_known(holes, &pending[i]) &&
			!is_old(holes, &pending[i])) {
			*hole = pending[i];
			return true;
		}
	return false;
}

bool holes_take(struct holes *holes, uint64_t from, uint64_t upto,
	struct shared_hole *hole)
{
	size_t count;
	const struct shared_hole *pending = all(&holes->pending, &count);

	while (count > 0 && pending->start <= from) {
		buf_drop(&holes->pending, sizeof(*pending));
		pending = all(&holes->pending, &count);
	}
	if (count == 0 || pending->start > upto)
		return false;
	*hole = *pending;
	return true;
}

bool holes_ahead(const struct holes *holes, uint64_t from)
{
	size_t count;
	const struct shared_hole *pending = all(&holes->pending, &count);

	return count > 0 && pending[count - 1].start > from;
}

void holes_told(struct holes *holes, const struct shared_hole *hole)
{
	size_t count;
	const struct shared_hole *known = all(&holes->known, &count);

	/* One below others was met on the way back. */
	while (count > 0 && known[count - 1].start >= hole->start)
		count--;
	holes->known.len = count * sizeof(*known);
	buf_add(&holes->known, hole, sizeof(*hole));
}
