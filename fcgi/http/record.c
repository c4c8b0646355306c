/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "fcgi/http/record.h"

enum {
	VERSION_1 = 1,
	END_REQUEST = 3,
	STDOUT = 6,
	END_BODY = 8,
};

static void head(struct buf *out, uint8_t type, uint16_t request, size_t len)
{
	const uint8_t bytes[RECORD_HEAD] = {VERSION_1, type,
		(uint8_t)(request >> 8), (uint8_t)request, (uint8_t)(len >> 8),
		(uint8_t)len, 0, 0};

	buf_add(out, bytes, sizeof(bytes));
}

void record_stdout(struct buf *out, uint16_t request, struct span content)
{
	while (content.len > 0) {
		size_t len =
			content.len < RECORD_BODY ? content.len : RECORD_BODY;

		head(out, STDOUT, request, len);
		buf_add(out, content.at, len);
		content.at += len;
		content.len -= len;
	}
}

void record_end(struct buf *out, uint16_t request)
{
	static const char complete[END_BODY];

	head(out, STDOUT, request, 0);
	head(out, END_REQUEST, request, END_BODY);
	buf_add(out, complete, sizeof(complete));
}
