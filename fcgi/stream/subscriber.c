/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "fcgi/stream/subscriber.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fcgi/counters.h"
#include "fcgi/guard/grant.h"
#include "fcgi/http/record.h"
#include "fcgi/stream/batch.h"
#include "fcgi/stream/composer.h"
#include "fcgi/stream/event.h"
#include "fcgi/stream/gzip.h"
#include "fcgi/stream/notice.h"
#include "fcgi/stream/opening.h"
#include "fcgi/stream/window.h"

enum {
	BURST = 4, /* batches a subscriber may be given in one turn, so that
		      one who catches up does not hold up the others */
	/* The kernel doubles it, so that two batches at most wait to be read.
	 * lighttpd 1.4 takes all that waits at once, and what passes 64 KiB
	 * in its own queue goes through a temporary file: bursts to 1,000
	 * streams were delivered at half the rate (measured). */
	SEND_BUFFER = 32 << 10,
};

static void want(struct subscriber *sub, unsigned events)
{
	loop_io_want(sub->home->loop, &sub->watch, events);
}

/* The web server says only two things on a stream: the browser has left (the
 * end, or an ABORT record), or nothing. */
static bool web_server_left(struct subscriber *sub)
{
	char bytes[256];
	ssize_t len = recv(
		loop_io_fd(&sub->watch), bytes, sizeof(bytes), MSG_DONTWAIT);

	if (len < 0)
		return errno != EAGAIN && errno != EINTR;
	return len == 0 || (len >= 2 && bytes[1] == RECORD_ABORT);
}

static enum pump_result flush(struct subscriber *sub);

/* The next fan-out takes it along: what it is given by itself would have to be
 * deflated for it alone. */
static bool goes_with_others(const struct subscriber *sub)
{
	return sub->gzip && !sub->behind && !sub->below &&
	       sub->straggler == NULL;
}

static void finish(struct subscriber *sub)
{
	if (sub->half != NULL && flush(sub) != CAUGHT_UP)
		return;
	want(sub, LOOP_READ);
	if (sub->pos < window_end(sub->home->window))
		sub->home->owner.late(sub);
}

static void ready(void *arg, unsigned events)
{
	struct subscriber *sub = arg;

	if ((events & LOOP_READ) != 0 && web_server_left(sub)) {
		subscriber_close(sub);
		return;
	}
	if ((events & LOOP_WRITE) == 0)
		return;
	if (goes_with_others(sub))
		finish(sub);
	else if (subscriber_pump(sub, window_end(sub->home->window)) == BELOW)
		sub->home->owner.below(sub);
}

/* Where it is, if it has one. */
static struct expiry_lease *lease_of(struct subscriber *sub)
{
	return (void *)&sub->memberships[sub->count];
}

struct expiry_lease *subscriber_lease(struct subscriber *sub)
{
	return sub->leased ? lease_of(sub) : NULL;
}

/* Only who has an end pays for it. */
static struct subscriber *allocate(const struct subscription *subscription)
{
	const struct expiry_lease *end = &subscription->end;
	bool leased = end->reason != NULL;
	struct subscriber *sub =
		mem_new(sizeof(*sub) +
			subscription->count * sizeof(sub->memberships[0]) +
			(leased ? sizeof(*end) : 0));

	sub->count = subscription->count;
	sub->leased = leased;
	if (leased) {
		*lease_of(sub) = *end;
		lease_of(sub)->sub = sub;
	}
	return sub;
}

struct subscriber *subscriber_new(
	struct subscriber_home *home, const struct subscription *subscription)
{
	struct subscriber *sub = allocate(subscription);
	const int size = SEND_BUFFER;

	sub->home = home;
	sub->request = subscription->request;
	sub->patterns = subscription->patterns;
	sub->keepalive = (uint16_t)(subscription->keepalive_ms / 1000);
	sub->dress = (uint8_t)subscription->dress;
	sub->browser = subscription->browser;
	sub->gaps = subscription->gaps;
	assert(!subscription->gzip || subscription->grant == NULL);
	sub->seen = subscription->presence != 0;
	sub->gzip = subscription->gzip;
	sub->client = subscription->client;
	sub->grant = subscription->grant;
	list_init(&sub->due);
	list_init(&sub->beat);
	(void)setsockopt(
		subscription->fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	loop_io_init(&sub->watch, subscription->fd, ready, sub);
	want(sub, LOOP_READ);
	return sub;
}

static void say_end(struct subscriber *sub)
{
	char bytes[RECORD_END];
	struct buf out = {bytes, 0, sizeof(bytes)};

	record_end(&out, sub->request);
	/* If the socket is full the web server sees a cut connection. */
	(void)!send(loop_io_fd(&sub->watch), out.at, out.len,
		MSG_NOSIGNAL | MSG_DONTWAIT);
}

static void drop(struct subscriber *sub, struct batch *batch)
{
	if (batch != NULL)
		unread_remove(sub->home->unread, &batch->unread);
	batch_drop(batch);
}

void subscriber_close(struct subscriber *sub)
{
	struct batch *half = subscriber_half(sub);

	if (half == NULL || sub->done == 0)
		say_end(sub);
	want(sub, 0);
	close(loop_io_fd(&sub->watch));
	drop(sub, half);
	sub->home->owner.gone(sub);
	grant_drop(sub->grant);
	free(sub->told);
	free(sub);
}

static void count(struct subscriber *sub)
{
	struct counters *counters = sub->home->counters;

	if (sub->behind || sub->half->replay)
		counters->replayed += sub->half->events;
	else
		counters->delivered += sub->half->events;
}

static void on_unread(void *arg)
{
	subscriber_close(arg);
}

/* What others are given too is in memory for them as well. */
static void note_unread(struct subscriber *sub)
{
	struct batch *half = sub->half;

	if (half->len <= UNREAD_LONG || half->refs > 1)
		return;
	half->unread.end = on_unread;
	half->unread.arg = sub;
	unread_note(sub->home->unread, &half->unread, half->len);
}

/* Sends the rest of `half`; CAUGHT_UP if it is out. */
static enum pump_result flush(struct subscriber *sub)
{
	while (sub->done < sub->half->len) {
		ssize_t len = send(loop_io_fd(&sub->watch),
			sub->half->bytes + sub->done,
			sub->half->len - sub->done,
			MSG_NOSIGNAL | MSG_DONTWAIT);

		if (len < 0 && errno == EINTR)
			continue;
		if (len < 0 && errno == EAGAIN) {
			want(sub, LOOP_READ | LOOP_WRITE);
			note_unread(sub);
			return BLOCKED;
		}
		if (len < 0) {
			subscriber_close(sub);
			return GONE;
		}
		sub->done += (uint32_t)len;
	}
	count(sub);
	drop(sub, sub->half);
	sub->half = NULL;
	return CAUGHT_UP;
}

void subscriber_find_place(struct subscriber *sub)
{
	const struct window *window = sub->home->window;

	sub->below = !window_valid(window) || sub->id < window_from(window);
	if (!sub->below)
		sub->pos = window_seek(window, sub->id);
}

bool subscriber_is_below(const struct subscriber *sub)
{
	const struct window *window = sub->home->window;

	if (sub->straggler != NULL || sub->below ||
		sub->pos < window_voided(window))
		return true;
	if (sub->pos >= window_floor(window))
		return false;
	/* Quiet channels: what left the window was on others. */
	for (uint16_t i = 0; i < sub->count; i++)
		if (sub->memberships[i].topic->evicted > sub->pos)
			return true;
	return false;
}

/* Nothing for it up to the horizon: it has looked through all of that. */
static void pass(struct subscriber *sub, uint64_t horizon)
{
	const struct window *window = sub->home->window;
	uint64_t mark;

	/* A fan-out takes many turns, in which a whole window may go by; what
	 * came above its horizon has made its channel due again. */
	if (sub->pos >= horizon || horizon < window_floor(window))
		return;
	mark = window_mark(window, horizon);
	sub->pos = horizon;
	if (sub->id < mark)
		sub->id = mark;
}

/* Somebody else is on each of its channels: he is likely to be given the same.
 */
static bool is_in_company(const struct subscriber *sub)
{
	for (uint16_t i = 0; i < sub->count; i++)
		if (sub->memberships[i].topic->subscribers < 2)
			return false;
	return true;
}

/* Takes the caller's reference, as gzip_piece(). */
static struct batch *as_sent(const struct subscriber *sub, struct batch *batch)
{
	if (!sub->gzip || batch == NULL)
		return batch;
	return gzip_piece(sub->home->gzip, batch, sub->request,
		batch->packed == NULL && is_in_company(sub));
}

/* The next batch, NULL if it has everything. */
static struct batch *next(struct subscriber *sub, uint64_t horizon)
{
	const struct subscriber_home *home = sub->home;
	struct batch *batch = composer_next(home->composer, sub, horizon);

	if (batch != NULL) {
		sub->pos = batch->pos;
		if (sub->id < batch->id)
			sub->id = batch->id;
		return batch;
	}
	pass(sub, horizon);
	if (!sub->behind || sub->pos < window_end(home->window))
		return NULL;
	sub->behind = false;
	return notice_live(sub);
}

bool subscriber_is_ready(const struct subscriber *sub)
{
	return !sub->opens && sub->straggler == NULL && sub->half == NULL;
}

/* What it was given last went up to the horizon: not worth a second look. */
static bool is_through(const struct subscriber *sub, uint64_t horizon)
{
	return sub->pos >= horizon && !sub->below && !sub->behind;
}

static enum pump_result caught_up(struct subscriber *sub)
{
	want(sub, LOOP_READ);
	return CAUGHT_UP;
}

enum pump_result subscriber_pump(struct subscriber *sub, uint64_t horizon)
{
	enum pump_result progress;

	assert(!sub->opens);
	if (sub->behind)
		horizon = window_end(sub->home->window);
	for (int i = 0; i < BURST; i++) {
		if (sub->half == NULL) {
			if (subscriber_is_below(sub)) {
				want(sub, LOOP_READ);
				return BELOW;
			}
			sub->half = as_sent(sub, next(sub, horizon));
			sub->done = 0;
		}
		if (sub->half == NULL)
			return caught_up(sub);
		progress = flush(sub);
		if (progress != CAUGHT_UP)
			return progress;
		if (is_through(sub, horizon))
			return caught_up(sub);
	}
	want(sub, LOOP_READ | LOOP_WRITE);
	return MORE;
}

enum pump_result subscriber_give(struct subscriber *sub, struct batch *batch)
{
	assert(subscriber_half(sub) == NULL);
	assert(!sub->opens);
	sub->half = as_sent(sub, batch);
	sub->done = 0;
	return flush(sub);
}

void subscriber_beat(struct subscriber *sub)
{
	const struct batch *half = subscriber_half(sub);

	/* The others that were given it may have gone. */
	if (half != NULL && half->unread.bytes == 0)
		note_unread(sub);
	if (!subscriber_is_ready(sub))
		return;
	subscriber_give(sub, batch_new(sub->request, event_comment()));
}
