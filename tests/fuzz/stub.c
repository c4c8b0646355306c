/* SPDX-License-Identifier: MIT */
/*
 * stub - a whole responder, and instead of its uplink a hub of our own
 */
#include <config.h>

#include "tests/fuzz/stub.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fcgi/uplink/publishes.h"
#include "fcgi/uplink/questions.h"
#include "fcgi/uplink/session.h"
#include "lib/config/config.h"
#include "lib/event/active.h"
#include "lib/event/scope.h"
#include "lib/event/selector.h"
#include "lib/event/traits.h"
#include "lib/event_size.h"
#include "lib/log.h"
#include "lib/loop.h"
#include "lib/sock.h"
#include "lib/text.h"
#include "tests/fuzz/fuzz.h"

enum {
	WAITING_MAX = 128, /* a stream has 100 channels with presence=1 */
	CHUNK = 64 << 10,
};

/* What has been asked: the frame's type, and its number or tag. */
struct asked {
	enum wire_type type;
	uint64_t number;
};

static struct asked waiting[WAITING_MAX];
static size_t waiting_count;
static bool goes_on;	 /* a list, as of the last question for one */
static int hub = -1;	 /* our end of the uplink */
static struct buf heard; /* from there */
struct stub_question stub_question;

/* ---- what is asked */

static void check_publish(struct wire_in *in)
{
	const struct config *config = stub_rooms()->config;
	struct span type;
	uint32_t count;

	wire_get_u64(in);
	MUST(wire_get_u8(in) == 0); /* stored, always */
	MUST(text_topic_fault(wire_get_str16(in)) == NULL);
	type = wire_get_str8(in);
	MUST(text_type_fault(type) == NULL);
	MUST(traits_fault(wire_get_str16(in)) == NULL);
	count = wire_get_u32(in);
	MUST(count >= 1);
	for (uint32_t i = 0; i < count; i++) {
		struct span key = wire_get_str8(in);
		struct span data;

		MUST(text_is_utf8(key, NULL));
		if (key.len > 0)
			wire_get_bytes(in, 16);
		data = wire_get_blob(in);
		MUST(event_size(type, data) <= config->max_event &&
			text_is_utf8(data, NULL));
	}
}

static void check_delete(struct wire_in *in)
{
	wire_get_u64(in);
	MUST(text_topic_fault(wire_get_str16(in)) == NULL);
	MUST(wire_get_u64(in) <= WIRE_ID_MAX);
	MUST(wire_get_u8(in) <= 1);
	scope_pass(in);
}

static void check_channels(struct wire_in *in)
{
	struct span after = wire_get_str16(in);
	uint16_t limit = wire_get_u16(in);
	struct span only = wire_get_str16(in);

	MUST(limit >= 1 && limit <= 1001); /* is there another one? */
	scope_pass(in);
	goes_on = after.len > 0;
	MUST(after.len == 0 || text_topic_fault(after) == NULL);
	MUST(only.len == 0 || text_topic_fault(only) == NULL);
}

static void check_metrics(struct wire_in *in)
{
	uint8_t format = wire_get_u8(in);

	MUST(format <= WIRE_SAMPLES);
}

static void check_selector(struct wire_in *in)
{
	uint8_t kind = wire_get_u8(in);

	MUST(selector_is(kind, wire_get_str16(in)));
}

static void check_judge(struct wire_in *in)
{
	uint16_t count, told;

	stub_question.asked = true;
	stub_question.from = wire_get_u8(in);
	stub_question.value = wire_get_u64(in);
	wire_get_u64(in);
	wire_get_str16(in);
	count = wire_get_u16(in);
	MUST(count >= 1);
	for (uint16_t i = 0; i < count; i++)
		check_selector(in);
	told = wire_get_u16(in);
	MUST(told <= count);
	for (uint16_t i = 0; i < told; i++) {
		MUST(wire_get_u16(in) < count);
		wire_get_u64(in);
	}
	scope_pass(in);
}

static void check_page(struct wire_in *in)
{
	uint64_t after = wire_get_u64(in);

	MUST(wire_get_u64(in) > after);
	MUST(wire_get_u32(in) > 0);
	MUST(wire_get_u8(in) <= 1);
	check_selector(in);
}

static void check_presence(struct wire_in *in)
{
	struct span topic = wire_get_str16(in);
	struct span subscriber = wire_get_str8(in);

	goes_on = wire_get_u64(in) > 0;
	MUST(wire_get_u16(in) > 0);
	MUST(topic.len <= ACTIVE_TOPIC_MAX);
	MUST(subscriber.len == 0 || subscriber.len == ACTIVE_SUBSCRIBER);
}

/* As the hub would have it (hub/peers/present.c). */
static void check_joined(struct wire_in in)
{
	struct span user, payload, topic;
	uint16_t count;

	MUST(wire_get_bytes(&in, ACTIVE_SUBSCRIBER).len == ACTIVE_SUBSCRIBER);
	wire_get_str8(&in);
	user = wire_get_str16(&in);
	payload = wire_get_str16(&in);
	MUST(user.len <= ACTIVE_USER_MAX && text_is_utf8(user, NULL));
	MUST(payload.len <= ACTIVE_PAYLOAD_MAX && text_is_utf8(payload, NULL));
	count = wire_get_u16(&in);
	MUST(count > 0 && count <= ACTIVE_TOPICS_MAX);
	for (uint16_t i = 0; i < count; i++) {
		topic = wire_get_str16(&in);
		MUST(topic.len > 0 && topic.len <= ACTIVE_TOPIC_MAX);
		MUST(text_is_utf8(topic, NULL));
	}
	MUST(wire_get_u8(&in) <= 1);
	MUST(wire_done(&in));
}

static void say(enum wire_type type, struct span body)
{
	struct buf out = {0};
	size_t begun = wire_begin(&out, type);

	wire_put_bytes(&out, body.at, body.len);
	wire_end(&out, begun);
	MUST(send(hub, out.at, out.len, MSG_NOSIGNAL) == (ssize_t)out.len);
	buf_release(&out);
}

static void on_asked(uint8_t type, struct wire_in in)
{
	static void (*const check[])(struct wire_in *) = {
		[WIRE_PUBLISH] = check_publish,
		[WIRE_DELETE] = check_delete,
		[WIRE_PAGE] = check_page,
		[WIRE_JUDGE] = check_judge,
		[WIRE_CHANNELS] = check_channels,
		[WIRE_METRICS] = check_metrics,
		[WIRE_PRESENCE] = check_presence,
	};
	uint64_t number = wire_get_u64(&in);

	MUST(type < sizeof(check) / sizeof(check[0]) && check[type] != NULL);
	check[type](&in);
	MUST(wire_done(&in) && waiting_count < WAITING_MAX);
	waiting[waiting_count++] = (struct asked){type, number};
}

static void hear(uint8_t type, struct span body)
{
	if (type == WIRE_PING)
		say(WIRE_PONG, body);
	else if (type == WIRE_JOINED)
		check_joined(wire_in(body));
	else if (type == WIRE_LEFT)
		MUST(body.len == ACTIVE_SUBSCRIBER);
	else if (type != WIRE_HELLO && type != WIRE_FOLLOW &&
		 type != WIRE_SUBSCRIBED)
		on_asked(type, wire_in(body));
}

static bool receive(void)
{
	char *to = buf_reserve(&heard, CHUNK);
	ssize_t got = recv(hub, to, CHUNK, MSG_DONTWAIT);

	if (got > 0)
		heard.len += (size_t)got;
	return got > 0;
}

/* The responder does what there is to do, and we hear what it says. */
static void turn(void)
{
	size_t size;

	do {
		struct span body;
		uint8_t type;
		bool bad = false;

		loop_turn_over(stub_rooms()->loop);
		while ((size = wire_frame(
				buf_span(&heard), &type, &body, &bad)) > 0) {
			hear(type, body);
			buf_drop(&heard, size);
		}
		MUST(!bad);
	} while (receive());
}

/* ---- what is answered */

static void add_event(struct buf *out, uint64_t id, const char *data)
{
	struct wire_event event = {
		.id = id, .channel = span_of("main"), .data = span_of(data)};

	wire_put_u32(out, (uint32_t)wire_event_size(&event));
	wire_put_event(out, &event);
}

static uint64_t mark(uint8_t mood)
{
	return (mood & 16) != 0 ? STUB_OLDEST - 5 : 0;
}

static void answer_verdict(struct buf *out, uint8_t mood)
{
	wire_put_u8(out, (mood & 2) != 0); /* a gap */
	wire_put_u64(out, STUB_OLDEST - 10);
	wire_put_u64(out, STUB_OLDEST - 1);
	wire_put_u64(out, STUB_OLDEST - 10);
	wire_put_u64(out, STUB_NEWEST);
	wire_put_u16(out, (mood & 8) == 0); /* the first channel is busy */
	if ((mood & 8) == 0)
		wire_put_u16(out, 0);
	wire_put_u16(out, mark(mood) > STUB_OLDEST - 10);
	if (mark(mood) > STUB_OLDEST - 10) {
		wire_put_u16(out, 0);
		wire_put_u64(out, mark(mood));
		wire_put_u64(out, (mood & 32) != 0 ? mark(mood) : 0);
	}
}

static void answer_page(struct buf *out, uint8_t mood)
{
	wire_put_u64(out, STUB_OLDEST - 1);
	wire_put_u64(out, mark(mood));
	wire_put_u32(out, (mood & 4) != 0 ? 2 : 0);
	if ((mood & 4) == 0)
		return;
	add_event(out, STUB_OLDEST - 9, "one\ntwo");
	add_event(out, STUB_OLDEST - 8, "");
}

static void answer_stored(struct buf *out, uint8_t mood)
{
	wire_put_u8(out, mood / 2 % (WIRE_OUT_DENIED + 1)); /* the outcome */
	wire_put_u64(out, STUB_NEWEST);
	wire_put_u64(out, STUB_NEWEST);
	wire_put_str16(out, span_of((mood & 128) != 0 ? "no \"room\"" : ""));
}

static void answer_channels(struct buf *out, uint8_t mood)
{
	/* More behind it, unless that is what was asked for. */
	wire_put_u8(out, (mood & 2) != 0 && !goes_on);
	wire_put_u32(out, 1);
	wire_put_str16(out, span_of("\"main\"/\xc3\xa9"));
	wire_put_u64(out, 5);
	wire_put_u64(out, 500);
	wire_put_u64(out, STUB_OLDEST);
	wire_put_u64(out, STUB_NEWEST);
	wire_put_u32(out, 1);
	wire_put_str16(out, span_of((mood & 2) != 0 && !goes_on ? "x" : ""));
}

static void answer_presence(struct buf *out, uint8_t mood)
{
	bool more = (mood & 2) != 0 && !goes_on;
	uint32_t count = (mood & 4) != 0 || more ? 2 : 0;
	uint64_t first = goes_on ? STUB_OLDEST + 2 : STUB_OLDEST;

	wire_put_u64(out, STUB_NEWEST);
	wire_put_u8(out, more);
	wire_put_u32(out, count);
	for (uint64_t id = first; id < first + count; id++) {
		wire_put_u64(out, id);
		wire_put_u64(out, id); /* the subscriber */
		wire_put_u64(out, id);
		wire_put_u64(out, 1);
		wire_put_u8(out, (mood & 32) != 0);
		wire_put_str16(out, span_of("main"));
		wire_put_str16(out, span_of((mood & 8) != 0 ? "\"ann\"" : ""));
		wire_put_str16(out, span_of((mood & 16) != 0 ? "{}" : ""));
	}
}

static void answer_one(const struct asked *asked, uint8_t mood)
{
	struct buf out = {0};

	wire_put_u64(&out, asked->number);
	if (asked->type == WIRE_JUDGE) {
		answer_verdict(&out, mood);
		say(WIRE_JUDGED, buf_span(&out));
	} else if (asked->type == WIRE_PAGE) {
		answer_page(&out, mood);
		say(WIRE_PAGED, buf_span(&out));
	} else if (asked->type == WIRE_PUBLISH || asked->type == WIRE_DELETE) {
		answer_stored(&out, mood);
		say(WIRE_STORED, buf_span(&out));
	} else if (asked->type == WIRE_CHANNELS) {
		answer_channels(&out, mood);
		say(WIRE_CHANNELED, buf_span(&out));
	} else if (asked->type == WIRE_PRESENCE) {
		answer_presence(&out, mood);
		say(WIRE_PRESENT, buf_span(&out));
	} else {
		wire_put_bytes(&out, "# EOF\n", 6);
		say(WIRE_METERED, buf_span(&out));
	}
	buf_release(&out);
}

void stub_answer(uint8_t mood)
{
	const struct session *session = stub_rooms()->session;

	turn();
	if ((mood & 1) != 0) { /* nobody has answered */
		publishes_expire(session->publishes, UINT64_MAX);
		questions_expire(session->questions, UINT64_MAX);
		waiting_count = 0;
	}
	while (waiting_count > 0) { /* an answer may lead to a question */
		struct asked asked[WAITING_MAX];
		size_t count = waiting_count;

		memcpy(asked, waiting, sizeof(waiting));
		waiting_count = 0;
		for (size_t i = 0; i < count; i++)
			answer_one(&asked[i], mood);
		turn();
	}
	turn();
}

/* ---- the responder */

static void be_welcome(void)
{
	static const char identity[WIRE_IDENTITY] = "the stub's log";
	static const char secret[WIRE_SECRET] = "the stub's secret";
	struct buf out = {0};

	wire_put_u16(&out, WIRE_VERSION);
	wire_put_bytes(&out, identity, WIRE_IDENTITY);
	wire_put_u64(&out, STUB_NEWEST);
	wire_put_bytes(&out, secret, WIRE_SECRET);
	say(WIRE_WELCOME, buf_span(&out));
	buf_clear(&out);
	wire_put_u8(&out, true);
	wire_put_str16(&out, span_of(""));
	wire_put_u16(&out, 1);
	wire_put_str8(&out, span_of("main"));
	wire_put_str16(&out, span_of("/inbox.db"));
	wire_put_str16(&out, span_of("nobody reads it"));
	say(WIRE_STATE, buf_span(&out));
	buf_release(&out);
}

static void fill_window(void)
{
	struct wire_event event = {
		.channel = span_of("main"), .data = span_of("x")};
	struct buf out = {0};

	wire_put_u64(&out, STUB_OLDEST - 1);
	wire_put_u64(&out, STUB_NEWEST);
	say(WIRE_FOLLOWING, buf_span(&out));
	for (event.id = STUB_OLDEST; event.id <= STUB_NEWEST; event.id++) {
		buf_clear(&out);
		wire_put_event(&out, &event);
		say(WIRE_EVENT, buf_span(&out));
	}
	buf_release(&out);
}

static char one_origin[] = "https://a.example";
static char any_origin[] = "*";
static char *origins[] = {one_origin};

void stub_everybody(bool yes)
{
	origins[0] = yes ? any_origin : one_origin;
}

/* Its only connection: the path is gone at once. */
static void meet(struct rooms *rooms, int listener)
{
	loop_turn_over(rooms->loop);
	hub = accept(listener, NULL, NULL);
	MUST(hub >= 0);
	be_welcome();
	fill_window();
	turn();
	MUST(session_is_filled(rooms->session));
	MUST(!session_health(rooms->session).away);
}

static void open_rooms(struct rooms *rooms)
{
	static struct config config;
	static char folder[] = "/tmp/stub.XXXXXX";
	static char path[sizeof(folder) + 4];
	int listener;

	log_faults_only();
	MUST(config_try(&config, NULL) == NULL);
	MUST(mkdtemp(folder) != NULL);
	snprintf(path, sizeof(path), "%s/hub", folder);
	listener = sock_listen(path, 0600, (gid_t)-1);
	MUST(listener >= 0);
	free(config.hub_socket);
	config.hub_socket = mem_text(span_of(path));
	config.window = 1 << 20;
	config.origins = origins;
	config.origin_count = 1;
	config.subscriptions = true;
	rooms_open(rooms, &config, &clock_system, -1);
	meet(rooms, listener);
	close(listener);
	unlink(path);
	rmdir(folder);
}

struct rooms *stub_rooms(void)
{
	static struct rooms rooms;

	if (rooms.loop == NULL)
		open_rooms(&rooms);
	return &rooms;
}

/* ---- the answer's records (FastCGI 1.0 section 3.3) */

void stub_content(struct buf *content, struct span said, uint16_t id)
{
	enum { HEAD = 8, END = 3, STDOUT = 6 };
	bool ended = false;

	while (said.len > 0) {
		const unsigned char *at = (const unsigned char *)said.at;
		size_t len;

		MUST(said.len >= HEAD && !ended);
		len = (size_t)at[4] << 8 | at[5];
		MUST(at[0] == 1 && (at[1] == STDOUT || at[1] == END));
		MUST((at[2] << 8 | at[3]) == id && at[6] == 0);
		MUST(said.len - HEAD >= len);
		if (at[1] == STDOUT)
			buf_add(content, at + HEAD, len);
		ended = at[1] == END;
		said = span(said.at + HEAD + len, said.len - HEAD - len);
	}
	MUST(ended);
}
