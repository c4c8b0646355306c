/* SPDX-License-Identifier: MIT */
/*
 * streams - what is tried with streams
 */
#include <config.h>

#include <inttypes.h>

#include "client/check/tools_room.h"
#include "client/http/interrupt.h"
#include "client/show/listed.h"
#include "lib/clock.h"
#include "lib/json/json.h"

enum {
	SAMPLE_MS = 2000, /* metrics come so often */
	LEAVE_MS = 40000, /* two keep-alives and some: a reader who has left */
	APART_MS = 400,	  /* between two publishes that must not come as one */
	LATE_MS = 150,	  /* an event that takes longer may have been held */
};

static bool begins(struct check *check, const char *path)
{
	uint64_t began = clock_mono_us();
	struct listener listener = {0};
	bool good;

	check_listen(check, &listener, path);
	good = check_wait(check, &listener, is_connected, check->patience_ms);
	if (good)
		check_fine(check, "begins after %.1f ms",
			(double)(clock_mono_us() - began) / 1e3);
	else
		check_no_beginning(check, &listener);
	listener_close(&listener);
	return good;
}

/* Where the web server's HTTP/2 is not fit for streams, that is told. */
bool check_main(struct check *check)
{
	bool good = begins(check, "/stream");

	if (good && check->http2)
		check->hint = check_hint(check, CHECK_HTTP2);
	if (good && check->hint != NULL) {
		check->warns = true;
		check_wrong(check, check->hint, "begins, by HTTP/2");
	}
	return good;
}

/* What is not known is null: that it is named says that it is a sample. */
static bool is_sample(struct span text)
{
	struct json_object *sample = json_parse(text);
	bool good = json_has(sample, "subscribers");

	json_free(sample);
	return good;
}

bool check_metrics(struct check *check)
{
	struct listener listener = {0};
	bool good;

	check_listen(check, &listener, "/metrics");
	good = check_wait(check, &listener, is_connected, check->patience_ms);
	if (!good)
		check_no_beginning(check, &listener);
	else if (!check_wait(check, &listener, has_event,
			 check->patience_ms + SAMPLE_MS))
		good = check_wrong(check, check_hint(check, CHECK_HELD),
			"no sample came within %.1f s", check_seconds(check));
	else
		good = is_sample(buf_span(&check->heard))
			       ? check_fine(check, "a sample came")
			       : check_wrong(check, NULL,
					 "the event that came is not a sample");
	listener_close(&listener);
	return good;
}

static void own_path(struct check *check, struct buf *path, struct span after)
{
	buf_printf(path, "/realtime/%s", check->channel);
	if (after.len > 0)
		buf_printf(path, "?lastEventId=%.*s", (int)after.len, after.at);
	buf_add_char(path, '\0');
}

bool check_custom(struct check *check)
{
	struct buf path = {0};
	bool good;

	own_path(check, &path, span(NULL, 0));
	good = begins(check, path.at);
	buf_release(&path);
	return good;
}

/* Publishes a text of its own and waits for it; *took in ms. */
static bool round_trip(struct check *check, struct listener *listener,
	bool (*publish)(struct check *, const char *), double *took)
{
	uint64_t began = clock_mono_us();

	buf_clear(&check->text);
	buf_printf(&check->text, "check %" PRIu64, began);
	buf_add_char(&check->text, '\0');
	check->text.len--;
	if (!publish(check, check->text.at))
		return false;
	if (!check_wait(check, listener, has_heard, check->patience_ms))
		return check_wrong(check, check_hint(check, CHECK_HELD),
			"the event that was published did not arrive within "
			"%.1f s",
			check_seconds(check));
	*took = (double)(check->heard_at - began) / 1e3;
	return true;
}

bool check_api(struct check *check)
{
	struct buf path = {0};
	struct listener listener = {0};
	double took = 0;
	bool good;

	own_path(check, &path, span(NULL, 0));
	check_listen(check, &listener, path.at);
	good = check_wait(check, &listener, is_connected, check->patience_ms);
	if (!good)
		check_no_beginning(check, &listener);
	else
		good = round_trip(check, &listener, check_broadcast, &took) &&
		       check_fine(check, "published and back in %.1f ms", took);
	listener_close(&listener);
	buf_release(&path);
	return good;
}

static bool came_once(struct check *check, struct listener *listener)
{
	if (!check_wait(check, listener, has_heard, check->patience_ms))
		return check_wrong(
			check, NULL, "the missed event did not come");
	if (listener->events != 1)
		return check_wrong(check, NULL,
			"it came with %" PRIu64 " older events",
			listener->events - 1);
	return check_fine(
		check, "the missed event came, and nothing came twice");
}

/* Leaves after an event, misses one, and comes back with the first one's id. */
bool check_resume(struct check *check)
{
	struct buf path = {0}, back = {0};
	struct listener listener = {0}, second = {0};
	double took;
	bool good;

	own_path(check, &path, span(NULL, 0));
	check_listen(check, &listener, path.at);
	good = check_wait(check, &listener, is_connected, check->patience_ms) ||
	       check_no_beginning(check, &listener);
	good = good && round_trip(check, &listener, check_post, &took);
	own_path(check, &back, buf_span(&listener.last));
	listener_close(&listener);
	buf_clear(&check->text);
	buf_add(&check->text, "missed", 7);
	check->text.len--;
	good = good && check_post(check, check->text.at);
	if (good) {
		check_listen(check, &second, back.at);
		good = came_once(check, &second);
		listener_close(&second);
	}
	buf_release(&path);
	buf_release(&back);
	return good;
}

static void pause_ms(struct check *check, uint64_t ms)
{
	uint64_t end = clock_mono_us() + ms * 1000;

	while (clock_mono_us() < end && !interrupt_caught())
		http_turn(check->http, 20);
}

/* Small events, some time apart: a proxy that waits for a full buffer shows. */
bool check_buffering(struct check *check)
{
	struct buf path = {0};
	struct listener listener = {0};
	double took = 0, most = 0, least = 1e9;
	bool good;

	own_path(check, &path, span(NULL, 0));
	check_listen(check, &listener, path.at);
	good = check_wait(check, &listener, is_connected, check->patience_ms) ||
	       check_no_beginning(check, &listener);
	for (int i = 0; good && i < 3; i++) {
		good = round_trip(check, &listener, check_post, &took);
		most = took > most ? took : most;
		least = took < least ? took : least;
		pause_ms(check, APART_MS);
	}
	if (good && most > APART_MS)
		good = check_wrong(check, check_hint(check, CHECK_HELD),
			"an event took %.0f ms", most);
	else if (good && least > LATE_MS &&
		 check_hint(check, CHECK_LATE) != NULL)
		check->warns =
			!check_wrong(check, check_hint(check, CHECK_LATE),
				"each event took over %.0f ms", least);
	else if (good)
		check_fine(check, "three lone events, none took over %.1f ms",
			most);
	listener_close(&listener);
	buf_release(&path);
	return good;
}

/* Always true, or false with what was wrong. */
static bool count_readers(struct check *check, uint64_t *count)
{
	struct json_object *channel;
	struct listed listed;
	bool good;

	buf_clear(&check->path);
	buf_printf(&check->path, "/api/channels/%s", check->channel);
	buf_add_char(&check->path, '\0');
	channel = check_ask(check, check->path.at);
	good = check->answer.exit_status == EXIT_OK &&
	       listed_read(channel, &listed);
	if (good)
		*count = listed.subscribers;
	else
		check_wrong(check, NULL, "%s: the answer is not from Tidings",
			check->path.at);
	json_free(channel);
	return good;
}

static bool wait_for_nobody(struct check *check)
{
	uint64_t began = clock_mono_us(), count = 1;

	while (count_readers(check, &count) && count > 0) {
		if (clock_mono_us() - began > LEAVE_MS * 1000ull ||
			interrupt_caught())
			return check_wrong(check, check_hint(check, CHECK_LEFT),
				"a reader who has left still counts after %d s",
				LEAVE_MS / 1000);
		pause_ms(check, 50);
	}
	return count == 0 && check_fine(check, "after %.0f ms",
				     (double)(clock_mono_us() - began) / 1e3);
}

static bool is_counted(struct check *check)
{
	uint64_t count;

	if (!count_readers(check, &count))
		return false;
	return count > 0 || check_wrong(check, NULL, "a reader is not counted");
}

/* The other stream is there to see that it stays. */
bool check_leaving(struct check *check)
{
	struct buf path = {0}, other = {0};
	struct listener listener = {0}, quiet = {0};
	bool good;

	buf_printf(&other, "/realtime/%s-quiet", check->channel);
	buf_add_char(&other, '\0');
	own_path(check, &path, span(NULL, 0));
	check_listen(check, &quiet, other.at);
	check_listen(check, &listener, path.at);
	good = check_wait(check, &listener, is_connected, check->patience_ms) ||
	       check_no_beginning(check, &listener);
	good = good && is_counted(check);
	listener_close(&listener);
	good = good && wait_for_nobody(check);
	if (good && listener_has_ended(&quiet))
		good = check_wrong(check, check_hint(check, CHECK_CUT),
			"another stream was ended meanwhile, for being quiet");
	listener_close(&quiet);
	buf_release(&path);
	buf_release(&other);
	return good;
}
