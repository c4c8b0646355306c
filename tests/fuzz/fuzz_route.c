/* SPDX-License-Identifier: MIT */
/*
 * fuzz_route - any bytes as a request that the web server has understood
 *
 * The first byte is the hub's mood and the responder's; then lines NAME=value,
 * a blank line, the body.  Whatever the request was, there is exactly one whole
 * answer: header lines without anything smuggled in, JSON of the length that
 * was promised or an event stream of our own lines only, and what the browser
 * named as its last event is what the hub was asked about.
 */
#include <config.h>

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fcgi/http/request.h"
#include "fcgi/route.h"
#include "lib/json/json.h"
#include "lib/text.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/stub.h"
#include "tests/unit/pairs.h"

enum { VARIABLES_MAX = 32, ANSWER_MAX = 1 << 20 };

/* ---- the request */

struct texts {
	char *all;
	char *environment[VARIABLES_MAX + 1];
	size_t count;
};

/* Takes the lines off `rest`; each is a C string with a '='. */
static void read_lines(struct texts *texts, struct span *rest)
{
	size_t from = 0;

	texts->all = mem_text(*rest);
	while (from < rest->len && texts->count < VARIABLES_MAX) {
		char *line = texts->all + from;
		size_t len = strcspn(line, "\n");

		from += from + len < rest->len ? len + 1 : len;
		line[len] = '\0';
		if (len == 0)
			break;
		if (strchr(line, '=') != NULL)
			texts->environment[texts->count++] = line;
	}
	*rest = span(rest->at + from, rest->len - from);
}

static struct request *make_request(
	const struct texts *texts, struct span body, int fd)
{
	struct request *request = request_new();
	struct buf pairs = pairs_of(texts->environment);

	request->fd = fd;
	request->id = 1;
	request_read(request, buf_span(&pairs));
	buf_release(&pairs);
	buf_add_span(&request->body, body);
	return request;
}

/* ---- the answer */

static struct span take_until(struct span *rest, const char *end)
{
	const char *at = memmem(rest->at, rest->len, end, strlen(end));
	struct span part;

	MUST(at != NULL);
	part = span(rest->at, (size_t)(at - rest->at));
	*rest = span(at + strlen(end), rest->len - part.len - strlen(end));
	return part;
}

static bool begins(struct span text, const char *with)
{
	return text.len >= strlen(with) &&
	       memcmp(text.at, with, strlen(with)) == 0;
}

struct head {
	unsigned status;
	bool stream, json, typed;
	size_t length;
};

static void read_header(struct head *head, struct span line)
{
	static const char length[] = "Content-Length: ";
	static const char type[] = "Content-Type: ";
	const char *colon = memchr(line.at, ':', line.len);
	uint64_t number;

	MUST(colon != NULL && colon > line.at && colon[1] == ' ');
	for (size_t i = 0; i < line.len; i++)
		MUST(line.at[i] >= ' ' && line.at[i] <= '~');
	MUST(memchr(line.at, ' ', (size_t)(colon - line.at)) == NULL);
	MUST(!begins(line, "Status:"));
	if (begins(line, length)) {
		MUST(text_to_u64(span(line.at + sizeof(length) - 1,
					 line.len - sizeof(length) + 1),
			&number));
		head->length = (size_t)number;
	}
	if (begins(line, type)) {
		MUST(!head->typed);
		head->typed = true;
		line = span(line.at + sizeof(type) - 1,
			line.len - sizeof(type) + 1);
		head->stream =
			span_is(line, "text/event-stream; charset=utf-8");
		head->json = span_is(line, "application/json");
	}
}

static struct head read_head(struct span *rest)
{
	struct head head = {0};
	struct span line = take_until(rest, "\r\n");

	MUST(begins(line, "Status: ") && line.len > 12);
	for (int i = 8; i < 11; i++) {
		MUST(line.at[i] >= '0' && line.at[i] <= '9');
		head.status = head.status * 10 + (unsigned)(line.at[i] - '0');
	}
	MUST(head.status >= 200 && head.status <= 503);
	while ((line = take_until(rest, "\r\n")).len > 0)
		read_header(&head, line);
	return head;
}

/* ---- an event stream */

static const char *const fields[] = {"id: ", "event: ", "data: ", "retry: "};

static void check_line(struct span line)
{
	size_t known = 0;

	if (line.len == 0 || line.at[0] == ':')
		return;
	for (size_t i = 0; i < 4; i++)
		known += begins(line, fields[i]);
	MUST(known == 1 && memchr(line.at, '\r', line.len) == NULL);
}

static void check_reset(struct span line, const char *asked)
{
	struct json_object *object;
	struct span want = span_of(asked);
	struct span have;

	object = json_parse(span(line.at + 6, line.len - 6));
	MUST(object != NULL && json_text(object, "requested", &have));
	if (want.len > 64)
		want.len = 64;
	if (!text_is_utf8(want, NULL))
		want.len = 0;
	if (*asked != '\0')
		MUST(span_equal(want, have));
	json_free(object);
}

static void check_stream(struct span body, const char *asked)
{
	bool reset = false, data = false;

	MUST(begins(body, "retry: "));
	MUST(text_is_utf8(body, NULL));
	MUST(body.at[body.len - 1] == '\n');
	while (body.len > 0) {
		struct span line = take_until(&body, "\n");

		check_line(line);
		/* No blank line but behind an event with data. */
		MUST(line.len > 0 || data);
		data = line.len > 0 && (data || begins(line, "data: "));
		if (reset)
			check_reset(line, asked);
		reset = span_is(line, "event: reset");
	}
}

static void check_answer(struct span said, const struct request *asked)
{
	struct json_fault fault;
	struct buf content = {0};
	struct span rest;
	struct head head;

	stub_content(&content, said, 1);
	rest = buf_span(&content);
	head = read_head(&rest);
	if (strcmp(asked->method, "HEAD") == 0)
		MUST(rest.len == 0);
	else if (head.stream)
		check_stream(rest, asked->last_event_id);
	else
		MUST(rest.len == head.length);
	if (head.json && rest.len > 0)
		MUST(strict_json(rest, &fault));
	buf_release(&content);
}

/* What the browser says was its last event, read once more. */
static void check_question(const struct request *asked)
{
	const char *id = asked->last_event_id;
	size_t digits = strspn(id, "0123456789");
	unsigned long long value = strtoull(id, NULL, 10);
	bool good = digits > 0 && digits <= 19 && id[digits] == '\0' &&
		    value <= INT64_MAX;

	/* Who asks for a page of a channel has no last one. */
	if (!stub_question.asked || *id == '\0' ||
		strstr(asked->uri, "/api/channels/") != NULL)
		return;
	MUST(stub_question.from == (good ? WIRE_AFTER : WIRE_UNKNOWN));
	MUST(!good || stub_question.value == value);
}

static void play(struct request *request, uint8_t mood)
{
	struct rooms *rooms = stub_rooms();

	stub_question.asked = false;
	stub_everybody((mood & 32) != 0);
	rooms->admit.shut = (mood & 64) != 0;
	route_request(rooms->router, request);
	for (int turn = 0; turn < 4; turn++)
		stub_answer(mood);
	rooms_drain(rooms);
	stub_answer(mood);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char said[ANSWER_MAX];
	struct texts texts = {0};
	struct request *asked;
	struct span rest;
	int ends[2];
	ssize_t len;
	size_t got = 0;

	if (size == 0)
		return 0;
	rest = span(data + 1, size - 1);
	read_lines(&texts, &rest);
	MUST(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends) == 0);
	asked = make_request(&texts, span(NULL, 0), -1);
	play(make_request(&texts, rest, ends[1]), data[0]);
	while ((len = recv(ends[0], said + got, sizeof(said) - got, 0)) > 0)
		got += (size_t)len;
	MUST(len == 0); /* it is over, and nothing stays open */
	close(ends[0]);
	check_answer(span(said, got), asked);
	check_question(asked);
	request_free(asked);
	free(texts.all);
	return 0;
}
