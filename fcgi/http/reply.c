/* SPDX-License-Identifier: MIT */
/*
 *   WAITING    the socket took a part; its writability is awaited
 *   gone       all was taken, the peer left, or the deadline passed
 *
 * A waiting reply owns its descriptor and what is left to send.
 */
#include <config.h>

#include "fcgi/http/reply.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "fcgi/counters.h"
#include "fcgi/http/kept.h"
#include "fcgi/http/record.h"
#include "fcgi/http/request.h"
#include "fcgi/http/unread.h"
#include "lib/buf.h"
#include "lib/json/json.h"
#include "lib/list.h"
#include "lib/loop.h"

enum {
	HEAD = 256,   /* bytes of an answer's head, mostly */
	RECORDS = 64, /* of what FastCGI puts around an answer, mostly */
};

struct waiting {
	struct replies *replies;
	struct node node;
	struct loop_io writable;
	struct timer deadline;
	uint64_t end_us;
	struct unread_text unread;
	struct kept *kept; /* its request's */
	int fd;
	struct buf rest;
	size_t sent;
};

struct replies {
	struct loop *loop;
	struct counters *counters;
	struct unread *unread;
	struct node waiting;
	size_t count;
};

struct replies *replies_new(
	struct loop *loop, struct counters *counters, struct unread *unread)
{
	struct replies *replies = mem_new(sizeof(*replies));

	replies->loop = loop;
	replies->counters = counters;
	replies->unread = unread;
	list_init(&replies->waiting);
	return replies;
}

static void leave(struct waiting *waiting, struct kept *kept)
{
	struct replies *replies = waiting->replies;

	list_remove(&waiting->node);
	replies->count--;
	loop_io_want(replies->loop, &waiting->writable, 0);
	timer_stop(loop_timers(replies->loop), &waiting->deadline);
	unread_remove(replies->unread, &waiting->unread);
	kept_take(kept, waiting->fd);
	buf_release(&waiting->rest);
	free(waiting);
}

void replies_free(struct replies *replies)
{
	struct node *node, *next;

	if (replies == NULL)
		return;
	for (node = replies->waiting.next; node != &replies->waiting;
		node = next) {
		next = node->next;
		leave(list_entry(node, struct waiting, node), NULL);
	}
	free(replies);
}

struct unread *replies_unread(const struct replies *replies)
{
	return replies->unread;
}

size_t replies_count(const struct replies *replies)
{
	return replies->count;
}

/* How many bytes the socket took; -1 if the peer is gone. */
static ssize_t push(int fd, const char *at, size_t len)
{
	ssize_t sent = send(fd, at, len, MSG_NOSIGNAL | MSG_DONTWAIT);

	if (sent < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	return sent;
}

static void on_end(void *arg)
{
	leave(arg, NULL);
}

/* Some of it was taken, or it begins to wait. */
static void wait_on(struct waiting *waiting)
{
	struct replies *replies = waiting->replies;
	uint64_t now = loop_now_us(replies->loop);
	uint64_t left =
		waiting->end_us > now ? waiting->end_us - now : UINT64_C(1);

	if (left > REPLY_DEADLINE_MS * UINT64_C(1000))
		left = REPLY_DEADLINE_MS * UINT64_C(1000);
	timer_set(loop_timers(replies->loop), &waiting->deadline, left, 0);
	unread_note(replies->unread, &waiting->unread, waiting->rest.len);
}

static void on_writable(void *arg, unsigned events)
{
	struct waiting *waiting = arg;
	ssize_t sent = push(waiting->fd, waiting->rest.at + waiting->sent,
		waiting->rest.len - waiting->sent);

	(void)events;
	if (sent > 0)
		waiting->sent += (size_t)sent;
	if (sent < 0)
		leave(waiting, NULL);
	else if (waiting->sent == waiting->rest.len)
		leave(waiting, waiting->kept);
	else if (sent > 0)
		wait_on(waiting);
}

/* Takes the request's descriptor, and the bytes. */
static void wait(struct replies *replies, struct request *request,
	struct buf *rest, size_t sent)
{
	struct waiting *waiting = mem_new(sizeof(*waiting));

	*waiting = (struct waiting){.replies = replies,
		.kept = request->kept,
		.fd = request->fd,
		.rest = *rest,
		.sent = sent};
	request->fd = -1;
	list_append(&replies->waiting, &waiting->node);
	replies->count++;
	loop_io_init(&waiting->writable, waiting->fd, on_writable, waiting);
	loop_io_want(replies->loop, &waiting->writable, LOOP_WRITE);
	timer_init(&waiting->deadline, on_end, waiting);
	waiting->unread.end = on_end;
	waiting->unread.arg = waiting;
	waiting->end_us =
		loop_now_us(replies->loop) + REPLY_TOTAL_MS * UINT64_C(1000);
	wait_on(waiting);
}

static const char *reason(unsigned status)
{
	switch (status) {
	case 200:
		return "OK";
	case 204:
		return "No Content";
	case 304:
		return "Not Modified";
	case 400:
		return "Bad Request";
	case 401:
		return "Unauthorized";
	case 403:
		return "Forbidden";
	case 404:
		return "Not Found";
	case 405:
		return "Method Not Allowed";
	case 409:
		return "Conflict";
	case 411:
		return "Length Required";
	case 413:
		return "Content Too Large";
	case 415:
		return "Unsupported Media Type";
	case 421:
		return "Misdirected Request";
	case 429:
		return "Too Many Requests";
	default:
		return "Service Unavailable";
	}
}

static void add_line(struct buf *out, const char *name, const char *value)
{
	buf_add_text(out, name);
	buf_add_text(out, value);
	buf_add(out, "\r\n", 2);
}

static void add_status(struct buf *out, unsigned status)
{
	buf_add_text(out, "Status: ");
	buf_add_number(out, status);
	add_line(out, " ", reason(status));
}

static void add_length(struct buf *out, size_t len)
{
	buf_add_text(out, "Content-Length: ");
	buf_add_number(out, len);
	buf_add(out, "\r\n", 2);
}

/* Without printf(3): of an answer's instructions those were two thirds. */
static void compose(struct buf *out, const struct request *request,
	const struct answer *answer)
{
	buf_reserve(out, HEAD + answer->body.len);
	add_status(out, answer->status);
	if (answer->type != NULL) {
		add_line(out, "Content-Type: ", answer->type);
		add_line(out, "X-Content-Type-Options: ", "nosniff");
	}
	if (answer->type != NULL && !answer->open)
		add_length(out, answer->body.len);
	add_line(out, "Cache-Control: ",
		answer->cache == NULL ? "no-store" : answer->cache);
	if (answer->headers != NULL)
		buf_add_text(out, answer->headers);
	buf_add_span(out, buf_span(&request->headers));
	buf_add(out, "\r\n", 2);
	if (answer->type != NULL && !request->head)
		buf_add_span(out, answer->body);
}

void reply_begin(struct replies *replies, const struct request *request,
	const struct answer *answer, struct buf *out)
{
	counters_answered(replies->counters, answer->status);
	compose(out, request, answer);
}

void reply(struct replies *replies, struct request *request,
	const struct answer *answer)
{
	struct buf text = {0}, records = {0};
	ssize_t sent;

	counters_answered(replies->counters, answer->status);
	compose(&text, request, answer);
	buf_reserve(&records, text.len + RECORDS);
	record_stdout(&records, request->id, buf_span(&text));
	record_end(&records, request->id);
	buf_release(&text);
	sent = push(request->fd, records.at, records.len);
	if (sent >= 0 && (size_t)sent == records.len) {
		buf_release(&records);
		kept_answered(request);
		return;
	}
	if (sent >= 0)
		wait(replies, request, &records, (size_t)sent);
	else
		buf_release(&records);
	request_free(request);
}

void reply_json(struct replies *replies, struct request *request,
	unsigned status, struct span body)
{
	reply(replies, request,
		&(struct answer){.status = status,
			.type = "application/json",
			.body = body});
}

void reply_error_with(struct replies *replies, struct request *request,
	const char *headers, unsigned status, const char *code,
	const char *message)
{
	struct json_object *object = json_new();
	struct buf body = {0};

	counters_refused(replies->counters, code);
	json_add_text(object, "error", span_of(code));
	json_add_text(object, "message", span_of(message));
	json_end(object, &body);
	reply(replies, request,
		&(struct answer){.status = status,
			.type = "application/json",
			.headers = headers,
			.body = buf_span(&body)});
	buf_release(&body);
}

void reply_error(struct replies *replies, struct request *request,
	unsigned status, const char *code, const char *message)
{
	reply_error_with(replies, request, NULL, status, code, message);
}

void reply_away(
	struct replies *replies, struct request *request, const char *message)
{
	reply_error_with(
		replies, request, REPLY_RETRY, 503, "hub_away", message);
}

void reply_end(struct request *request)
{
	struct buf end = {0};

	record_end(&end, request->id);
	push(request->fd, end.at, end.len);
	buf_release(&end);
	request_free(request);
}
