/* SPDX-License-Identifier: MIT */
/*
 * libfcgi can read a request only from a descriptor: that takes three calls of
 * the kernel's for what is in memory already, and it trusts whoever wrote it.
 * What of it is public all the same, and has been since libfcgi 2.0, is the
 * stream that it reads from.  Ours is filled with the contents of the records
 * that intake.h has looked at, one after the other, and libfcgi joins them.
 */
#include <config.h>

#include "fcgi/http/parse.h"

#include <assert.h>
#include <fcgiapp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#include "fcgi/http/intake.h"
#include "fcgi/http/request.h"
#include "lib/buf.h"

struct parser {
	struct buf params; /* of the last request: the next one uses it again */
};

struct parser *parser_new(void)
{
	return mem_new(sizeof(struct parser));
}

void parser_free(struct parser *parser)
{
	buf_release(&parser->params);
	free(parser);
}

/* ---- a stream in memory */

struct source {
	const struct assembler *assembler;
	enum intake_type type;
	size_t at;
};

static void fill(FCGX_Stream *stream)
{
	struct source *source = stream->data;
	struct span content;

	if (!assembler_next(
		    source->assembler, source->type, &source->at, &content)) {
		stream->isClosed = 1;
		return;
	}
	stream->rdNext = (unsigned char *)(uintptr_t)content.at;
	stream->stop = stream->rdNext + content.len;
}

/* All that records of this type say, `len` bytes at most. */
static void read_all(struct buf *out, const struct assembler *assembler,
	enum intake_type type, size_t len)
{
	struct source source = {.assembler = assembler, .type = type};
	FCGX_Stream stream = {
		.isReader = 1, .fillBuffProc = fill, .data = &source};
	char *to = buf_reserve(out, len);
	int got;

	assert(len <= INT32_MAX);
	got = FCGX_GetStr(to, (int)len, &stream);
	out->len += (size_t)got;
}

struct request *parser_read(
	struct parser *parser, const struct assembler *assembler)
{
	struct request *request = request_new();
	size_t body = assembler->body;

	request->id = assembler->id;
	request->too_long = assembler->too_long;
	buf_clear(&parser->params);
	read_all(&parser->params, assembler, INTAKE_PARAMS, assembler->params);
	request_read(request, buf_span(&parser->params));
	if (body > assembler->max_body)
		body = assembler->max_body;
	if (body > 0)
		read_all(&request->body, assembler, INTAKE_STDIN, body);
	return request;
}
