/* SPDX-License-Identifier: MIT */
/*
 *   WAITING    the uplink holds our callback
 *   WATCHED    the same, and the connection is watched
 *   SENDING    a part of the answer is not taken yet; nothing is asked
 *   gone       it was called, or the browser left and the uplink was told
 *
 * Nearly every word comes within milliseconds, and to watch a descriptor costs
 * a system call; so only who has waited for a while is watched.
 */
#include <config.h>

#include "fcgi/http/deferred.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "fcgi/http/kept.h"
#include "fcgi/http/record.h"
#include "fcgi/http/reply.h"
#include "fcgi/http/request.h"
#include "fcgi/uplink/call.h"

enum {
	WHILE_US = 50000,
};

struct deferrals {
	struct loop *loop;
	struct replies *replies;
	struct node waiting;
	size_t count;
	struct timer look; /* runs while somebody waits */
};

static void on_look(void *arg);

struct deferrals *deferrals_new(struct loop *loop, struct replies *replies)
{
	struct deferrals *deferrals = mem_new(sizeof(*deferrals));

	deferrals->loop = loop;
	deferrals->replies = replies;
	list_init(&deferrals->waiting);
	timer_init(&deferrals->look, on_look, deferrals);
	return deferrals;
}

struct request *deferred_done(struct deferred *deferred)
{
	struct deferrals *deferrals = deferred->deferrals;
	struct request *request = deferred->request;

	if (deferred->gone != NULL)
		deferred->gone(deferred->beside);
	list_remove(&deferred->node);
	deferrals->count--;
	loop_io_want(deferrals->loop, &deferred->watch, 0);
	timer_stop(loop_timers(deferrals->loop), &deferred->patience);
	unread_remove(replies_unread(deferred->replies), &deferred->unread);
	buf_release(&deferred->note);
	buf_release(&deferred->answer);
	buf_release(&deferred->records);
	free(deferred);
	return request;
}

void deferrals_free(struct deferrals *deferrals)
{
	struct node *node, *next;

	if (deferrals == NULL)
		return;
	for (node = deferrals->waiting.next; node != &deferrals->waiting;
		node = next) {
		struct deferred *deferred =
			list_entry(node, struct deferred, node);

		next = node->next;
		deferred_break(deferred);
	}
	timer_stop(loop_timers(deferrals->loop), &deferrals->look);
	free(deferrals);
}

size_t deferrals_count(const struct deferrals *deferrals)
{
	return deferrals->count;
}

/* The request was whole: further bytes can only be its abort, and the end of
 * the stream is the browser's. */
static void on_readable(struct deferred *deferred)
{
	char bytes[64];
	ssize_t got = recv(loop_io_fd(&deferred->watch), bytes, sizeof(bytes),
		MSG_DONTWAIT);

	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (deferred->begun) {
		deferred_break(deferred);
		return;
	}
	if (deferred->call != NULL)
		call_forget(deferred->call);
	reply_end(deferred_done(deferred));
}

static void send_records(struct deferred *deferred);

static void on_event(void *arg, unsigned events)
{
	if ((events & LOOP_WRITE) != 0)
		send_records(arg);
	else
		on_readable(arg);
}

/* Watches all who were here already at the last look. */
static void on_look(void *arg)
{
	struct deferrals *deferrals = arg;
	struct node *node;

	if (list_empty(&deferrals->waiting))
		timer_stop(loop_timers(deferrals->loop), &deferrals->look);
	for (node = deferrals->waiting.next; node != &deferrals->waiting;
		node = node->next) {
		struct deferred *deferred =
			list_entry(node, struct deferred, node);

		if (deferred->seen && !deferred->begun)
			loop_io_want(
				deferrals->loop, &deferred->watch, LOOP_READ);
		deferred->seen = true;
	}
}

static void on_impatience(void *arg)
{
	deferred_break(arg);
}

struct deferred *deferred_new(
	struct deferrals *deferrals, struct request *request)
{
	struct deferred *deferred = mem_new(sizeof(*deferred));

	deferred->deferrals = deferrals;
	deferred->replies = deferrals->replies;
	deferred->request = request;
	list_append(&deferrals->waiting, &deferred->node);
	deferrals->count++;
	loop_io_init(&deferred->watch, request->fd, on_event, deferred);
	timer_init(&deferred->patience, on_impatience, deferred);
	deferred->unread.end = on_impatience;
	deferred->unread.arg = deferred;
	if (!timer_is_set(&deferrals->look))
		timer_set(loop_timers(deferrals->loop), &deferrals->look,
			WHILE_US, WHILE_US);
	return deferred;
}

/* ---- in parts */

void deferred_break(struct deferred *deferred)
{
	if (deferred->call != NULL)
		call_forget(deferred->call);
	request_free(deferred_done(deferred));
}

/* False if the peer is gone. */
static bool push(struct deferred *deferred)
{
	const struct buf *records = &deferred->records;
	ssize_t sent = send(loop_io_fd(&deferred->watch),
		records->at + deferred->sent, records->len - deferred->sent,
		MSG_NOSIGNAL | MSG_DONTWAIT);

	if (sent < 0)
		return errno == EAGAIN || errno == EINTR;
	deferred->sent += (size_t)sent;
	return true;
}

static void wait_for_room(struct deferred *deferred)
{
	struct loop *loop = deferred->deferrals->loop;

	loop_io_want(loop, &deferred->watch, LOOP_READ | LOOP_WRITE);
	timer_set(loop_timers(loop), &deferred->patience,
		REPLY_DEADLINE_MS * 1000ull, 0);
	unread_note(replies_unread(deferred->replies), &deferred->unread,
		deferred->records.len);
}

static void send_records(struct deferred *deferred)
{
	struct loop *loop = deferred->deferrals->loop;

	if (!push(deferred)) {
		deferred_break(deferred);
	} else if (deferred->sent < deferred->records.len) {
		wait_for_room(deferred);
	} else if (deferred->taken == NULL) {
		kept_answered(deferred_done(deferred));
	} else {
		loop_io_want(loop, &deferred->watch, LOOP_READ);
		timer_stop(loop_timers(loop), &deferred->patience);
		unread_remove(
			replies_unread(deferred->replies), &deferred->unread);
		buf_clear(&deferred->records);
		deferred->sent = 0;
		deferred->taken(deferred);
	}
}

static void add_records(struct deferred *deferred, const char *type)
{
	const struct answer answer = {
		.status = 200, .type = type, .open = true};
	const struct request *request = deferred->request;
	struct buf head = {0};

	if (!deferred->begun)
		reply_begin(deferred->replies, request, &answer, &head);
	record_stdout(&deferred->records, request->id, buf_span(&head));
	if (!request->head)
		record_stdout(&deferred->records, request->id,
			buf_span(&deferred->answer));
	buf_clear(&deferred->answer);
	buf_release(&head);
	deferred->begun = true;
}

void deferred_part(struct deferred *deferred, const char *type,
	void (*taken)(struct deferred *deferred))
{
	if (deferred->request->head) {
		deferred_last_part(deferred, type);
		return;
	}
	add_records(deferred, type);
	deferred->taken = taken;
	deferred->call = NULL;
	send_records(deferred);
}

/* If it is the only one, it is a reply as any other. */
static void reply_whole(struct deferred *deferred, const char *type)
{
	struct replies *replies = deferred->replies;
	struct buf body = deferred->answer;

	deferred->answer = (struct buf){0};
	reply(replies, deferred_done(deferred),
		&(struct answer){
			.status = 200, .type = type, .body = buf_span(&body)});
	buf_release(&body);
}

void deferred_last_part(struct deferred *deferred, const char *type)
{
	if (!deferred->begun && !deferred->request->head) {
		reply_whole(deferred, type);
		return;
	}
	add_records(deferred, type);
	record_end(&deferred->records, deferred->request->id);
	deferred->taken = NULL;
	deferred->call = NULL;
	send_records(deferred);
}
