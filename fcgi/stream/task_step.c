/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "fcgi/stream/task_step.h"

#include <inttypes.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/json/json.h"
#include "lib/text.h"

/* From the future: a clock that was put back, or an invention. */
enum { AHEAD_MS = 60000 };

enum { PROGRESS_STEPS = 5 };

/* `tick`: how many intervals after the start. */
static const struct {
	const char *type;
	unsigned tick;
	unsigned done; /* of PROGRESS_STEPS */
	const char *task, *message;
} steps[TASK_STEPS] = {
	{"start", 0, 0, "function1", "function1 begins"},
	{"progress", 1, 1, "function1", "reading what there is to do"},
	{"progress", 2, 2, "function1", "sorting it"},
	{"progress", 3, 3, "function1", "doing the larger part"},
	{"progress", 4, 4, "function1", "doing the rest"},
	{"progress", 5, 5, "function1", "looking it over"},
	{"end", 5, 5, "function1", "function1 is done"},
	{"start", 5, 0, "function2", "function2 begins"},
	{"progress", 6, 1, "function2", "taking over the results"},
	{"progress", 7, 2, "function2", "comparing them"},
	{"progress", 8, 3, "function2", "writing the report"},
	{"progress", 9, 4, "function2", "checking the report"},
	{"progress", 10, 5, "function2", "putting it where it belongs"},
	{"end", 10, 5, "function2", "function2 is done"},
	{"close", 10, 0, NULL, "both tasks are done"},
};

/* Takes the number before the next '-', or the rest. */
static bool take_number(struct span *text, uint64_t *number)
{
	const char *end =
		text->len == 0 ? NULL : memchr(text->at, '-', text->len);
	size_t len = end == NULL ? text->len : (size_t)(end - text->at);
	struct span digits = span(text->at, len);

	*text = end == NULL ? span(NULL, 0)
			    : span(end + 1, text->len - len - 1);
	return text_to_u64(digits, number);
}

bool task_place_read(struct task_place *place, struct span id, uint64_t now)
{
	uint64_t step;

	if (!take_number(&id, &place->start) ||
		!take_number(&id, &place->interval) ||
		!take_number(&id, &step) || id.at != NULL)
		return false;
	place->step = (uint32_t)step;
	return place->start <= now + AHEAD_MS &&
	       place->interval >= TASK_INTERVAL_MIN &&
	       place->interval <= TASK_INTERVAL_MAX && step < TASK_STEPS;
}

bool task_interval_read(uint64_t *interval, struct span text)
{
	const char *dot = text.len == 0 ? NULL : memchr(text.at, '.', text.len);
	size_t len = dot == NULL ? text.len : (size_t)(dot - text.at);
	struct span rest =
		dot == NULL ? span("0", 1) : span(dot + 1, text.len - len - 1);
	uint64_t seconds, part;

	if (!text_to_u64(span(text.at, len), &seconds) ||
		!text_to_u64(rest, &part) || seconds > TASK_INTERVAL_MAX / 1000)
		return false;
	if (rest.len > 3) /* no finer than a millisecond */
		text_to_u64(span(rest.at, 3), &part);
	for (size_t i = rest.len; i < 3; i++)
		part *= 10;
	*interval = seconds * 1000 + part;
	return *interval >= TASK_INTERVAL_MIN && *interval <= TASK_INTERVAL_MAX;
}

uint64_t task_step_due(const struct task_place *place, uint32_t step)
{
	return place->start + steps[step].tick * place->interval;
}

static struct json_object *describe(
	const struct task_place *place, uint32_t step)
{
	struct json_object *object = json_new();
	struct buf due = {0};

	if (steps[step].task != NULL)
		json_add_text(object, "task", span_of(steps[step].task));
	if (strcmp(steps[step].type, "progress") == 0) {
		json_add_number(object, "percent",
			100 * steps[step].done / PROGRESS_STEPS);
		json_add_number(object, "step", steps[step].done);
		json_add_number(object, "steps", PROGRESS_STEPS);
	}
	json_add_text(object, "message", span_of(steps[step].message));
	clock_rfc3339(&due, task_step_due(place, step));
	json_add_text(object, "timestamp", buf_span(&due));
	buf_release(&due);
	return object;
}

void task_step_text(
	struct buf *out, const struct task_place *place, uint32_t step)
{
	buf_printf(out,
		"id: %" PRIu64 "-%" PRIu64 "-%" PRIu32 "\nevent: %s\ndata: ",
		place->start, place->interval, step, steps[step].type);
	json_end(describe(place, step), out); /* with a newline */
	buf_add_char(out, '\n');
}
