/*
 * trial_ear - a stream under trial
 */
#include <config.h>

#include <string.h>

#include "client/interrupt.h"
#include "client/trial_room.h"
#include "lib/clock.h"

static void on_event(void *arg, const struct sse_event *event)
{
	struct trial *trial = arg;

	buf_clear(&trial->heard);
	buf_add_span(&trial->heard, event->data);
	trial->heard_at = clock_mono_us();
}

void trial_listen(struct trial *trial, struct ear *ear, const char *path)
{
	buf_clear(&trial->heard);
	ear->event = on_event;
	ear->arg = trial;
	ear_open(ear, trial->http, span_of(path));
}

bool is_connected(struct trial *trial, const struct ear *ear)
{
	(void)trial;
	return ear->connected;
}

bool has_event(struct trial *trial, const struct ear *ear)
{
	(void)trial;
	return ear->events > 0;
}

bool has_heard(struct trial *trial, const struct ear *ear)
{
	(void)ear;
	return trial->heard.len > 0 &&
	       memmem(trial->heard.at, trial->heard.len, trial->text.at,
		       trial->text.len) != NULL;
}

bool trial_wait(struct trial *trial, struct ear *ear,
	bool (*condition)(struct trial *, const struct ear *), uint64_t ms)
{
	uint64_t end = clock_mono_us() + ms * 1000;

	while (!condition(trial, ear)) {
		if (clock_mono_us() > end || ear_has_ended(ear) ||
			interrupt_caught())
			return false;
		http_turn(trial->http, 50);
	}
	return true;
}

bool trial_no_beginning(struct trial *trial, const struct ear *ear)
{
	const struct http_answer *answer = &ear->answer;

	if (answer->sentence.len > 1)
		return trial_wrong(trial,
			answer->status == 404 ? trial_hint(trial, TRIAL_ROUTE)
					      : NULL,
			"%s", answer->sentence.at);
	if (ear_has_ended(ear))
		return trial_wrong(trial, NULL,
			"the stream ended at once: the server is being "
			"stopped, or has too many streams");
	if (ear->bytes == 0)
		return trial_wrong(trial, trial_hint(trial, TRIAL_HELD),
			"nothing of the stream came within %.1f s",
			trial_seconds(trial));
	return trial_wrong(
		trial, NULL, "the answer is not a stream from Tidings");
}
