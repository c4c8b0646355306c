/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "fcgi/uplink/questions.h"

#include <stdlib.h>

#include "lib/event/scope.h"

enum kind { JUDGE, PAGE, CHANNELS, METRICS, PRESENCE };

union callback {
	uplink_judged *judged;
	uplink_paged *paged;
	uplink_channels_answer *channels;
	uplink_metrics_text *metrics_text;
	uplink_presented *presented;
};

struct question {
	struct call call; /* `number` is the tag */
	enum kind kind;
	union callback answer;
	void *arg;
};

struct questions {
	const struct clock *clock;
	struct hub_sender sender;
	struct node waiting; /* by deadline; at most a few hundred */
	uint64_t tag;
};

struct questions *questions_new(
	const struct clock *clock, const struct hub_sender *sender)
{
	struct questions *questions = mem_new(sizeof(*questions));

	questions->clock = clock;
	questions->sender = *sender;
	list_init(&questions->waiting);
	return questions;
}

static struct question *question_of(struct call *call)
{
	return list_entry(call, struct question, call);
}

static void question_free(struct question *question)
{
	call_release(&question->call);
	free(question);
}

void questions_free(struct questions *questions)
{
	if (questions == NULL)
		return;
	while (!list_empty(&questions->waiting))
		question_free(question_of(list_entry(
			questions->waiting.next, struct call, node)));
	free(questions);
}

/* ---- answering one who waits */

static void judged(struct question *question, const struct judged *judged)
{
	if (!question->call.forgotten)
		question->answer.judged(question->arg, judged);
	question_free(question);
}

static void paged(struct question *question, const struct paged *paged)
{
	if (!question->call.forgotten)
		question->answer.paged(question->arg, paged);
	question_free(question);
}

static void channeled(
	struct question *question, const struct channel_lines *page)
{
	if (!question->call.forgotten)
		question->answer.channels(question->arg, page);
	question_free(question);
}

static void metrics_text(struct question *question, struct span text)
{
	if (!question->call.forgotten)
		question->answer.metrics_text(question->arg, text);
	question_free(question);
}

static void presented(
	struct question *question, const struct presented *presented)
{
	if (!question->call.forgotten)
		question->answer.presented(question->arg, presented);
	question_free(question);
}

static void on_away(struct call *call)
{
	static const struct presented nobody = {.away = true};
	static const struct judged no_verdict = {.away = true};
	static const struct paged no_page = {.away = true};
	static const struct channel_lines no_lines = {0};
	struct question *question = question_of(call);

	switch (question->kind) {
	case JUDGE:
		judged(question, &no_verdict);
		break;
	case PAGE:
		paged(question, &no_page);
		break;
	case CHANNELS:
		channeled(question, &no_lines);
		break;
	case METRICS:
		metrics_text(question, span(NULL, 0));
		break;
	case PRESENCE:
		presented(question, &nobody);
		break;
	}
}

/* ---- asking */

static struct question *ask(struct questions *questions, enum kind kind,
	enum wire_type type, struct span body)
{
	struct question *question = mem_new(sizeof(*question));
	struct buf *frame = &question->call.frame;
	size_t begun;

	call_init(&question->call, questions->clock, ++questions->tag, on_away);
	question->kind = kind;
	begun = wire_begin(frame, type);
	wire_put_u64(frame, question->call.number);
	wire_put_bytes(frame, body.at, body.len);
	wire_end(frame, begun);
	list_append(&questions->waiting, &question->call.node);
	questions->sender.send(questions->sender.owner, buf_span(frame));
	return question;
}

struct call *questions_judge(struct questions *questions, struct span body,
	uplink_judged *answer, void *arg)
{
	struct question *question = ask(questions, JUDGE, WIRE_JUDGE, body);

	question->answer.judged = answer;
	question->arg = arg;
	return &question->call;
}

struct call *questions_page(struct questions *questions, struct span body,
	uplink_paged *answer, void *arg)
{
	struct question *question = ask(questions, PAGE, WIRE_PAGE, body);

	question->answer.paged = answer;
	question->arg = arg;
	return &question->call;
}

struct call *questions_channels(struct questions *questions,
	const struct channel_question *asked, uplink_channels_answer *answer,
	void *arg)
{
	struct question *question;
	struct buf body = {0};

	wire_put_str16(&body, asked->after);
	wire_put_u16(&body, asked->limit);
	wire_put_str16(&body, asked->only);
	scope_put(asked->grant, &body);
	question = ask(questions, CHANNELS, WIRE_CHANNELS, buf_span(&body));
	question->answer.channels = answer;
	question->arg = arg;
	buf_release(&body);
	return &question->call;
}

struct call *questions_metrics(struct questions *questions,
	enum wire_format format, uplink_metrics_text *answer, void *arg)
{
	const char body = (char)format;
	struct question *question =
		ask(questions, METRICS, WIRE_METRICS, span(&body, 1));

	question->answer.metrics_text = answer;
	question->arg = arg;
	return &question->call;
}

struct call *questions_presence(struct questions *questions,
	const struct presence_question *asked, uplink_presented *answer,
	void *arg)
{
	struct question *question;
	struct buf body = {0};

	wire_put_str16(&body, asked->topic);
	wire_put_str8(&body, asked->subscriber);
	wire_put_u64(&body, asked->after);
	wire_put_u16(&body, asked->limit);
	question = ask(questions, PRESENCE, WIRE_PRESENCE, buf_span(&body));
	question->answer.presented = answer;
	question->arg = arg;
	buf_release(&body);
	return &question->call;
}

/* ---- answers, and hubs that come and go */

/* Takes the tag.  NULL if nobody waits for such an answer under it. */
static struct question *find(
	struct questions *questions, enum kind kind, struct wire_in *in)
{
	struct call *call = calls_find(&questions->waiting, wire_get_u64(in));

	if (call == NULL || question_of(call)->kind != kind)
		return NULL;
	return question_of(call);
}

/* Places that rise; false if they do not. */
static bool get_busy(struct wire_in *in, uint16_t *busy, uint16_t count)
{
	for (uint16_t i = 0; i < count; i++) {
		busy[i] = wire_get_u16(in);
		if (i > 0 && busy[i] <= busy[i - 1])
			return false;
	}
	return !in->failed;
}

static bool get_marks(
	struct wire_in *in, struct judged_mark *marks, uint16_t count)
{
	for (uint16_t i = 0; i < count; i++) {
		marks[i].place = wire_get_u16(in);
		marks[i].through = wire_get_u64(in);
		marks[i].told = wire_get_u64(in);
		if (i > 0 && marks[i].place <= marks[i - 1].place)
			return false;
	}
	return wire_done(in);
}

bool questions_judged(struct questions *questions, struct wire_in *in)
{
	struct question *question = find(questions, JUDGE, in);
	struct judged verdict = {0};
	struct judged_mark marks[JUDGED_MAX];
	uint16_t busy[JUDGED_MAX];

	verdict.gap = wire_get_u8(in) != 0;
	verdict.used = wire_get_u64(in);
	verdict.limit = wire_get_u64(in);
	verdict.oldest = wire_get_u64(in);
	verdict.newest = wire_get_u64(in);
	verdict.count = wire_get_u16(in);
	verdict.busy = busy;
	if (verdict.count > JUDGED_MAX || !get_busy(in, busy, verdict.count))
		return false;
	verdict.mark_count = wire_get_u16(in);
	verdict.marks = marks;
	if (verdict.mark_count > JUDGED_MAX ||
		!get_marks(in, marks, verdict.mark_count))
		return false;
	if (question != NULL)
		judged(question, &verdict);
	return true;
}

bool questions_paged(struct questions *questions, struct wire_in *in)
{
	struct question *question = find(questions, PAGE, in);
	struct paged page = {0};
	struct wire_in walk;

	page.through = wire_get_u64(in);
	page.mark = wire_get_u64(in);
	page.count = wire_get_u32(in);
	page.events = walk = *in;
	for (uint32_t i = 0; i < page.count && !walk.failed; i++)
		wire_get_blob(&walk);
	if (!wire_done(&walk))
		return false;
	if (question != NULL)
		paged(question, &page);
	return true;
}

static struct channel_line get_line(struct wire_in *in)
{
	struct channel_line line = {.name = wire_get_str16(in)};

	line.events = wire_get_u64(in);
	line.bytes = wire_get_u64(in);
	line.oldest = wire_get_u64(in);
	line.newest = wire_get_u64(in);
	line.subscribers = wire_get_u32(in);
	return line;
}

bool questions_channeled(struct questions *questions, struct wire_in *in)
{
	struct question *question = find(questions, CHANNELS, in);
	struct channel_lines page = {.more = wire_get_u8(in) != 0};
	struct buf lines = {0};

	page.count = wire_get_u32(in);
	for (size_t i = 0; i < page.count && !in->failed; i++) {
		struct channel_line line = get_line(in);

		buf_add(&lines, &line, sizeof(line));
	}
	page.last = wire_get_str16(in);
	if (wire_done(in) && question != NULL) {
		/* Never NULL: that would say "away". */
		buf_reserve(&lines, 1);
		page.lines = (const void *)lines.at;
		channeled(question, &page);
	}
	buf_release(&lines);
	return wire_done(in);
}

bool questions_metrics_text(struct questions *questions, struct wire_in *in)
{
	struct question *question = find(questions, METRICS, in);
	struct span text = wire_get_rest(in);

	if (wire_done(in) && question != NULL)
		metrics_text(question, text);
	return wire_done(in);
}

struct present_line present_line(struct wire_in *entries)
{
	struct present_line line = {.id = wire_get_u64(entries)};
	struct active *active = &line.active;

	active->here = true;
	active->subscriber = (const uint8_t *)(const void *)wire_get_bytes(
		entries, ACTIVE_SUBSCRIBER)
				     .at;
	active->since = wire_get_u64(entries);
	active->open = wire_get_u8(entries) != 0;
	active->topic = wire_get_str16(entries);
	active->user = wire_get_str16(entries);
	active->payload = wire_get_str16(entries);
	return line;
}

bool questions_presented(struct questions *questions, struct wire_in *in)
{
	struct question *question = find(questions, PRESENCE, in);
	struct presented answer = {.upto = wire_get_u64(in)};
	struct wire_in walk;

	answer.more = wire_get_u8(in) != 0;
	answer.count = wire_get_u32(in);
	answer.entries = walk = *in;
	for (uint32_t i = 0; i < answer.count && !walk.failed; i++)
		present_line(&walk);
	if (!wire_done(&walk))
		return false;
	if (question != NULL)
		presented(question, &answer);
	return true;
}

void questions_send(struct questions *questions)
{
	calls_send(&questions->waiting, &questions->sender);
}

void questions_expire(struct questions *questions, uint64_t now)
{
	calls_expire(&questions->waiting, now);
}
