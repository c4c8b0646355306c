/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "client/http/follow.h"

#include <string.h>

#include "client/http/backoff.h"
#include "client/http/get_json.h"
#include "client/http/http.h"
#include "client/http/interrupt.h"
#include "client/http/notice.h"
#include "client/http/refusal.h"
#include "client/http/sse.h"
#include "client/http/url.h"
#include "lib/clock.h"
#include "lib/json/json.h"

enum {
	SILENCE_MS = 60000,   /* four keep-alives: then the stream is dead */
	RETRY_MAX_MS = 60000, /* a `retry:` above it is not believed */
};

struct walk {
	const struct follow *follow;
	const struct follower *follower;
	struct http *http;
	struct sse sse;
	struct buf last; /* id; empty = none yet */
	struct buf path;
	enum follow_word word;
	enum exit_status exit_status; /* what was wrong with what came */
	bool answered;		      /* by a stream, once at least */
	bool begun;		      /* this connection has */
	bool behind;		      /* it has not caught up yet */
	bool lost;		      /* somebody was told that it is gone */
	unsigned tries;
	uint64_t end; /* monotonic us; 0 = none */
};

/* ---- the request */

static void add_pair(struct buf *path, const char *name, struct span value)
{
	buf_printf(path, "&%s=", name);
	url_encode(path, value);
}

/* Everything in the query: a header could be dropped by a proxy. */
static void make_path(struct walk *walk)
{
	const struct follow *follow = walk->follow;
	struct buf *path = &walk->path;

	buf_clear(path);
	buf_add_span(path, span_of("/stream?envelope=1&time=1"));
	for (size_t i = 0; i < follow->count; i++)
		add_pair(path, "channel", span_of(follow->channels[i]));
	for (size_t i = 0; i < follow->pattern_count; i++)
		add_pair(path, "pattern", follow->patterns[i]);
	for (size_t i = 0; i < follow->type_count; i++)
		add_pair(path, "event", follow->types[i]);
	if (walk->last.len > 0)
		add_pair(path, "lastEventId", buf_span(&walk->last));
	else if (follow->since != NULL)
		add_pair(path, "since", span_of(follow->since));
	buf_add_char(path, '\0');
}

/* ---- what the stream says */

static bool is_over(const struct walk *walk)
{
	return walk->end != 0 && clock_mono_us() >= walk->end;
}

/* Also between two events that have come together: what is done with one may
 * take its time. */
static bool must_end(const struct walk *walk)
{
	return interrupt_caught() || is_over(walk);
}

static void remember(struct walk *walk, const struct sse_event *event)
{
	if (!event->has_id)
		return;
	buf_clear(&walk->last);
	buf_add_span(&walk->last, event->id);
}

static enum follow_word on_published(struct walk *walk,
	const struct sse_event *event, const struct enveloped *enveloped)
{
	const struct follow_event told = {
		.id = event->has_id ? event->id : span(NULL, 0),
		.type = event->type,
		.channel = enveloped->channel,
		.data = enveloped->data,
		.at = enveloped->at,
		.replayed = walk->behind,
	};

	return walk->follower->event(walk->follower->arg, &told);
}

static enum follow_word on_connected(struct walk *walk,
	const struct sse_event *event, struct json_object *object)
{
	const struct follower *follower = walk->follower;
	enum follow_word word;

	walk->begun = walk->answered = true;
	json_flag(object, "behind", &walk->behind);
	if (walk->lost)
		say("reconnected");
	walk->lost = false;
	walk->tries = 0;
	word = follower->begun(follower->arg, event->id);
	return word == FOLLOW_ON && !walk->behind
		       ? follower->live(follower->arg)
		       : word;
}

static enum follow_word unreadable(
	struct walk *walk, const struct sse_event *event)
{
	walk->exit_status = fail(EXIT_TROUBLE,
		"%s%s: an event cannot be read: id \"%.*s\", type \"%.*s\"",
		http_url(walk->http), walk->path.at, (int)event->id.len,
		event->id.at, (int)event->type.len, event->type.at);
	return FOLLOW_FAILED;
}

static enum follow_word tell(struct walk *walk, const struct sse_event *event,
	struct json_object *object)
{
	const struct follower *follower = walk->follower;
	struct enveloped enveloped;

	switch (notice_read(event, object, &enveloped)) {
	case NOTICE_PUBLISHED:
		return on_published(walk, event, &enveloped);
	case NOTICE_CONNECTED:
		return on_connected(walk, event, object);
	case NOTICE_RESET:
		return follower->gap(follower->arg, event->id);
	case NOTICE_LIVE:
		walk->behind = false;
		return follower->live(follower->arg);
	case NOTICE_UNREADABLE:
		break;
	}
	return unreadable(walk, event);
}

static bool on_event(void *arg, const struct sse_event *event)
{
	struct walk *walk = arg;
	struct json_object *object = json_parse(event->data);

	walk->word = tell(walk, event, object);
	json_free(object);
	if (walk->word == FOLLOW_ON)
		remember(walk, event);
	return walk->word == FOLLOW_ON && !must_end(walk);
}

static bool on_bytes(void *arg, struct span bytes)
{
	struct walk *walk = arg;

	if (sse_feed(&walk->sse, bytes))
		return true;
	if (walk->word == FOLLOW_ON && !must_end(walk)) {
		walk->word = FOLLOW_FAILED;
		walk->exit_status =
			fail(EXIT_TROUBLE, "%s%s: an event is too long",
				http_url(walk->http), walk->path.at);
	}
	return false;
}

/* ---- coming back */

static uint64_t pause_ms(const struct walk *walk)
{
	uint64_t retry = walk->sse.retry_ms; /* jittered already */

	return walk->tries == 0 && retry > 0 && retry < RETRY_MAX_MS
		       ? retry
		       : backoff_ms(walk->tries);
}

/* Before the first stream an error is the user's to mend. */
static bool is_final(const struct walk *walk, const struct http_answer *answer)
{
	if (answer->exit_status == EXIT_USAGE ||
		answer->exit_status == EXIT_TLS)
		return true;
	if (walk->answered || walk->follow->wait)
		return false;
	return answer->exit_status != EXIT_OK;
}

static void say_it_is_lost(struct walk *walk, const struct http_answer *answer)
{
	if (walk->lost)
		return;
	walk->lost = true;
	if (answer->exit_status != EXIT_OK)
		say("%s; reconnecting", answer->sentence.at);
	else if (walk->begun)
		say("the stream has ended; reconnecting");
	else
		refusal_say(walk->http, walk->path.at);
}

static bool is_stream(const struct http_answer *answer)
{
	return strncmp(answer->type.at, "text/event-stream", 17) == 0;
}

/* One stream, from its request to its end; true if another shall follow. */
static bool walk_once(struct walk *walk, enum exit_status *exit_status)
{
	uint64_t now = clock_mono_us();
	struct http_request request = {.path = walk->path.at,
		.silence_ms = SILENCE_MS,
		.deadline_ms =
			walk->end == 0 ? 0 : (walk->end - now) / 1000 + 1,
		.bytes = on_bytes,
		.arg = walk};
	struct http_answer answer = {0};
	bool again = true;

	sse_begin(&walk->sse);
	walk->begun = false;
	http_perform(walk->http, &request, &answer);
	if (answer.interrupted || is_over(walk)) {
		again = false;
	} else if (answer.exit_status == EXIT_OK && !is_stream(&answer)) {
		*exit_status = fail(EXIT_TROUBLE,
			"%s%s: the answer is not a stream of events "
			"(Content-Type: %s)",
			http_url(walk->http), walk->path.at, answer.type.at);
		again = false;
	} else if (is_final(walk, &answer)) {
		*exit_status = get_json_refused(&answer, "");
		again = false;
	} else {
		say_it_is_lost(walk, &answer);
	}
	if (!walk->begun)
		walk->tries++;
	answer_release(&answer);
	return again;
}

static enum exit_status how_it_ended(
	const struct walk *walk, enum exit_status exit_status)
{
	if (exit_status != EXIT_OK)
		return exit_status;
	if (walk->exit_status != EXIT_OK)
		return walk->exit_status;
	if (walk->word == FOLLOW_FAILED)
		return EXIT_FAILED;
	if (walk->word == FOLLOW_ON && !interrupt_caught() && is_over(walk))
		return EXIT_TIMEOUT;
	return EXIT_OK;
}

enum exit_status follow_run(struct http *http, const struct follow *follow,
	const struct follower *follower)
{
	struct walk walk = {
		.follow = follow, .follower = follower, .http = http};
	enum exit_status exit_status = EXIT_OK;

	sse_init(&walk.sse, on_event, &walk);
	buf_add_span(&walk.last, follow->id);
	if (follow->deadline_ms != 0)
		walk.end = clock_mono_us() + follow->deadline_ms * 1000;
	interrupt_catch();
	for (;;) {
		make_path(&walk);
		if (!walk_once(&walk, &exit_status))
			break;
		backoff_wait(pause_ms(&walk), walk.end);
		if (interrupt_caught() || is_over(&walk))
			break;
	}
	exit_status = how_it_ended(&walk, exit_status);
	sse_release(&walk.sse);
	buf_release(&walk.last);
	buf_release(&walk.path);
	return exit_status;
}
