/* SPDX-License-Identifier: MIT */
/*
 * fuzz_records - any bytes as FastCGI records, once they are handed over
 *
 * What intake has let through is read by way of libfcgi; the request that comes
 * of it is compared with a plain reader of the same records.  The same bytes
 * are read as the answer that our own acceptor hears (cgi_records.h), whole and
 * in pieces.
 */
#include <config.h>

#include <stdbool.h>
#include <string.h>

#include "fcgi/http/cgi_records.h"
#include "fcgi/http/intake.h"
#include "fcgi/http/parse.h"
#include "fcgi/http/request.h"
#include "tests/fuzz/fuzz.h"

enum { MAX_BODY = 100, HEAD = 8, PARAMS = 4, STDIN = 5 };

/* ---- the plain reader (FastCGI 1.0 sections 3.3 and 3.4) */

static void gather(struct buf *out, struct span records, unsigned type)
{
	while (records.len > 0) {
		const unsigned char *at = (const unsigned char *)records.at;
		size_t len = (size_t)(at[4] * 256 + at[5]);
		size_t all = HEAD + len + at[6];

		MUST(all <= records.len);
		if (at[1] == type)
			buf_add(out, at + HEAD, len);
		records = span(records.at + all, records.len - all);
	}
}

static size_t length(struct span *pairs)
{
	const unsigned char *at = (const unsigned char *)pairs->at;
	size_t size = at[0] < 128 ? 1 : 4;
	size_t value = at[0];

	if (size == 4)
		value = ((at[0] - 128u) * 256 + at[1]) * 65536 +
			(size_t)(at[2] * 256 + at[3]);
	*pairs = span(pairs->at + size, pairs->len - size);
	return value;
}

/* The value of the last pair of that name that says something. */
static struct buf look_up(struct span pairs, const char *wanted)
{
	struct buf found = {0};

	while (pairs.len > 0) {
		size_t name = length(&pairs);
		size_t value = length(&pairs);

		MUST(name <= pairs.len && value <= pairs.len - name);
		if (value > 0 && span_is(span(pairs.at, name), wanted)) {
			buf_clear(&found);
			buf_add(&found, pairs.at + name, value);
		}
		pairs = span(pairs.at + name + value, pairs.len - name - value);
	}
	return found;
}

static void same(struct span pairs, const char *name, const char *have)
{
	struct buf want = look_up(pairs, name);

	MUST(span_is(buf_span(&want), have));
	buf_release(&want);
}

static void compare(
	const struct assembler *assembler, const struct request *request)
{
	struct buf params = {0};
	struct buf body = {0};
	struct span pairs;

	gather(&params, buf_span(&assembler->records), PARAMS);
	gather(&body, buf_span(&assembler->records), STDIN);
	pairs = buf_span(&params);
	MUST(span_equal(buf_span(&request->body), buf_span(&body)));
	MUST(request->id == assembler->id && request->id != 0);
	MUST(request->too_long == assembler->too_long && request->fd == -1);
	MUST(body.len <= MAX_BODY);
	same(pairs, "REQUEST_METHOD", request->method);
	same(pairs, "REQUEST_URI", request->uri);
	same(pairs, "REMOTE_ADDR", request->address);
	same(pairs, "HTTP_ORIGIN", request->origin);
	same(pairs, "HTTP_LAST_EVENT_ID", request->last_event_id);
	same(pairs, "CONTENT_LENGTH", request->content_length);
	buf_release(&params);
	buf_release(&body);
}

static void as_request(struct span bytes)
{
	static struct parser *parser;
	struct request *request;
	struct assembler assembler;

	assembler_init(&assembler, MAX_BODY);
	buf_add_span(&assembler.records, bytes);
	if (assembler_look(&assembler) == ASSEMBLER_COMPLETE) {
		if (parser == NULL)
			parser = parser_new();
		request = parser_read(parser, &assembler);
		compare(&assembler, request);
		request_free(request);
	}
	assembler_release(&assembler);
}

/* ---- our acceptor's other half */

static void as_answer(struct span bytes)
{
	struct buf whole = {0};
	struct buf pieces = {0};
	struct buf heard = {0};
	bool ended = false, ended_too = false;
	size_t taken = cgi_hear(&whole, bytes, &ended), done = 0;

	MUST(taken <= bytes.len && whole.len <= taken);
	for (size_t i = 0; i < bytes.len; i++) {
		size_t more;

		buf_add_char(&heard, bytes.at[i]);
		more = cgi_hear(&pieces, buf_span(&heard), &ended_too);
		buf_drop(&heard, more);
		done += more;
	}
	MUST(done == taken && ended == ended_too);
	MUST(span_equal(buf_span(&whole), buf_span(&pieces)));
	buf_release(&whole);
	buf_release(&pieces);
	buf_release(&heard);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	as_request(span(data, size));
	as_answer(span(data, size));
	return 0;
}
