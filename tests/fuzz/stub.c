/*
 * stub - a whole responder, and instead of its uplink a hub of our own
 */
#include <config.h>

#include "tests/fuzz/stub.h"

#include <string.h>

#include "fcgi/answers.h"
#include "fcgi/asker.h"
#include "fcgi/audience.h"
#include "fcgi/channel.h"
#include "fcgi/dialogue.h"
#include "fcgi/fanout.h"
#include "fcgi/feed.h"
#include "fcgi/meter.h"
#include "fcgi/parcels.h"
#include "fcgi/quota.h"
#include "fcgi/reply.h"
#include "fcgi/stream.h"
#include "fcgi/tasks.h"
#include "fcgi/window.h"
#include "lib/config.h"
#include "lib/link.h"
#include "lib/log.h"
#include "lib/text.h"
#include "tests/fuzz/fuzz.h"

enum { WAITING_MAX = 8 };

/* What has been asked: the frame's type, and its number or tag. */
struct asked {
	enum wire_type type;
	uint64_t number;
};

static struct asked waiting[WAITING_MAX];
static size_t waiting_count;
static struct dialogue dialogue;
struct stub_question stub_question;

/* ---- what is asked */

static void check_publish(struct wire_in *in)
{
	const struct config *config = stub_responder()->config;
	uint32_t count;

	wire_get_u64(in);
	MUST(wire_get_u8(in) == 0); /* stored, always */
	MUST(text_channel_fault(wire_get_str8(in)) == NULL);
	MUST(text_type_fault(wire_get_str8(in)) == NULL);
	count = wire_get_u32(in);
	MUST(count >= 1);
	for (uint32_t i = 0; i < count; i++) {
		struct span key = wire_get_str8(in);
		struct span data;

		MUST(text_is_utf8(key, NULL));
		if (key.len > 0)
			wire_get_bytes(in, 16);
		data = wire_get_blob(in);
		MUST(data.len <= config->max_event && text_is_utf8(data, NULL));
	}
}

static void check_channels(struct wire_in *in)
{
	struct span after = wire_get_str8(in);
	uint16_t limit = wire_get_u16(in);
	struct span only = wire_get_str8(in);

	MUST(limit >= 1 && limit <= 1000);
	MUST(after.len == 0 || text_channel_fault(after) == NULL);
	MUST(only.len == 0 || text_channel_fault(only) == NULL);
}

static void check_metrics(struct wire_in *in)
{
	uint8_t format = wire_get_u8(in);

	MUST(format == WIRE_PROMETHEUS || format == WIRE_OPENMETRICS);
}

static void check_page(struct wire_in *in)
{
	uint16_t count;

	stub_question.asked = true;
	stub_question.from = wire_get_u8(in);
	stub_question.value = wire_get_u64(in);
	wire_get_u64(in);
	wire_get_u64(in);
	wire_get_u32(in);
	count = wire_get_u16(in);
	MUST(count >= 1);
	for (uint16_t i = 0; i < count; i++)
		MUST(text_channel_fault(wire_get_str8(in)) == NULL);
}

static void on_asked(void *owner, struct span frame)
{
	static void (*const check[])(struct wire_in *) = {
		[WIRE_PUBLISH] = check_publish,
		[WIRE_PAGE] = check_page,
		[WIRE_CHANNELS] = check_channels,
		[WIRE_METRICS] = check_metrics,
	};
	struct wire_in in;
	struct span body;
	uint8_t type;
	bool bad = false;
	uint64_t number;

	(void)owner;
	MUST(wire_frame(frame, &type, &body, &bad) == frame.len);
	MUST(type < sizeof(check) / sizeof(check[0]) && check[type] != NULL);
	in = wire_in(body);
	number = wire_get_u64(&in);
	check[type](&in);
	MUST(wire_done(&in) && waiting_count < WAITING_MAX);
	waiting[waiting_count++] = (struct asked){type, number};
}

/* ---- what is answered */

static void hear(enum wire_type type, const struct buf *body)
{
	MUST(dialogue_frame(&dialogue, (uint8_t)type, buf_span(body)));
}

static void add_event(struct buf *out, uint64_t id, const char *data)
{
	struct wire_event event = {
		.id = id, .channel = span_of("main"), .data = span_of(data)};

	wire_put_u32(out, (uint32_t)wire_event_size(&event));
	wire_put_event(out, &event);
}

static void answer_page(struct buf *out, uint8_t mood)
{
	wire_put_u8(out, (mood & 2) != 0); /* a gap */
	wire_put_u64(out, STUB_OLDEST - 10);
	wire_put_u64(out, STUB_OLDEST - 1);
	wire_put_u64(out, 0);
	wire_put_u64(out, STUB_OLDEST - 10);
	wire_put_u64(out, STUB_NEWEST);
	wire_put_u32(out, (mood & 4) != 0 ? 2 : 0);
	if ((mood & 4) == 0)
		return;
	add_event(out, STUB_OLDEST - 9, "one\ntwo");
	add_event(out, STUB_OLDEST - 8, "");
}

static void answer_stored(struct buf *out, uint8_t mood)
{
	wire_put_u8(out, mood / 2 % 6); /* the outcome */
	wire_put_u64(out, STUB_NEWEST);
	wire_put_u64(out, STUB_NEWEST);
	wire_put_str16(out, span_of((mood & 128) != 0 ? "no \"room\"" : ""));
}

static void answer_channels(struct buf *out, uint8_t mood)
{
	wire_put_u8(out, (mood & 2) != 0); /* more */
	wire_put_u32(out, 1);
	wire_put_str8(out, span_of("\"main\"/\xc3\xa9"));
	wire_put_u64(out, 5);
	wire_put_u64(out, 500);
	wire_put_u64(out, STUB_OLDEST);
	wire_put_u64(out, STUB_NEWEST);
	wire_put_u32(out, 1);
}

static void answer_one(const struct asked *asked, uint8_t mood)
{
	struct buf out = {0};

	wire_put_u64(&out, asked->number);
	if (asked->type == WIRE_PAGE) {
		answer_page(&out, mood);
		hear(WIRE_PAGED, &out);
	} else if (asked->type == WIRE_PUBLISH) {
		answer_stored(&out, mood);
		hear(WIRE_STORED, &out);
	} else if (asked->type == WIRE_CHANNELS) {
		answer_channels(&out, mood);
		hear(WIRE_CHANNELED, &out);
	} else {
		wire_put_bytes(&out, "# EOF\n", 6);
		hear(WIRE_METERED, &out);
	}
	buf_release(&out);
}

void stub_answer(uint8_t mood)
{
	struct asked asked[WAITING_MAX];
	size_t count = waiting_count;

	memcpy(asked, waiting, sizeof(asked));
	waiting_count = 0;
	if ((mood & 1) != 0) /* nobody has answered */
		answers_expire(dialogue.answers, UINT64_MAX);
	else
		for (size_t i = 0; i < count; i++)
			answer_one(&asked[i], mood);
}

/* ---- the responder: worker.c without signals, gate and connection */

static void be_welcome(void)
{
	static const char identity[WIRE_IDENTITY] = "the stub's log";
	struct buf out = {0};

	wire_put_u16(&out, WIRE_VERSION);
	wire_put_bytes(&out, identity, WIRE_IDENTITY);
	wire_put_u64(&out, STUB_NEWEST);
	hear(WIRE_WELCOME, &out);
	buf_clear(&out);
	wire_put_u8(&out, true);
	wire_put_str16(&out, span_of(""));
	hear(WIRE_STATE, &out);
	buf_release(&out);
}

static void fill_window(void)
{
	struct wire_event event = {
		.channel = span_of("main"), .data = span_of("x")};
	struct buf out = {0};

	wire_put_u64(&out, STUB_OLDEST - 1);
	wire_put_u64(&out, STUB_NEWEST);
	hear(WIRE_FOLLOWING, &out);
	for (event.id = STUB_OLDEST; event.id <= STUB_NEWEST; event.id++) {
		buf_clear(&out);
		wire_put_event(&out, &event);
		hear(WIRE_EVENT, &out);
	}
	buf_release(&out);
	MUST(dialogue_is_filled(&dialogue));
}

static char one_origin[] = "https://a.example";
static char any_origin[] = "*";
static char *origins[] = {one_origin};

void stub_everybody(bool yes)
{
	origins[0] = yes ? any_origin : one_origin;
}

static void meet_hub(struct responder *responder)
{
	static struct feed feed;

	feed = (struct feed){
		.channels = responder->channels,
		.window = responder->window,
		.fanout = responder->fanout,
		.streams = responder->streams,
		.audience = responder->audience,
		.tasks = responder->tasks,
		.meter = responder->meter,
	};
	dialogue.sink = feed_sink(&feed);
	be_welcome();
	fill_window();
}

static void open_streams(struct responder *responder)
{
	responder->channels = channels_new();
	responder->audience =
		audience_new(responder->loop, responder->channels, 15);
	responder->window =
		window_new(responder->config->window, responder->channels);
	responder->parcels = parcels_new(responder->window);
	responder->fanout = fanout_new(&(struct fanout_parts){
		.loop = responder->loop,
		.channels = responder->channels,
		.window = responder->window,
		.parcels = responder->parcels,
		.meter = responder->meter,
	});
	responder->streams = streams_new(&(struct streams_parts){
		.loop = responder->loop,
		.window = responder->window,
		.parcels = responder->parcels,
		.audience = responder->audience,
		.fanout = responder->fanout,
		.dialogue = responder->dialogue,
		.quota = responder->quota,
		.meter = responder->meter,
		.retry_ms = responder->config->retry_ms,
	});
}

static void open_rooms(struct responder *responder)
{
	static struct link nowhere = {.fd = -1};
	static struct config config;

	log_faults_only();
	MUST(config_try(&config, NULL) == NULL);
	config.window = 1 << 20;
	config.origins = origins;
	config.origin_count = 1;
	responder->config = &config;
	responder->loop = ev_loop_new(EVFLAG_AUTO);
	responder->meter = meter_new();
	responder->answers = answers_new(on_asked, NULL);
	dialogue.link = &nowhere;
	dialogue.answers = responder->answers;
	responder->dialogue = &dialogue;
	responder->quota = quota_new(&config);
	open_streams(responder);
	responder->tasks = tasks_new(responder);
	responder->replies = replies_new(responder->loop);
	responder->askers = askers_new(responder->loop);
	meet_hub(responder);
}

struct responder *stub_responder(void)
{
	static struct responder responder;

	if (responder.loop == NULL)
		open_rooms(&responder);
	return &responder;
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
