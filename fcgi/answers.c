#include <config.h>

#include "fcgi/answers.h"

#include <stdlib.h>

#include "fcgi/list.h"
#include "lib/buf.h"
#include "lib/clock.h"

enum kind { PUBLISH, PAGE, CHANNELS, METRICS };

union callback {
	uplink_stored *stored;
	uplink_paged *paged;
	uplink_channels_answer *channels;
	uplink_metered *metered;
};

struct pending {
	struct node node;
	struct answers *answers;
	enum kind kind;
	bool forgotten;
	uint64_t number;   /* a publish's number, a question's tag */
	uint64_t deadline; /* monotonic us */
	union callback answer;
	void *arg;
	struct buf frame;
};

struct answers {
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

struct answers *answers_new(const struct clock *clock,
	void (*send)(void *owner, struct span frame), void *owner)
{
	struct answers *answers = mem_new(sizeof(*answers));

	answers->clock = clock;
	answers->send = send;
	answers->owner = owner;
	list_init(&answers->publishes);
	list_init(&answers->questions);
	list_init(&answers->refused);
	return answers;
}

static void pending_free(struct pending *pending)
{
	if (pending->kind == PUBLISH) {
		pending->answers->waiting--;
		pending->answers->bytes -= pending->frame.len;
	}
	list_remove(&pending->node);
	buf_release(&pending->frame);
	free(pending);
}

static void free_all(struct node *list)
{
	while (!list_empty(list))
		pending_free(list_entry(list->next, struct pending, node));
}

void answers_free(struct answers *answers)
{
	if (answers == NULL)
		return;
	free_all(&answers->publishes);
	free_all(&answers->questions);
	free_all(&answers->refused);
	free(answers);
}

static struct pending *pending_new(
	struct answers *answers, enum kind kind, uint64_t number)
{
	struct pending *pending = mem_new(sizeof(*pending));

	pending->answers = answers;
	pending->kind = kind;
	pending->number = number;
	pending->deadline =
		clock_now_us(answers->clock) + UPLINK_DEADLINE_MS * 1000ull;
	list_init(&pending->node);
	return pending;
}

/* ---- publishing */

static uint64_t answered(const struct answers *answers)
{
	if (list_empty(&answers->publishes))
		return answers->number;
	return list_entry(answers->publishes.next, struct pending, node)
		       ->number -
	       1;
}

static void put_publish(struct buf *out, const struct answers *answers,
	uint64_t number, const struct publication *publication)
{
	size_t begun = wire_begin(out, WIRE_PUBLISH);

	wire_put_u64(out, number);
	wire_put_u64(out, answered(answers));
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
static bool admit(struct answers *answers, struct pending *pending)
{
	size_t len = pending->frame.len;

	answers->waiting++;
	answers->bytes += len;
	return answers->waiting <= UPLINK_WAITING_MAX &&
	       (answers->bytes <= UPLINK_WAITING_BYTES ||
		       answers->bytes == len);
}

struct pending *answers_publish(struct answers *answers,
	const struct publication *publication, uplink_stored *answer, void *arg)
{
	struct pending *pending =
		pending_new(answers, PUBLISH, answers->number + 1);

	pending->answer.stored = answer;
	pending->arg = arg;
	put_publish(&pending->frame, answers, pending->number, publication);
	if (!admit(answers, pending)) {
		/* Answered "away" at the next look, never from here. */
		pending->deadline = 0;
		list_append(&answers->refused, &pending->node);
	} else {
		answers->number++;
		answers->send(answers->owner, buf_span(&pending->frame));
		list_append(&answers->publishes, &pending->node);
	}
	if (!publication->is_volatile)
		return pending;
	pending_free(pending);
	return NULL;
}

void answers_forget(struct pending *pending)
{
	pending->forgotten = true;
}

static void stored(struct pending *pending, const struct stored *outcome)
{
	if (!pending->forgotten)
		pending->answer.stored(pending->arg, outcome);
	pending_free(pending);
}

/* The hub answers a source in its order: it is the first or close to it. */
static struct pending *find(struct node *list, uint64_t number)
{
	struct node *node = list->next;

	for (; node != list; node = node->next) {
		struct pending *pending =
			list_entry(node, struct pending, node);

		if (pending->number == number)
			return pending;
	}
	return NULL;
}

bool answers_stored(struct answers *answers, struct wire_in *in)
{
	uint64_t number = wire_get_u64(in);
	struct stored outcome = {.outcome = wire_get_u8(in)};
	struct pending *pending;

	outcome.first = wire_get_u64(in);
	outcome.last = wire_get_u64(in);
	outcome.reason = wire_get_str16(in);
	if (!wire_done(in) || outcome.outcome > WIRE_OUT_FAILED)
		return false;
	pending = number == 0 ? NULL : find(&answers->publishes, number);
	if (pending != NULL)
		stored(pending, &outcome);
	return true;
}

/* ---- questions */

static struct pending *ask(struct answers *answers, enum kind kind,
	enum wire_type type, struct span body)
{
	struct pending *pending = pending_new(answers, kind, ++answers->tag);
	size_t begun = wire_begin(&pending->frame, type);

	wire_put_u64(&pending->frame, pending->number);
	wire_put_bytes(&pending->frame, body.at, body.len);
	wire_end(&pending->frame, begun);
	list_append(&answers->questions, &pending->node);
	answers->send(answers->owner, buf_span(&pending->frame));
	return pending;
}

struct pending *answers_page(struct answers *answers, struct span question,
	uplink_paged *answer, void *arg)
{
	struct pending *pending = ask(answers, PAGE, WIRE_PAGE, question);

	pending->answer.paged = answer;
	pending->arg = arg;
	return pending;
}

struct pending *answers_channels(struct answers *answers,
	const struct channel_question *question, uplink_channels_answer *answer,
	void *arg)
{
	struct pending *pending;
	struct buf body = {0};

	wire_put_str8(&body, question->after);
	wire_put_u16(&body, question->limit);
	wire_put_str8(&body, question->only);
	pending = ask(answers, CHANNELS, WIRE_CHANNELS, buf_span(&body));
	pending->answer.channels = answer;
	pending->arg = arg;
	buf_release(&body);
	return pending;
}

struct pending *answers_metrics(struct answers *answers,
	enum wire_format format, uplink_metered *answer, void *arg)
{
	const char body = (char)format;
	struct pending *pending =
		ask(answers, METRICS, WIRE_METRICS, span(&body, 1));

	pending->answer.metered = answer;
	pending->arg = arg;
	return pending;
}

static void paged(struct pending *pending, const struct paged *paged)
{
	if (!pending->forgotten)
		pending->answer.paged(pending->arg, paged);
	pending_free(pending);
}

bool answers_paged(struct answers *answers, struct wire_in *in)
{
	struct pending *pending = find(&answers->questions, wire_get_u64(in));
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
	if (pending != NULL && pending->kind == PAGE)
		paged(pending, &page);
	return true;
}

static void channeled(struct pending *pending, const struct channel_line *lines,
	size_t count, bool more)
{
	if (!pending->forgotten)
		pending->answer.channels(pending->arg, lines, count, more);
	pending_free(pending);
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

bool answers_channeled(struct answers *answers, struct wire_in *in)
{
	struct pending *pending = find(&answers->questions, wire_get_u64(in));
	bool more = wire_get_u8(in) != 0;
	uint32_t count = wire_get_u32(in);
	struct buf lines = {0};

	for (uint32_t i = 0; i < count && !in->failed; i++) {
		struct channel_line line = get_line(in);

		buf_add(&lines, &line, sizeof(line));
	}
	if (wire_done(in) && pending != NULL && pending->kind == CHANNELS) {
		/* Never NULL: that would say "away". */
		buf_reserve(&lines, 1);
		channeled(pending, (const void *)lines.at, count, more);
	}
	buf_release(&lines);
	return wire_done(in);
}

static void metered(struct pending *pending, struct span text)
{
	if (!pending->forgotten)
		pending->answer.metered(pending->arg, text);
	pending_free(pending);
}

bool answers_metered(struct answers *answers, struct wire_in *in)
{
	struct pending *pending = find(&answers->questions, wire_get_u64(in));
	struct span text = wire_get_rest(in);

	if (wire_done(in) && pending != NULL && pending->kind == METRICS)
		metered(pending, text);
	return wire_done(in);
}

/* ---- hubs come and go */

static void send_list(struct answers *answers, struct node *list)
{
	struct node *node = list->next;

	for (; node != list; node = node->next) {
		struct pending *pending =
			list_entry(node, struct pending, node);

		if (pending->frame.len > 0)
			answers->send(
				answers->owner, buf_span(&pending->frame));
	}
}

void answers_send_all(struct answers *answers)
{
	send_list(answers, &answers->publishes);
	send_list(answers, &answers->questions);
}

static void expire(struct pending *pending)
{
	static const struct stored no_hub = {.away = true};
	static const struct paged no_page = {.away = true};

	switch (pending->kind) {
	case PUBLISH:
		stored(pending, &no_hub);
		break;
	case PAGE:
		paged(pending, &no_page);
		break;
	case CHANNELS:
		channeled(pending, NULL, 0, false);
		break;
	case METRICS:
		metered(pending, span(NULL, 0));
		break;
	}
}

static void expire_list(struct node *list, uint64_t now)
{
	struct node *node = list->next;

	while (node != list) {
		struct pending *pending =
			list_entry(node, struct pending, node);

		node = node->next;
		if (pending->deadline <= now)
			expire(pending);
	}
}

void answers_expire(struct answers *answers, uint64_t now)
{
	expire_list(&answers->publishes, now);
	expire_list(&answers->questions, now);
	expire_list(&answers->refused, now);
}
