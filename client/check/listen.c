/* SPDX-License-Identifier: MIT */
/*
 * listen - a stream that is checked
 */
#include <config.h>

#include <string.h>

#include "client/check/tools_room.h"
#include "client/http/interrupt.h"
#include "lib/clock.h"

static void on_event(void *arg, const struct sse_event *event)
{
	struct check *check = arg;

	buf_clear(&check->heard);
	buf_add_span(&check->heard, event->data);
	check->heard_at = clock_mono_us();
}

void check_listen(
	struct check *check, struct listener *listener, const char *path)
{
	buf_clear(&check->heard);
	listener->event = on_event;
	listener->arg = check;
	listener_open(listener, check->http, span_of(path));
}

bool is_connected(struct check *check, const struct listener *listener)
{
	(void)check;
	return listener->connected;
}

bool has_event(struct check *check, const struct listener *listener)
{
	(void)check;
	return listener->events > 0;
}

bool has_heard(struct check *check, const struct listener *listener)
{
	(void)listener;
	return check->heard.len > 0 &&
	       memmem(check->heard.at, check->heard.len, check->text.at,
		       check->text.len) != NULL;
}

bool check_wait(struct check *check, struct listener *listener,
	bool (*condition)(struct check *, const struct listener *), uint64_t ms)
{
	uint64_t end = clock_mono_us() + ms * 1000;

	while (!condition(check, listener)) {
		if (clock_mono_us() > end || listener_has_ended(listener) ||
			interrupt_caught())
			return false;
		http_turn(check->http, 50);
	}
	return true;
}

bool check_no_beginning(struct check *check, const struct listener *listener)
{
	const struct http_answer *answer = &listener->answer;

	if (check_refused(check, answer))
		return false;
	if (answer->sentence.len > 1)
		return check_wrong(check,
			answer->status == 404 ? check_hint(check, CHECK_ROUTE)
					      : NULL,
			"%s", answer->sentence.at);
	if (listener_has_ended(listener))
		return check_wrong(check, check_hint(check, CHECK_ROUTE),
			"the stream ended at once: Tidings is being "
			"stopped, or "
			"has too many streams, or the web server did not reach "
			"it");
	if (listener->bytes == 0)
		return check_wrong(check, check_hint(check, CHECK_HELD),
			"nothing of the stream came within %.1f s",
			check_seconds(check));
	return check_wrong(
		check, NULL, "the answer is not a stream from Tidings");
}
