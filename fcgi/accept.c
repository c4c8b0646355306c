/*
 * accept - the gate: connections in, requests out
 *
 *   ARRIVING   accepted; its records are being collected
 *   gone       complete and handed on, or closed
 *
 *   The gate itself is OPEN, RESTING (no descriptor was left: it looks again
 *   after a second), FULL (too many are arriving) or SHUT (for good).
 */
#include <config.h>

#include "fcgi/accept.h"

#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fcgi/intake.h"
#include "fcgi/list.h"
#include "fcgi/parse.h"
#include "fcgi/reply.h"
#include "fcgi/request.h"
#include "lib/log.h"
#include "lib/loop.h"

enum {
	BATCH = 64, /* connections accepted before others get their turn */
	CHUNK = 16 << 10,
	SPARE_MAX = 64 << 10,
	LIGHT_MAX = 4 << 10,
	REST_S = 1, /* after the descriptors have run out */
};

struct arrival {
	struct gate *gate;
	struct node node; /* in gate->arrivals, while it waits */
	struct loop_io readable;
	struct timer deadline;
	uint64_t begun_us;
	int fd;
	size_t counted; /* bytes of it in gate->bytes */
	struct intake intake;
};

struct gate {
	struct gate_parts parts;
	struct loop_io listener;
	struct timer rest;
	bool shut;
	struct node arrivals; /* those that wait for more */
	size_t count, bytes;
	struct parser *parser;
	struct buf spare; /* for the next arrival's records */
};

/* ---- the gate */

static struct timers *timers_of(const struct gate *gate)
{
	return loop_timers(gate->parts.loop);
}

static bool is_full(const struct gate *gate)
{
	return gate->count >= GATE_WAITING_MAX;
}

/* Watches the listener exactly if we may accept. */
static void adjust(struct gate *gate)
{
	bool may = !gate->shut && !is_full(gate) && !timer_is_set(&gate->rest);

	loop_io_want(gate->parts.loop, &gate->listener, may ? LOOP_READ : 0);
}

static void on_rested(void *arg)
{
	adjust(arg);
}

/* ---- arrivals */

/* False, and nothing counted, if that would be too much. */
static bool count_bytes(struct arrival *arrival, size_t bytes)
{
	struct gate *gate = arrival->gate;

	if (gate->bytes - arrival->counted + bytes > GATE_BYTES_MAX)
		return false;
	gate->bytes += bytes - arrival->counted;
	arrival->counted = bytes;
	return true;
}

static void stop_waiting(struct arrival *arrival)
{
	struct gate *gate = arrival->gate;

	if (!list_linked(&arrival->node))
		return;
	list_remove(&arrival->node);
	loop_io_want(gate->parts.loop, &arrival->readable, 0);
	timer_stop(timers_of(gate), &arrival->deadline);
	count_bytes(arrival, 0);
	gate->count--;
	adjust(gate);
}

/* Most requests come whole and one after the other: they share one buffer. */
static void keep_spare(struct gate *gate, struct buf *records)
{
	if (gate->spare.at != NULL || records->size > SPARE_MAX)
		return;
	gate->spare = *records;
	buf_clear(&gate->spare);
	*records = (struct buf){0};
}

/* Who waits holds no more than it has said: thousands may wait at once. */
static void travel_light(struct arrival *arrival)
{
	struct buf *records = &arrival->intake.records;
	struct buf light = {0};

	if (records->len > LIGHT_MAX)
		return;
	buf_add_span(&light, buf_span(records));
	keep_spare(arrival->gate, records);
	buf_release(records);
	*records = light;
}

static void arrival_free(struct arrival *arrival)
{
	stop_waiting(arrival);
	if (arrival->fd >= 0)
		close(arrival->fd);
	keep_spare(arrival->gate, &arrival->intake.records);
	intake_release(&arrival->intake);
	free(arrival);
}

static void hand_over(struct arrival *arrival)
{
	struct gate *gate = arrival->gate;
	struct request *request = parser_read(gate->parser, &arrival->intake);

	if (request != NULL) {
		request->fd = arrival->fd;
		arrival->fd = -1;
	}
	arrival_free(arrival);
	if (request != NULL)
		gate->parts.take(gate->parts.arg, request);
}

/* Receives what there is; returns false if the peer is gone, and sets *more if
 * there may be more. */
static bool receive(struct arrival *arrival, bool *more)
{
	struct buf *records = &arrival->intake.records;
	char *to = buf_reserve(records, CHUNK);
	ssize_t got = recv(arrival->fd, to, CHUNK, MSG_DONTWAIT);

	*more = got == CHUNK;
	if (got < 0)
		return errno == EAGAIN || errno == EINTR;
	records->len += (size_t)got;
	return got > 0;
}

/* A web server that is still sending may not read it; then its client gets the
 * web server's own 5xx. */
static void refuse_busy(struct arrival *arrival)
{
	struct replies *replies = arrival->gate->parts.replies;
	struct request *request = request_new();

	request->id = arrival->intake.id;
	request->fd = arrival->fd;
	arrival->fd = -1;
	arrival_free(arrival);
	reply_error_with(replies, request, REPLY_RETRY, 503, "busy",
		"too much is being uploaded just now");
}

static enum intake_state collect(struct arrival *arrival)
{
	enum intake_state state;
	bool more;

	do {
		if (!receive(arrival, &more))
			return INTAKE_REFUSED;
		state = intake_look(&arrival->intake);
	} while (state == INTAKE_WANTS && more);
	return state;
}

static void set_deadline(struct arrival *arrival)
{
	struct gate *gate = arrival->gate;
	uint64_t now = loop_now_us(gate->parts.loop);
	uint64_t spent = (now - arrival->begun_us) / 1000;
	uint64_t left = spent < GATE_TOTAL_MS ? GATE_TOTAL_MS - spent : 1;

	if (left > GATE_SILENCE_MS)
		left = GATE_SILENCE_MS;
	if (gate->shut && left > GATE_SHUT_MS)
		left = GATE_SHUT_MS;
	timer_set(timers_of(gate), &arrival->deadline, left * 1000, 0);
}

static void on_deadline(void *arg)
{
	log_debug("accept: close connection: its request did not come whole");
	arrival_free(arg);
}

/* Goes on with whatever has come.  True if more must come. */
static bool advance(struct arrival *arrival)
{
	switch (collect(arrival)) {
	case INTAKE_WANTS:
		travel_light(arrival);
		if (count_bytes(arrival, arrival->intake.records.size))
			return true;
		refuse_busy(arrival);
		return false;
	case INTAKE_COMPLETE:
		hand_over(arrival);
		return false;
	case INTAKE_REFUSED:
		break;
	}
	if (arrival->intake.why != NULL)
		log_warnx("accept: close connection: %s", arrival->intake.why);
	arrival_free(arrival);
	return false;
}

static void on_readable(void *arg, unsigned events)
{
	struct arrival *arrival = arg;

	(void)events;
	if (!advance(arrival))
		return;
	set_deadline(arrival);
}

static void start_waiting(struct arrival *arrival)
{
	struct gate *gate = arrival->gate;

	arrival->begun_us = loop_now_us(gate->parts.loop);
	list_append(&gate->arrivals, &arrival->node);
	gate->count++;
	loop_io_init(&arrival->readable, arrival->fd, on_readable, arrival);
	loop_io_want(gate->parts.loop, &arrival->readable, LOOP_READ);
	timer_init(&arrival->deadline, on_deadline, arrival);
	set_deadline(arrival);
	adjust(gate);
}

void gate_take(struct gate *gate, int fd)
{
	struct arrival *arrival = mem_new(sizeof(*arrival));

	arrival->gate = gate;
	arrival->fd = fd;
	list_init(&arrival->node);
	intake_init(&arrival->intake, gate->parts.max_body);
	arrival->intake.records = gate->spare;
	gate->spare = (struct buf){0};
	if (advance(arrival))
		start_waiting(arrival);
}

/* False if there was nobody, or no descriptor. */
static bool accept_one(struct gate *gate)
{
	int fd = accept4(
		gate->parts.listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd >= 0) {
		gate_take(gate, fd);
		return true;
	}
	if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS ||
		errno == ENOMEM) {
		log_warn("accept: rest for %d s", REST_S);
		timer_set(timers_of(gate), &gate->rest, REST_S * 1000000ull, 0);
		adjust(gate);
		return false;
	}
	return errno == ECONNABORTED || errno == EINTR;
}

static void on_connection(void *arg, unsigned events)
{
	struct gate *gate = arg;

	(void)events;
	for (int i = 0; i < BATCH && !is_full(gate) && !gate->shut; i++)
		if (!accept_one(gate))
			return;
}

/* ---- life */

struct gate *gate_new(const struct gate_parts *parts)
{
	struct gate *gate = mem_new(sizeof(*gate));

	gate->parts = *parts;
	list_init(&gate->arrivals);
	gate->parser = parser_new();
	loop_io_init(&gate->listener, parts->listener, on_connection, gate);
	timer_init(&gate->rest, on_rested, gate);
	adjust(gate);
	return gate;
}

void gate_shut(struct gate *gate)
{
	struct node *node;

	gate->shut = true;
	timer_stop(timers_of(gate), &gate->rest);
	adjust(gate);
	for (node = gate->arrivals.next; node != &gate->arrivals;
		node = node->next)
		set_deadline(list_entry(node, struct arrival, node));
}

size_t gate_count(const struct gate *gate)
{
	return gate->count;
}

void gate_free(struct gate *gate)
{
	struct node *node, *next;

	if (gate == NULL)
		return;
	gate_shut(gate);
	for (node = gate->arrivals.next; node != &gate->arrivals; node = next) {
		next = node->next;
		arrival_free(list_entry(node, struct arrival, node));
	}
	parser_free(gate->parser);
	buf_release(&gate->spare);
	free(gate);
}
