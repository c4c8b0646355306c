/*
 * stub - a whole responder, and instead of its uplink a hub of our own
 */
#include <config.h>

#include "tests/fuzz/stub.h"

#include "fcgi/asker.h"
#include "fcgi/audience.h"
#include "fcgi/fanout.h"
#include "fcgi/meter.h"
#include "fcgi/opening.h"
#include "fcgi/pager.h"
#include "fcgi/quota.h"
#include "fcgi/reply.h"
#include "fcgi/tasks.h"
#include "fcgi/uplink.h"
#include "fcgi/window.h"
#include "lib/config.h"
#include "lib/text.h"
#include "tests/fuzz/fuzz.h"

enum { WAITING_MAX = 8 };

struct pending {
	uplink_stored *stored;
	uplink_channels_answer *channels;
	uplink_metered *metered;
	uplink_paged *paged;
	void *arg;
};

static struct pending waiting[WAITING_MAX];
static size_t waiting_count;
struct stub_question stub_question;

static struct pending *wait_for(struct pending pending)
{
	MUST(waiting_count < WAITING_MAX);
	waiting[waiting_count] = pending;
	return &waiting[waiting_count++];
}

/* ---- what is asked, in uplink.h's order */

struct pending *uplink_publish(struct uplink *uplink,
	const struct publication *publication, uplink_stored *answer, void *arg)
{
	const struct config *config = stub_responder()->config;

	(void)uplink;
	MUST(text_channel_fault(publication->channel) == NULL);
	MUST(text_type_fault(publication->type) == NULL);
	MUST(publication->count >= 1 && !publication->is_volatile);
	for (uint32_t i = 0; i < publication->count; i++) {
		MUST(publication->items[i].data.len <= config->max_event);
		MUST(text_is_utf8(publication->items[i].data, NULL));
		MUST(publication->items[i].key.len <= UINT8_MAX);
		MUST(text_is_utf8(publication->items[i].key, NULL));
	}
	return wait_for((struct pending){.stored = answer, .arg = arg});
}

void uplink_forget(struct pending *pending)
{
	pending->arg = NULL;
}

struct pending *uplink_channels(struct uplink *uplink, struct span after,
	uint16_t limit, struct span only, uplink_channels_answer *answer,
	void *arg)
{
	(void)uplink;
	MUST(limit >= 1 && limit <= 1000);
	MUST(after.len == 0 || text_channel_fault(after) == NULL);
	MUST(only.len == 0 || text_channel_fault(only) == NULL);
	return wait_for((struct pending){.channels = answer, .arg = arg});
}

struct pending *uplink_metrics(struct uplink *uplink, enum wire_format format,
	uplink_metered *answer, void *arg)
{
	(void)uplink;
	MUST(format == WIRE_PROMETHEUS || format == WIRE_OPENMETRICS);
	return wait_for((struct pending){.metered = answer, .arg = arg});
}

struct pending *uplink_page(struct uplink *uplink, struct span question,
	uplink_paged *answer, void *arg)
{
	struct wire_in in = wire_in(question);
	uint16_t count;

	(void)uplink;
	stub_question.asked = true;
	stub_question.from = wire_get_u8(&in);
	stub_question.value = wire_get_u64(&in);
	wire_get_u64(&in);
	wire_get_u64(&in);
	wire_get_u32(&in);
	count = wire_get_u16(&in);
	for (uint16_t i = 0; i < count; i++)
		MUST(text_channel_fault(wire_get_str8(&in)) == NULL);
	MUST(count >= 1 && wire_done(&in));
	return wait_for((struct pending){.paged = answer, .arg = arg});
}

bool uplink_is_filled(const struct uplink *uplink)
{
	(void)uplink;
	return true;
}

struct health uplink_health(const struct uplink *uplink)
{
	(void)uplink;
	return (struct health){.writable = true};
}

/* ---- what is answered */

static void add_event(struct buf *out, uint64_t id, const char *data)
{
	struct wire_event event = {
		.id = id, .channel = span_of("main"), .data = span_of(data)};

	wire_put_u32(out, (uint32_t)wire_event_size(&event));
	wire_put_event(out, &event);
}

static void answer_page(const struct pending *pending, uint8_t mood)
{
	struct buf events = {0};
	struct paged paged = {.away = (mood & 1) != 0,
		.gap = (mood & 2) != 0,
		.used = STUB_OLDEST - 10,
		.through = STUB_OLDEST - 1,
		.oldest = STUB_OLDEST - 10,
		.newest = STUB_NEWEST};

	if ((mood & 4) != 0) {
		paged.count = 2;
		add_event(&events, STUB_OLDEST - 9, "one\ntwo");
		add_event(&events, STUB_OLDEST - 8, "");
	}
	paged.events = wire_in(buf_span(&events));
	pending->paged(pending->arg, &paged);
	buf_release(&events);
}

static void answer_stored(const struct pending *pending, uint8_t mood)
{
	struct stored stored = {.away = (mood & 1) != 0,
		.outcome = (enum wire_outcome)(mood / 2 % 6),
		.first = STUB_NEWEST,
		.last = STUB_NEWEST,
		.reason = span_of((mood & 128) != 0 ? "no \"room\"" : "")};

	pending->stored(pending->arg, &stored);
}

static void answer_channels(const struct pending *pending, uint8_t mood)
{
	const struct channel_line line = {.name = span_of("\"main\"/\xc3\xa9"),
		.events = 5,
		.bytes = 500,
		.oldest = STUB_OLDEST,
		.newest = STUB_NEWEST,
		.subscribers = 1};

	pending->channels(pending->arg, (mood & 1) != 0 ? NULL : &line, 1,
		(mood & 2) != 0);
}

static void answer_one(const struct pending *pending, uint8_t mood)
{
	static const char text[] = "# EOF\n";

	if (pending->arg == NULL)
		return; /* forgotten */
	if (pending->paged != NULL)
		answer_page(pending, mood);
	else if (pending->stored != NULL)
		answer_stored(pending, mood);
	else if (pending->channels != NULL)
		answer_channels(pending, mood);
	else
		pending->metered(
			pending->arg, span_of((mood & 1) != 0 ? NULL : text));
}

void stub_answer(uint8_t mood)
{
	for (size_t i = 0; i < waiting_count; i++)
		answer_one(&waiting[i], mood);
	waiting_count = 0;
}

/* ---- the responder: worker.c without signals, gate and uplink */

static void fill_window(struct window *window)
{
	struct wire_event event = {
		.channel = span_of("main"), .data = span_of("x")};

	window_begin(window, STUB_OLDEST - 1);
	for (event.id = STUB_OLDEST; event.id <= STUB_NEWEST; event.id++)
		window_append(window, &event);
}

static char one_origin[] = "https://a.example";
static char any_origin[] = "*";
static char *origins[] = {one_origin};

void stub_everybody(bool yes)
{
	origins[0] = yes ? any_origin : one_origin;
}

static void open_rooms(struct responder *responder)
{
	static struct config config;

	MUST(config_try(&config, NULL) == NULL);
	config.window = 1 << 20;
	config.origins = origins;
	config.origin_count = 1;
	responder->config = &config;
	responder->loop = ev_loop_new(EVFLAG_AUTO);
	responder->meter = meter_new();
	responder->audience = audience_new(responder);
	responder->window = window_new(
		config.window, audience_channels(responder->audience));
	responder->openings = openings_new(responder);
	responder->fanout = fanout_new(responder);
	responder->pager = pager_new(responder);
	responder->quota = quota_new(&config);
	responder->tasks = tasks_new(responder);
	responder->replies = replies_new(responder->loop);
	responder->askers = askers_new(responder->loop);
	fill_window(responder->window);
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
