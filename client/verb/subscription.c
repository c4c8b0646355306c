/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "client/verb/subscription.h"

#include "client/option/colour.h"
#include "client/option/option.h"
#include "client/verb/hook.h"
#include "lib/text.h"

/* A server older than --event in a stream sends all of them. */
static bool is_wanted(const struct subscription *sub, struct span type)
{
	const struct span *types = (const void *)sub->types.at;
	size_t count = sub->types.len / sizeof(*types);

	for (size_t i = 0; i < count; i++)
		if (span_equal(type, types[i]))
			return true;
	return count == 0;
}

static enum follow_word failed(
	struct subscription *sub, enum exit_status exit_status)
{
	sub->exit_status = exit_status;
	return FOLLOW_FAILED;
}

static enum follow_word move(struct subscription *sub, struct span id)
{
	enum exit_status exit_status =
		id.len == 0 ? EXIT_OK : cursor_move(&sub->cursor, id);

	return exit_status == EXIT_OK ? FOLLOW_ON : failed(sub, exit_status);
}

static bool is_last(const struct subscription *sub, struct span id)
{
	uint64_t number;

	return sub->mode == HISTORY && text_to_u64(id, &number) &&
	       number >= sub->newest;
}

static enum exit_status deal_with(
	struct subscription *sub, const struct follow_event *event)
{
	if (sub->command != NULL)
		return hook_run(sub->command, event);
	sub->replayed = sub->replayed || event->replayed;
	return print_event(&sub->print, event);
}

static enum follow_word on_event(void *arg, const struct follow_event *event)
{
	struct subscription *sub = arg;
	enum exit_status exit_status;

	if (is_wanted(sub, event->type)) {
		exit_status = deal_with(sub, event);
		if (exit_status != EXIT_OK)
			return failed(sub, exit_status);
		if (move(sub, event->id) != FOLLOW_ON)
			return FOLLOW_FAILED;
		if (sub->left > 0 && --sub->left == 0)
			return FOLLOW_DONE;
	}
	return is_last(sub, event->id) ? FOLLOW_DONE : FOLLOW_ON;
}

static enum follow_word on_gap(void *arg, struct span id)
{
	struct subscription *sub = arg;

	fail(EXIT_GAP, "there is a gap: some of the events that were asked for "
		       "are no longer held");
	if (!sub->gap_allowed)
		return failed(sub, EXIT_GAP);
	return move(sub, id);
}

/* Once, to people who look. */
static void aside(struct subscription *sub, bool *told, struct span text)
{
	if (*told || sub->mode == HISTORY || sub->command != NULL)
		return;
	*told = true;
	sub->exit_status = print_aside(&sub->print, text);
}

/* The place where a stream begins is a cursor too: a kill before the first
 * event loses nothing. */
static enum follow_word on_begun(void *arg, struct span id)
{
	struct subscription *sub = arg;

	if (is_last(sub, id))
		return FOLLOW_DONE;
	aside(sub, &sub->greeted, buf_span(&sub->greeting));
	if (sub->exit_status != EXIT_OK)
		return FOLLOW_FAILED;
	return sub->cursor.id.len == 0 && sub->mode != HISTORY ? move(sub, id)
							       : FOLLOW_ON;
}

static enum follow_word on_live(void *arg)
{
	struct subscription *sub = arg;
	bool told = !sub->replayed;

	sub->replayed = false;
	aside(sub, &told,
		span_of(colour_signs() ? "── up to date ──"
				       : "-- up to date --"));
	if (sub->exit_status != EXIT_OK)
		return FOLLOW_FAILED;
	return sub->mode == HISTORY ? FOLLOW_DONE : FOLLOW_ON;
}

struct follower subscription_follower(struct subscription *sub)
{
	return (struct follower){on_event, on_gap, on_begun, on_live, sub};
}

void subscription_greet(struct subscription *sub, const char *url)
{
	const struct span *patterns = (const void *)sub->patterns.at;
	size_t channels = argument_count();
	size_t count = channels + sub->patterns.len / sizeof(*patterns);
	struct buf *out = &sub->greeting;

	buf_add_span(out, span_of("listening to "));
	for (size_t i = 0; i < count; i++) {
		if (i > 0)
			buf_add_span(
				out, span_of(i + 1 == count ? " and " : ", "));
		buf_add_span(out, i < channels ? span_of(argument(i))
					       : patterns[i - channels]);
	}
	buf_printf(out, " at %s; Ctrl-C ends", url);
	for (size_t i = 0; i < channels; i++)
		print_widen(&sub->print, span_of(argument(i)));
}
