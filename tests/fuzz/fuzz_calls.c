/* SPDX-License-Identifier: MIT */
/*
 * fuzz_calls - any bytes as what the hub answers a responder
 *
 * A byte says which answer, two how long it is, then it comes; one of each kind
 * is waited for.  Who waits is called once at most, and what he is given lies
 * within the answer.
 */
#include <config.h>

#include <string.h>

#include "fcgi/uplink/publishes.h"
#include "fcgi/uplink/questions.h"
#include "lib/clock.h"
#include "tests/fuzz/fuzz.h"

enum { KINDS = 6 };

static struct span body;
static unsigned called[KINDS];
static struct publishes *publishes;
static struct questions *questions;

static void within(struct span inner)
{
	MUST(inner.at >= body.at);
	MUST(inner.at + inner.len <= body.at + body.len);
}

static void on_stored(void *arg, const struct stored *stored)
{
	(void)arg;
	MUST(++called[0] == 1 && !stored->away);
	MUST(stored->outcome <= WIRE_OUT_FAILED);
	within(stored->reason);
}

static void on_paged(void *arg, const struct paged *paged)
{
	struct wire_in in = paged->events;
	struct wire_event event;

	(void)arg;
	MUST(++called[1] == 1 && !paged->away);
	for (uint32_t i = 0; i < paged->count; i++) {
		if (!wire_get_event(wire_get_blob(&in), &event))
			continue;
		within(event.channel);
		within(event.type);
		within(event.data);
	}
	MUST(wire_done(&in));
}

static void on_channels(void *arg, const struct channel_lines *page)
{
	(void)arg;
	MUST(++called[2] == 1 && page->lines != NULL);
	for (size_t i = 0; i < page->count; i++)
		within(page->lines[i].name);
	within(page->last);
}

static void on_metrics_text(void *arg, struct span text)
{
	(void)arg;
	MUST(++called[3] == 1 && text.at != NULL);
	within(text);
}

static void on_judged(void *arg, const struct judged *judged)
{
	(void)arg;
	MUST(++called[4] == 1 && !judged->away);
	MUST(judged->count <= JUDGED_MAX);
	for (uint16_t i = 1; i < judged->count; i++)
		MUST(judged->busy[i] > judged->busy[i - 1]);
	MUST(judged->mark_count <= JUDGED_MAX);
	for (uint16_t i = 1; i < judged->mark_count; i++)
		MUST(judged->marks[i].place > judged->marks[i - 1].place);
}

static void on_presented(void *arg, const struct presented *presented)
{
	struct wire_in in = presented->entries;

	(void)arg;
	MUST(++called[5] == 1 && !presented->away);
	for (uint32_t i = 0; i < presented->count; i++) {
		struct present_line line = present_line(&in);

		within(span((const char *)line.active.subscriber,
			ACTIVE_SUBSCRIBER));
		within(line.active.topic);
		within(line.active.user);
		within(line.active.payload);
	}
	MUST(wire_done(&in));
}

static void drop(void *owner, struct span frame)
{
	(void)owner;
	MUST(frame.len > WIRE_HEAD);
}

static void ask_all(void)
{
	static const struct hub_sender sender = {drop, NULL};
	const struct item item = {.data = span_of("data")};
	const struct publication publication = {
		.channel = span_of("main"), .items = &item, .count = 1};
	const struct channel_question question = {.limit = 10};
	const struct presence_question presence_question = {.limit = 10};

	for (int i = 0; i < KINDS; i++)
		called[i] = 0;
	publishes = publishes_new(&clock_system, &sender);
	questions = questions_new(&clock_system, &sender);
	publishes_add(publishes, &publication, on_stored, NULL);
	questions_page(questions, span_of("question"), on_paged, NULL);
	questions_channels(questions, &question, on_channels, NULL);
	questions_metrics(questions, WIRE_PROMETHEUS, on_metrics_text, NULL);
	questions_judge(questions, span_of("question"), on_judged, NULL);
	questions_presence(questions, &presence_question, on_presented, NULL);
}

static bool take(unsigned kind, struct wire_in *in)
{
	switch (kind) {
	case 0:
		return publishes_stored(publishes, in);
	case 1:
		return questions_paged(questions, in);
	case 2:
		return questions_channeled(questions, in);
	case 3:
		return questions_metrics_text(questions, in);
	case 4:
		return questions_judged(questions, in);
	default:
		return questions_presented(questions, in);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span rest = span(data, size);

	ask_all();
	while (rest.len >= 3) {
		const unsigned char *at = (const unsigned char *)rest.at;
		size_t len = (size_t)at[1] << 8 | at[2];
		unsigned before[KINDS];
		struct wire_in in;
		bool good;

		memcpy(before, called, sizeof(before));
		rest = span(rest.at + 3, rest.len - 3);
		if (len > rest.len)
			len = rest.len;
		body = span(rest.at, len);
		in = wire_in(body);
		good = take(at[0] % KINDS, &in);
		for (unsigned i = 0; i < KINDS; i++)
			MUST(before[i] == called[i] ||
				(good && i == at[0] % KINDS));
		rest = span(rest.at + len, rest.len - len);
	}
	publishes_free(publishes);
	questions_free(questions);
	return 0;
}
