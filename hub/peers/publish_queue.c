/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "hub/peers/publish_queue.h"

#include <stdlib.h>
#include <string.h>

struct publish_request {
	struct publish_request *next;
	publish_taker *taker;
	size_t len;
	char body[];
};

/* ---- what waits */

static void enqueue(struct publish_queue *queue, struct peer *peer,
	struct publish_line *line, publish_taker *taker, struct span body)
{
	struct publish_request *request = mem_new(sizeof(*request) + body.len);

	request->taker = taker;
	request->len = body.len;
	memcpy(request->body, body.at, body.len);
	*line->end = request;
	line->end = &request->next;
	peer->publish_bytes += body.len;
	queue->waiting++;
	queue->short_waiting += line == &peer->short_publishes;
}

static struct publish_request *dequeue(struct publish_queue *queue,
	struct peer *peer, struct publish_line *line)
{
	struct publish_request *request = line->first;

	line->first = request->next;
	if (line->first == NULL)
		line->end = &line->first;
	peer->publish_bytes -= request->len;
	queue->waiting--;
	queue->short_waiting -= line == &peer->short_publishes;
	return request;
}

static bool wants_short(const struct peer *peer)
{
	return peer->short_publishes.first != NULL;
}

static bool wants_long(const struct peer *peer)
{
	return peer->long_publishes.first != NULL;
}

void publish_queue_forget(struct publish_queue *queue, struct peer *peer)
{
	while (wants_short(peer))
		free(dequeue(queue, peer, &peer->short_publishes));
	while (wants_long(peer))
		free(dequeue(queue, peer, &peer->long_publishes));
}

/* ---- what comes */

/* Starts the clock of the turn with its first publish. */
static bool has_time(struct publish_queue *queue)
{
	uint64_t now = clock_now_us(queue->ledger->clock);

	if (queue->end == 0)
		queue->end = now + PUBLISH_US;
	return now < queue->end;
}

bool publish_queue_hear(struct publish_queue *queue, struct peer *peer,
	publish_taker *taker, struct wire_in *in)
{
	struct span body = span(in->at, (size_t)(in->end - in->at));
	bool is_short = body.len <= PUBLISH_SHORT;

	if (is_short && queue->short_waiting == 0 && has_time(queue))
		return taker(queue->ledger, peer, in);
	if (peer->publish_bytes + body.len > PUBLISH_BYTES)
		return taker(queue->ledger, peer, in);
	enqueue(queue, peer,
		is_short ? &peer->short_publishes : &peer->long_publishes,
		taker, body);
	return true;
}

/* ---- whose turn it is */

static void take(struct publish_queue *queue, struct peer *peer,
	struct publish_line *line)
{
	struct publish_request *request = dequeue(queue, peer, line);
	struct wire_in in = wire_in(span(request->body, request->len));

	if (!request->taker(queue->ledger, peer, &in))
		peer_drop(peer, "sent a malformed frame");
	free(request);
}

/* Each returns false if there is none. */
static bool take_short(struct publish_queue *queue)
{
	struct peer **turn = &queue->peers->publish_turn;
	struct peer *peer = peers_next(queue->peers, turn, wants_short);

	if (peer == NULL)
		return false;
	*turn = peer->next;
	take(queue, peer, &peer->short_publishes);
	return true;
}

static bool take_long(struct publish_queue *queue)
{
	struct peer **turn = &queue->peers->long_turn;
	struct peer *peer = peers_next(queue->peers, turn, wants_long);

	if (peer == NULL)
		return false;
	*turn = peer->next;
	take(queue, peer, &peer->long_publishes);
	return true;
}

void publish_queue_run_short(struct publish_queue *queue)
{
	while (queue->waiting > 0 && has_time(queue) && take_short(queue))
		;
	queue->end = 0;
}

bool publish_queue_run_long(struct publish_queue *queue)
{
	const struct clock *clock = queue->ledger->clock;
	uint64_t end;
	bool any = false;

	if (queue->waiting == 0)
		return false;
	end = clock_now_us(clock) + PUBLISH_US;
	while (take_long(queue)) {
		any = true;
		if (clock_now_us(clock) >= end)
			break;
	}
	return any;
}

bool publish_queue_waits(const struct publish_queue *queue)
{
	return queue->waiting > 0;
}

void publish_queue_finish(struct publish_queue *queue)
{
	while (take_short(queue) || take_long(queue))
		;
}
