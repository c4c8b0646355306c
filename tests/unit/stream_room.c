/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "tests/unit/stream_room.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fcgi/stream/gzip.h"
#include "lib/log.h"

size_t room_shelf = ROOM_WINDOW;
const struct deflater *room_deflater;

/* ---- the hub */

static void on_asked(void *owner, struct span frame)
{
	struct room *room = owner;

	buf_add_span(&room->asked, frame);
}

void room_says(struct room *room, enum wire_type type, const struct buf *body)
{
	assert_true(
		session_frame(&room->session, (uint8_t)type, buf_span(body)));
}

void room_hub_comes(struct room *room, uint64_t newest)
{
	static const char identity[WIRE_IDENTITY] = "the room's log";
	static const char secret[WIRE_SECRET] = "the room's secret";
	struct buf out = {0};

	room->session.state = GREETING;
	wire_put_u16(&out, WIRE_VERSION);
	wire_put_bytes(&out, identity, WIRE_IDENTITY);
	wire_put_u64(&out, newest);
	wire_put_bytes(&out, secret, WIRE_SECRET);
	room_says(room, WIRE_WELCOME, &out);
	buf_clear(&out);
	wire_put_u64(&out, room->newest);
	wire_put_u64(&out, newest);
	room_says(room, WIRE_FOLLOWING, &out);
	buf_release(&out);
}

void room_hub_leaves(struct room *room)
{
	room->session.state = HUB_AWAY;
	room->session.sink.lost(room->session.sink.arg);
}

static void say_event(struct room *room, const struct wire_event *event)
{
	struct buf out = {0};

	wire_put_event(&out, event);
	room_says(room, WIRE_EVENT, &out);
	buf_release(&out);
}

uint64_t room_publish(struct room *room, const char *channel, const char *data)
{
	say_event(room, &(struct wire_event){.id = ++room->newest,
				.channel = span_of(channel),
				.data = span_of(data)});
	return room->newest;
}

void room_publish_bytes(
	struct room *room, const char *channel, size_t len, bool is_volatile)
{
	static char bytes[256 << 10];

	memset(bytes, 'y', sizeof(bytes));
	say_event(room,
		&(struct wire_event){.id = is_volatile ? 0 : ++room->newest,
			.channel = span_of(channel),
			.data = span(bytes, len)});
}

bool room_asked(struct room *room, enum wire_type *type, uint64_t *number,
	struct wire_in *body)
{
	static char frame[64 << 10];
	uint8_t byte;
	struct span inner;
	bool bad = false;
	size_t size;

	room_turn(room);
	size = wire_frame(buf_span(&room->asked), &byte, &inner, &bad);
	if (size == 0)
		return false;
	assert_true(size <= sizeof(frame));
	memcpy(frame, inner.at, inner.len);
	*type = byte;
	*body = wire_in(span(frame, inner.len));
	*number = wire_get_u64(body);
	buf_drop(&room->asked, size);
	return true;
}

static void put_marks(struct buf *out, const struct verdict *verdict)
{
	size_t channels = verdict->marks == NULL ? 0 : strlen(verdict->busy);
	uint16_t count = 0;

	for (size_t i = 0; i < channels; i++)
		if (verdict->marks[i] > verdict->used)
			count++;
	wire_put_u16(out, count);
	for (size_t i = 0; i < channels; i++) {
		if (verdict->marks[i] <= verdict->used)
			continue;
		wire_put_u16(out, (uint16_t)i);
		wire_put_u64(out, verdict->marks[i]);
		wire_put_u64(out, verdict->marks[i]);
	}
}

void room_judges(
	struct room *room, uint64_t number, const struct verdict *verdict)
{
	struct buf out = {0};
	uint16_t count = 0;

	for (const char *at = verdict->busy; *at != '\0'; at++)
		if (*at == 'x')
			count++;
	wire_put_u64(&out, number);
	wire_put_u8(&out, verdict->gap);
	wire_put_u64(&out, verdict->used);
	wire_put_u64(&out, verdict->limit);
	wire_put_u64(&out, verdict->gap ? 40 : 0);
	wire_put_u64(&out, verdict->gap ? 99 : 0);
	wire_put_u16(&out, count);
	for (const char *at = verdict->busy; *at != '\0'; at++)
		if (*at == 'x')
			wire_put_u16(&out, (uint16_t)(at - verdict->busy));
	put_marks(&out, verdict);
	room_says(room, WIRE_JUDGED, &out);
	buf_release(&out);
	room_turn(room);
}

void room_pages(struct room *room, uint64_t number, const char *channel,
	uint64_t id, uint64_t through, const char *data)
{
	const struct wire_event event = {
		.id = id, .channel = span_of(channel), .data = span_of(data)};
	struct buf out = {0};

	wire_put_u64(&out, number);
	wire_put_u64(&out, through);
	wire_put_u64(&out, 0); /* the mark */
	wire_put_u32(&out, data[0] != '\0');
	if (data[0] != '\0') {
		wire_put_u32(&out, (uint32_t)wire_event_size(&event));
		wire_put_event(&out, &event);
	}
	room_says(room, WIRE_PAGED, &out);
	buf_release(&out);
	room_turn(room);
}

/* ---- browsers */

int room_open(struct room *room, struct subscription *subscription)
{
	int ends[2];

	assert_int_equal(
		socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
	subscription->fd = ends[0];
	subscription->request = 1;
	streams_open(room->streams, subscription);
	return ends[1];
}

int room_listen(struct room *room, const char *channel)
{
	const struct span name = span_of(channel);
	struct subscription subscription = {
		.channels = &name, .count = 1, .fresh = true};

	return room_open(room, &subscription);
}

int room_resume(struct room *room, const char *channel, uint64_t id)
{
	const struct span name = span_of(channel);
	struct subscription subscription = {
		.channels = &name,
		.count = 1,
		.from = WIRE_AFTER,
		.value = id,
		.requested = span_of("what it had"),
	};

	return room_open(room, &subscription);
}

/* FastCGI 1.0 section 3.3. */
static void add_records(struct buf *text, struct span said)
{
	enum { HEAD = 8, END = 3, STDOUT = 6 };

	while (said.len >= HEAD) {
		const unsigned char *at = (const unsigned char *)said.at;
		size_t len = (size_t)at[4] << 8 | at[5];

		assert_true(said.len - HEAD >= len);
		if (at[1] == STDOUT)
			buf_add(text, said.at + HEAD, len);
		if (at[1] == END)
			buf_add_span(text, span_of("<end>"));
		said = span(said.at + HEAD + len, said.len - HEAD - len);
	}
	assert_int_equal(said.len, 0);
}

struct span room_text(struct room *room, int fd)
{
	struct buf said = {0};
	ssize_t got;

	do {
		char *to = buf_reserve(&said, 1 << 16);

		got = recv(fd, to, 1 << 16, MSG_DONTWAIT);
		said.len += got > 0 ? (size_t)got : 0;
	} while (got > 0);
	buf_clear(&room->text);
	add_records(&room->text, buf_span(&said));
	if (got == 0)
		buf_add_span(&room->text, span_of("<closed>"));
	buf_release(&said);
	return buf_span(&room->text);
}

void room_read(struct room *room, const int *fds, size_t count)
{
	for (size_t i = 0; i < count; i++)
		room_text(room, fds[i]);
}

bool has(struct span text, const char *part)
{
	return text.len > 0 &&
	       memmem(text.at, text.len, part, strlen(part)) != NULL;
}

/* ---- life */

void room_turn(struct room *room)
{
	loop_turn_over(room->loop);
}

void room_pass(struct room *room, uint64_t us)
{
	hand_clock_pass(&room->hands, us);
	room_turn(room);
}

static void open_window(struct room *room)
{
	room->topics = topics_new();
	room->audience = audience_new(
		loop_timers(room->loop), room->topics, ROOM_KEEPALIVE_S);
	room->window = window_new(ROOM_WINDOW, room->topics);
	room->composer = composer_new(room->window);
	room->fanout = fanout_new(&(struct fanout_parts){
		.loop = room->loop,
		.topics = room->topics,
		.window = room->window,
		.composer = room->composer,
		.counters = room->counters,
		.rest_ms = ROOM_REST_MS,
	});
}

static void open_feed(struct room *room)
{
	if (room_deflater != NULL)
		room->gzip = gzip_new(room->loop, room_deflater);
	room->streams = streams_new(&(struct streams_parts){
		.loop = room->loop,
		.window = room->window,
		.composer = room->composer,
		.audience = room->audience,
		.fanout = room->fanout,
		.session = &room->session,
		.counters = room->counters,
		.unread = room->unread,
		.gzip = room->gzip,
		.retry_ms = 1000,
		.shelf = room_shelf,
	});
	room->tasks = tasks_new(&(struct tasks_parts){.loop = room->loop});
	room->feed = (struct feed){
		.topics = room->topics,
		.window = room->window,
		.fanout = room->fanout,
		.streams = room->streams,
		.audience = room->audience,
		.tasks = room->tasks,
		.counters = room->counters,
	};
	room->session.sink = feed_sink(&room->feed);
}

int room_enter_alone(void **state)
{
	struct room *room = mem_new(sizeof(*room));
	const struct hub_sender sender = {on_asked, room};

	log_faults_only();
	room->hands.mono_us = 1000000;
	room->clock = hand_clock(&room->hands);
	room->loop = loop_new(&room->clock);
	room->counters = counters_new(&room->clock);
	room->unread = unread_new(room->loop);
	room->newest = ROOM_FROM;
	room->nowhere.fd = -1;
	room->session.link = &room->nowhere;
	room->session.publishes = publishes_new(&room->clock, &sender);
	room->session.questions = questions_new(&room->clock, &sender);
	open_window(room);
	open_feed(room);
	*state = room;
	return 0;
}

int room_enter(void **state)
{
	room_enter_alone(state);
	room_hub_comes(*state, ROOM_FROM);
	return 0;
}

int room_leave(void **state)
{
	struct room *room = *state;

	streams_drain(room->streams);
	streams_free(room->streams);
	unread_free(room->unread);
	gzip_free(room->gzip);
	tasks_free(room->tasks);
	session_release(&room->session);
	fanout_free(room->fanout);
	composer_free(room->composer);
	window_free(room->window);
	audience_free(room->audience);
	topics_free(room->topics);
	counters_free(room->counters);
	loop_free(room->loop);
	buf_release(&room->asked);
	buf_release(&room->text);
	free(room);
	return 0;
}
