/* SPDX-License-Identifier: MIT */
/*
 *   RUNNING   waits for the next step, or for the time to say that it is there
 *   gone      everything was told, the browser left, or the socket was full: it
 *             then comes back with its id and loses nothing
 */
#include <config.h>

#include "fcgi/stream/tasks.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fcgi/counters.h"
#include "fcgi/guard/access.h"
#include "fcgi/guard/grant.h"
#include "fcgi/guard/limit.h"
#include "fcgi/http/record.h"
#include "fcgi/http/reply.h"
#include "fcgi/http/request.h"
#include "fcgi/stream/admit.h"
#include "fcgi/stream/event.h"
#include "fcgi/stream/expiry.h"
#include "fcgi/stream/task_query.h"
#include "fcgi/stream/task_step.h"
#include "lib/list.h"
#include "lib/loop.h"

struct tasks {
	struct tasks_parts parts;
	struct leases *leases;
	struct node all;
	size_t count;
};

struct showing {
	struct tasks *tasks;
	struct node node;
	struct loop_io watch;
	struct timer timer;
	struct client *client;
	struct grant *grant;	 /* held */
	struct expiry_lease end; /* without a reason: there is none */
	struct task_place place;
	uint64_t keepalive_ms;
	uint32_t next;	  /* step */
	uint64_t wrote;	  /* monotonic us */
	uint16_t request; /* FastCGI request id */
};

static uint64_t date_ms(const struct tasks *tasks)
{
	return clock_date_ms(loop_clock(tasks->parts.loop));
}

static void leave(struct showing *showing)
{
	const struct tasks_parts *parts = &showing->tasks->parts;

	list_remove(&showing->node);
	showing->tasks->count--;
	loop_io_want(parts->loop, &showing->watch, 0);
	timer_stop(loop_timers(parts->loop), &showing->timer);
	close(loop_io_fd(&showing->watch));
	limit_leave(parts->limiter, showing->client, 0);
	leases_remove(showing->tasks->leases, &showing->end.lease);
	grant_drop(showing->grant);
	free(showing);
}

/* False, and it is gone, if the socket does not take all of it. */
static bool give(struct showing *showing, const struct buf *records)
{
	ssize_t sent = send(loop_io_fd(&showing->watch), records->at,
		records->len, MSG_NOSIGNAL | MSG_DONTWAIT);

	showing->wrote = loop_now_us(showing->tasks->parts.loop);
	if (sent == (ssize_t)records->len)
		return true;
	leave(showing);
	return false;
}

/* `text` is the last word. */
static void part(struct showing *showing, struct span text)
{
	struct buf end = {0};

	record_stdout(&end, showing->request, text);
	record_end(&end, showing->request);
	if (give(showing, &end))
		leave(showing);
	buf_release(&end);
}

static void finish(struct showing *showing)
{
	part(showing, span(NULL, 0));
}

/* ---- an end that is not its own */

static void expire(struct showing *showing, const char *reason)
{
	struct buf text = {0};

	event_expired(&text, 0, reason);
	part(showing, buf_span(&text));
	buf_release(&text);
}

static void on_end(void *arg, struct lease *lease)
{
	struct showing *showing = list_entry(lease, struct showing, end.lease);

	(void)arg;
	expire(showing, showing->end.reason);
}

void tasks_keys_gone(struct tasks *tasks)
{
	struct node *node, *next;

	for (node = tasks->all.next; node != &tasks->all; node = next) {
		struct showing *showing =
			list_entry(node, struct showing, node);

		next = node->next;
		if (grant_is_void(showing->grant))
			expire(showing, EXPIRED_TOKEN);
	}
}

/* ---- the timetable */

/* How long until the time to say that it is there, ms. */
static uint64_t beat_in(const struct showing *showing)
{
	uint64_t most = showing->keepalive_ms;
	uint64_t silent =
		(loop_now_us(showing->tasks->parts.loop) - showing->wrote) /
		1000;

	return silent < most ? most - silent : 0;
}

static void set_timer(struct showing *showing)
{
	uint64_t now = date_ms(showing->tasks);
	uint64_t due = task_step_due(&showing->place, showing->next);
	uint64_t wait = due > now ? due - now : 0;

	/* Also if the wall clock was put back. */
	if (wait > beat_in(showing))
		wait = beat_in(showing);
	timer_set(loop_timers(showing->tasks->parts.loop), &showing->timer,
		wait * 1000, 0);
}

/* Appends every step that is due; false if the last was among them. */
static bool add_due(struct showing *showing, struct buf *text)
{
	uint64_t now = date_ms(showing->tasks);

	while (showing->next < TASK_STEPS &&
		task_step_due(&showing->place, showing->next) <= now)
		task_step_text(text, &showing->place, showing->next++);
	return showing->next < TASK_STEPS;
}

/* Sends `text`, to which what is due is added. */
static void go_on(struct showing *showing, struct buf *text)
{
	struct buf records = {0};
	bool more = add_due(showing, text);

	if (text->len == 0 && beat_in(showing) == 0)
		buf_add_span(text, event_comment());
	record_stdout(&records, showing->request, buf_span(text));
	if (records.len == 0 || give(showing, &records)) {
		if (more)
			set_timer(showing);
		else
			finish(showing);
	}
	buf_release(&records);
}

static void on_timer(void *arg)
{
	struct buf text = {0};

	go_on(arg, &text);
	buf_release(&text);
}

/* The web server says only that the browser has left. */
static void on_readable(void *arg, unsigned events)
{
	struct showing *showing = arg;
	char bytes[256];
	ssize_t len = recv(loop_io_fd(&showing->watch), bytes, sizeof(bytes),
		MSG_DONTWAIT);

	(void)events;
	if (len == 0 || (len < 0 && errno != EAGAIN && errno != EINTR) ||
		(len >= 2 && bytes[1] == RECORD_ABORT))
		finish(showing);
}

/* ---- the request */

/* Takes request, client and grant. */
static void begin(struct tasks *tasks, struct request *request,
	struct client *client, struct grant *grant,
	const struct task_query *query)
{
	struct showing *showing = mem_new(sizeof(*showing));
	struct buf text = {0};

	*showing = (struct showing){.tasks = tasks,
		.client = client,
		.grant = grant,
		.end = expiry_of(
			grant, date_ms(tasks), tasks->parts.stream_age_ms),
		.place = query->place,
		.keepalive_ms = query->keepalive_ms,
		.next = query->next,
		.request = request->id,
		.wrote = loop_now_us(tasks->parts.loop)};
	list_append(&tasks->all, &showing->node);
	tasks->count++;
	list_init(&showing->end.lease.node);
	if (showing->end.reason != NULL)
		leases_add(tasks->leases, &showing->end.lease);
	loop_io_init(&showing->watch, request->fd, on_readable, showing);
	loop_io_want(tasks->parts.loop, &showing->watch, LOOP_READ);
	timer_init(&showing->timer, on_timer, showing);
	request->fd = -1;
	counters_answered(tasks->parts.counters, 200);
	event_head(&text, EVENT_PLAIN, tasks->parts.retry_ms,
		buf_span(&request->headers));
	go_on(showing, &text);
	buf_release(&text);
	request_free(request);
}

/* Nothing of it is private; but it may be for those only who show something.
 * False if it has been refused. */
static bool is_allowed(
	struct tasks *tasks, struct request *request, struct grant **grant)
{
	enum access_word word =
		access_may_listen(tasks->parts.access, request, grant);

	if (word == ACCESS_YES)
		return true;
	admit_refuse(tasks->parts.admit, request, word);
	return false;
}

void tasks_listen(
	void *room, struct request *request, const struct target *target)
{
	struct tasks *tasks = room;
	struct task_query wanted = {.place = {.start = date_ms(tasks)},
		.keepalive_ms = tasks->parts.keepalive_ms};
	struct grant *grant;
	struct client *client = NULL;
	const char *code, *fault;

	if (!is_allowed(tasks, request, &grant))
		return;
	fault = task_query_read(&wanted, request, target->query, &code);
	if (fault != NULL) {
		reply_error(tasks->parts.replies, request, 400, code, fault);
	} else if (wanted.next == TASK_STEPS) {
		reply(tasks->parts.replies, request,
			&(struct answer){.status = 204});
	} else {
		client = admit_enter(tasks->parts.admit, request, NULL);
	}
	if (client != NULL)
		begin(tasks, request, client, grant, &wanted);
	else
		grant_drop(grant);
}

/* ---- life */

struct tasks *tasks_new(const struct tasks_parts *parts)
{
	struct tasks *tasks = mem_new(sizeof(*tasks));

	tasks->parts = *parts;
	tasks->leases = leases_new(loop_timers(parts->loop), on_end, tasks);
	list_init(&tasks->all);
	return tasks;
}

void tasks_free(struct tasks *tasks)
{
	assert(tasks->count == 0);
	leases_free(tasks->leases);
	free(tasks);
}

size_t tasks_count(const struct tasks *tasks)
{
	return tasks->count;
}

void tasks_drain(struct tasks *tasks)
{
	while (!list_empty(&tasks->all))
		finish(list_entry(tasks->all.next, struct showing, node));
}
