/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "fcgi/uplink/calls.h"

#include <stdlib.h>

#include "lib/buf.h"
#include "lib/clock.h"
#include "lib/list.h"

enum kind { PUBLISH, PAGE, CHANNELS, METRICS };

union callback {
	uplink_stored *stored;
	uplink_paged *paged;
	uplink_channels_answer *channels;
	uplink_metrics_text *metrics_text;
};

struct call {
	struct node node;
	struct calls *calls;
	enum kind kind;
	bool forgotten;
	uint64_t number;   /* a publish's number, a question's tag */
	uint64_t deadline; /* monotonic us */
	union callback answer;
	void *arg;
	struct buf frame;
};

struct calls {
	const struct clock *clock;
	void (*send)(void *owner, struct span frame);
	void *owner;
	struct node publishes; /* by number */
	struct node questions; /* by deadline; at most a few hundred */
	struct node refused;   /* publishes beyond the limit: never sent */
	uint64_t number;
	uint64_t tag;
	size_t waiting; /* publishes */
	size_t bytes;	/* of their frames */
};

struct calls *calls_new(const struct clock *clock,
	void (*send)(void *owner, struct span frame), void *owner)
{
	struct calls *calls = mem_new(sizeof(*calls));

	calls->clock = clock;
	calls->send = send;
	calls->owner = owner;
	list_init(&calls->publishes);
	list_init(&calls->questions);
	list_init(&calls->refused);
	return calls;
}

static void call_free(struct call *call)
{
	if (call->kind == PUBLISH) {
		call->calls->waiting--;
		call->calls->bytes -= call->frame.len;
	}
	list_remove(&call->node);
	buf_release(&call->frame);
	free(call);
}

static void free_all(struct node *list)
{
	while (!list_empty(list))
		call_free(list_entry(list->next, struct call, node));
}

void calls_free(struct calls *calls)
{
	if (calls == NULL)
		return;
	free_all(&calls->publishes);
	free_all(&calls->questions);
	free_all(&calls->refused);
	free(calls);
}

static struct call *call_new(
	struct calls *calls, enum kind kind, uint64_t number)
{
	struct call *call = mem_new(sizeof(*call));

	call->calls = calls;
	call->kind = kind;
	call->number = number;
	call->deadline =
		clock_now_us(calls->clock) + UPLINK_DEADLINE_MS * 1000ull;
	list_init(&call->node);
	return call;
}

/* ---- publishing */

static uint64_t answered(const struct calls *calls)
{
	if (list_empty(&calls->publishes))
		return calls->number;
	return list_entry(calls->publishes.next, struct call, node)->number - 1;
}

static void put_publish(struct buf *out, const struct calls *calls,
	uint64_t number, const struct publication *publication)
{
	size_t begun = wire_begin(out, WIRE_PUBLISH);

	wire_put_u64(out, number);
	wire_put_u64(out, answered(calls));
	wire_put_u8(out, publication->is_volatile ? WIRE_VOLATILE : 0);
	wire_put_str8(out, publication->channel);
	wire_put_str8(out, publication->type);
	wire_put_u32(out, publication->count);
	for (uint32_t i = 0; i < publication->count; i++) {
		const struct item *item = &publication->items[i];

		wire_put_str8(out, item->key);
		if (item->key.len > 0) {
			wire_put_u64(out, item->digest.high);
			wire_put_u64(out, item->digest.low);
		}
		wire_put_blob(out, item->data);
	}
	wire_end(out, begun);
}

/* Takes the frame's place among those that wait; false if there is none. */
static bool admit(struct calls *calls, struct call *call)
{
	size_t len = call->frame.len;

	calls->waiting++;
	calls->bytes += len;
	return calls->waiting <= UPLINK_WAITING_MAX &&
	       (calls->bytes <= UPLINK_WAITING_BYTES || calls->bytes == len);
}

struct call *calls_publish(struct calls *calls,
	const struct publication *publication, uplink_stored *answer, void *arg)
{
	struct call *call = call_new(calls, PUBLISH, calls->number + 1);

	call->answer.stored = answer;
	call->arg = arg;
	put_publish(&call->frame, calls, call->number, publication);
	if (!admit(calls, call)) {
		/* Answered "away" at the next look, never from here. */
		call->deadline = 0;
		list_append(&calls->refused, &call->node);
	} else {
		calls->number++;
		calls->send(calls->owner, buf_span(&call->frame));
		list_append(&calls->publishes, &call->node);
	}
	if (!publication->is_volatile)
		return call;
	call_free(call);
	return NULL;
}

void calls_forget(struct call *call)
{
	call->forgotten = true;
}

static void stored(struct call *call, const struct stored *outcome)
{
	if (!call->forgotten)
		call->answer.stored(call->arg, outcome);
	call_free(call);
}

/* The hub answers a publisher in its order: it is the first or close to it. */
static struct call *find(struct node *list, uint64_t number)
{
	struct node *node = list->next;

	for (; node != list; node = node->next) {
		struct call *call = list_entry(node, struct call, node);

		if (call->number == number)
			return call;
	}
	return NULL;
}

bool calls_stored(struct calls *calls, struct wire_in *in)
{
	uint64_t number = wire_get_u64(in);
	struct stored outcome = {.outcome = wire_get_u8(in)};
	struct call *call;

	outcome.first = wire_get_u64(in);
	outcome.last = wire_get_u64(in);
	outcome.reason = wire_get_str16(in);
	if (!wire_done(in) || outcome.outcome > WIRE_OUT_FAILED)
		return false;
	call = number == 0 ? NULL : find(&calls->publishes, number);
	if (call != NULL)
		stored(call, &outcome);
	return true;
}

/* ---- questions */

static struct call *ask(struct calls *calls, enum kind kind,
	enum wire_type type, struct span body)
{
	struct call *call = call_new(calls, kind, ++calls->tag);
	size_t begun = wire_begin(&call->frame, type);

	wire_put_u64(&call->frame, call->number);
	wire_put_bytes(&call->frame, body.at, body.len);
	wire_end(&call->frame, begun);
	list_append(&calls->questions, &call->node);
	calls->send(calls->owner, buf_span(&call->frame));
	return call;
}

struct call *calls_page(struct calls *calls, struct span question,
	uplink_paged *answer, void *arg)
{
	struct call *call = ask(calls, PAGE, WIRE_PAGE, question);

	call->answer.paged = answer;
	call->arg = arg;
	return call;
}

struct call *calls_channels(struct calls *calls,
	const struct channel_question *question, uplink_channels_answer *answer,
	void *arg)
{
	struct call *call;
	struct buf body = {0};

	wire_put_str8(&body, question->after);
	wire_put_u16(&body, question->limit);
	wire_put_str8(&body, question->only);
	call = ask(calls, CHANNELS, WIRE_CHANNELS, buf_span(&body));
	call->answer.channels = answer;
	call->arg = arg;
	buf_release(&body);
	return call;
}

struct call *calls_metrics(struct calls *calls, enum wire_format format,
	uplink_metrics_text *answer, void *arg)
{
	const char body = (char)format;
	struct call *call = ask(calls, METRICS, WIRE_METRICS, span(&body, 1));

	call->answer.metrics_text = answer;
	call->arg = arg;
	return call;
}

static void paged(struct call *call, const struct paged *paged)
{
	if (!call->forgotten)
		call->answer.paged(call->arg, paged);
	call_free(call);
}

bool calls_paged(struct calls *calls, struct wire_in *in)
{
	struct call *call = find(&calls->questions, wire_get_u64(in));
	struct paged page = {0};
	struct wire_in walk;

	page.gap = wire_get_u8(in) != 0;
	page.used = wire_get_u64(in);
	page.through = wire_get_u64(in);
	page.mark = wire_get_u64(in);
	page.oldest = wire_get_u64(in);
	page.newest = wire_get_u64(in);
	page.count = wire_get_u32(in);
	page.events = walk = *in;
	for (uint32_t i = 0; i < page.count && !walk.failed; i++)
		wire_get_blob(&walk);
	if (!wire_done(&walk))
		return false;
	if (call != NULL && call->kind == PAGE)
		paged(call, &page);
	return true;
}

static void channeled(struct call *call, const struct channel_line *lines,
	size_t count, bool more)
{
	if (!call->forgotten)
		call->answer.channels(call->arg, lines, count, more);
	call_free(call);
}

static struct channel_line get_line(struct wire_in *in)
{
	struct channel_line line = {.name = wire_get_str8(in)};

	line.events = wire_get_u64(in);
	line.bytes = wire_get_u64(in);
	line.oldest = wire_get_u64(in);
	line.newest = wire_get_u64(in);
	line.subscribers = wire_get_u32(in);
	return line;
}

bool calls_channeled(struct calls *calls, struct wire_in *in)
{
	struct call *call = find(&calls->questions, wire_get_u64(in));
	bool more = wire_get_u8(in) != 0;
	uint32_t count = wire_get_u32(in);
	struct buf lines = {0};

	for (uint32_t i = 0; i < count && !in->failed; i++) {
		struct channel_line line = get_line(in);

		buf_add(&lines, &line, sizeof(line));
	}
	if (wire_done(in) && call != NULL && call->kind == CHANNELS) {
		/* Never NULL: that would say "away". */
		buf_reserve(&lines, 1);
		channeled(call, (const void *)lines.at, count, more);
	}
	buf_release(&lines);
	return wire_done(in);
}

static void metrics_text(struct call *call, struct span text)
{
	if (!call->forgotten)
		call->answer.metrics_text(call->arg, text);
	call_free(call);
}

bool calls_metrics_text(struct calls *calls, struct wire_in *in)
{
	struct call *call = find(&calls->questions, wire_get_u64(in));
	struct span text = wire_get_rest(in);

	if (wire_done(in) && call != NULL && call->kind == METRICS)
		metrics_text(call, text);
	return wire_done(in);
}

/* ---- hubs come and go */

static void send_list(struct calls *calls, struct node *list)
{
	struct node *node = list->next;

	for (; node != list; node = node->next) {
		struct call *call = list_entry(node, struct call, node);

		if (call->frame.len > 0)
			calls->send(calls->owner, buf_span(&call->frame));
	}
}

void calls_send_all(struct calls *calls)
{
	send_list(calls, &calls->publishes);
	send_list(calls, &calls->questions);
}

static void expire(struct call *call)
{
	static const struct stored no_hub = {.away = true};
	static const struct paged no_page = {.away = true};

	switch (call->kind) {
	case PUBLISH:
		stored(call, &no_hub);
		break;
	case PAGE:
		paged(call, &no_page);
		break;
	case CHANNELS:
		channeled(call, NULL, 0, false);
		break;
	case METRICS:
		metrics_text(call, span(NULL, 0));
		break;
	}
}

static void expire_list(struct node *list, uint64_t now)
{
	struct node *node = list->next;

	while (node != list) {
		struct call *call = list_entry(node, struct call, node);

		node = node->next;
		if (call->deadline <= now)
			expire(call);
	}
}

void calls_expire(struct calls *calls, uint64_t now)
{
	expire_list(&calls->publishes, now);
	expire_list(&calls->questions, now);
	expire_list(&calls->refused, now);
}
