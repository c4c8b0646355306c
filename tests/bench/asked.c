/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "tests/bench/asked.h"

#include "fcgi/http/record.h"

enum { BEGIN = 1, PARAMS = 4, STDIN = 5, KEEP_CONN = 1 };

static struct span variable(struct span params, const char *name)
{
	size_t length[2];

	while (params.len > 0) {
		for (int i = 0; i < 2; i++) {
			const unsigned char *at =
				(const unsigned char *)params.at;
			size_t size = at[0] >> 7 ? 4 : 1;
			length[i] = size == 1 ? at[0]
					      : (size_t)(at[0] & 0x7f) << 24 |
							(size_t)at[1] << 16 |
							(size_t)at[2] << 8 |
							at[3];
			params = span(params.at + size, params.len - size);
		}
		struct span value = span(params.at + length[0], length[1]);
		if (span_is(span(params.at, length[0]), name))
			return value;
		params = span(value.at + value.len,
			params.len - length[0] - length[1]);
	}
	return span(NULL, 0);
}

static void take_record(
	struct asked *asked, unsigned type, const char *at, size_t len)
{
	if (type == BEGIN)
		asked->keep = (at[2] & KEEP_CONN) != 0;
	else
		buf_add(type == PARAMS ? &asked->params : &asked->body, at,
			len);
}

bool asked_read(struct asked *asked, struct buf *in)
{
	for (size_t at = 0; at + RECORD_HEAD <= in->len;) {
		const unsigned char *head = (unsigned char *)in->at + at;
		size_t len = (size_t)head[4] << 8 | head[5];
		size_t end = at + RECORD_HEAD + len + head[6];
		if (end > in->len)
			return false;
		if (head[1] == STDIN && len == 0) {
			buf_drop(in, end);
			asked->uri = variable(
				buf_span(&asked->params), "REQUEST_URI");
			asked->post = span_is(variable(buf_span(&asked->params),
						      "REQUEST_METHOD"),
				"POST");
			return true;
		}
		if (len > 0)
			take_record(
				asked, head[1], in->at + at + RECORD_HEAD, len);
		at = end;
	}
	return false;
}

void asked_release(struct asked *asked)
{
	buf_release(&asked->params);
	buf_release(&asked->body);
}
