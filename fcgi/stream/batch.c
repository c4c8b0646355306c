/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "fcgi/stream/batch.h"

#include <assert.h>
#include <stdlib.h>

#include "fcgi/http/record.h"

struct batch *batch_new(uint16_t request, struct span text)
{
	size_t records = (text.len + RECORD_BODY - 1) / RECORD_BODY;
	size_t len = text.len + records * RECORD_HEAD;
	struct batch *batch = mem_resize(NULL, sizeof(*batch) + len);
	struct buf out = {batch->bytes, 0, len};

	assert(len <= UINT32_MAX);
	record_stdout(&out, request, text);
	assert(out.at == batch->bytes && out.len == len);
	*batch = (struct batch){.refs = 1, .len = (uint32_t)len};
	return batch;
}

size_t batch_text_len(const struct batch *batch)
{
	size_t record = RECORD_HEAD + RECORD_BODY;

	return batch->len - (batch->len + record - 1) / record * RECORD_HEAD;
}

void batch_text(
	const struct batch *batch, size_t begin, size_t end, struct buf *out)
{
	while (begin < end) {
		size_t record = begin / RECORD_BODY;
		size_t stop = (record + 1) * RECORD_BODY;

		if (stop > end)
			stop = end;
		buf_add(out, batch->bytes + begin + (record + 1) * RECORD_HEAD,
			stop - begin);
		begin = stop;
	}
}

struct batch *batch_hold(struct batch *batch)
{
	batch->refs++;
	return batch;
}

void batch_drop(struct batch *batch)
{
	if (batch == NULL || --batch->refs > 0)
		return;
	batch_drop(batch->packed);
	free(batch);
}
