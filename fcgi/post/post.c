/* SPDX-License-Identifier: MIT */
/*
 * Each handler walks the same way: may this client publish (admit)?  what does
 * it say (a submission)?  send it, wait, answer.  The first thing wrong ends
 * the walk: a fault is a status, a code and a sentence.
 */
#include <config.h>

#include "fcgi/post/post.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "fcgi/guard/access.h"
#include "fcgi/guard/limit.h"
#include "fcgi/http/deferred.h"
#include "fcgi/http/query.h"
#include "fcgi/http/reply.h"
#include "fcgi/http/request.h"
#include "fcgi/post/also.h"
#include "fcgi/post/object.h"
#include "fcgi/post/submission.h"
#include "fcgi/uplink/publishes.h"
#include "lib/clock.h"
#include "lib/event/traits.h"
#include "lib/json/json.h"
#include "lib/text.h"

enum kind {
	KIND_ID,    /* {"status":"ok","id":...,"channel":...} */
	KIND_LINES, /* the same with first and count */
	KIND_SENT,  /* {"status":"message sent"} */
};

static void refuse(struct replies *replies, struct request *request,
	const struct fault *fault)
{
	const char *headers = fault->headers;

	if (fault->status == 429 || fault->status == 503)
		headers = REPLY_RETRY;
	reply_error_with(replies, request, headers, fault->status, fault->code,
		fault->sentence);
}

/* ---- may it? */

static bool has_length(const struct request *request)
{
	return request->content_length[0] != '\0' ||
	       request->transfer_encoding[0] != '\0';
}

/* Chunks without a length are whole, or the request would not be: Apache ends
 * the records only when it has had the last chunk. */
static bool length_is_true(const struct request *request)
{
	uint64_t length;

	if (request->content_length[0] == '\0')
		return true;
	return text_to_u64(span_of(request->content_length), &length) &&
	       (request->too_long || length == request->body.len);
}

static struct fault fault_of_word(enum access_word word)
{
	const struct refusal *refusal;

	if (word == ACCESS_YES)
		return fault_none();
	refusal = refusal_of(word);
	return (struct fault){refusal->status, refusal->code, refusal->sentence,
		refusal->headers};
}

static struct fault admit_now(
	const struct post *post, const struct request *request)
{
	switch (limit_may_publish(post->limiter, request->address)) {
	case LIMIT_YES:
		return fault_none();
	case LIMIT_TOO_MANY_FROM_YOU:
		return fault_new(429, "too_many_posts",
			"this address publishes too fast (publish_rate)");
	case LIMIT_TOO_MANY:
		break;
	}
	return fault_new(429, "too_many_posts",
		"too much is published just now (publish_rate_total)");
}

/* On what it may publish is asked later, once that is known. */
static struct fault admit(const struct post *post,
	const struct request *request, struct publisher *publisher)
{
	struct fault fault = fault_of_word(
		access_may_publish(post->access, request, publisher));

	if (fault.status == 0)
		fault = admit_now(post, request);
	if (fault.status != 0)
		return fault;
	if (!has_length(request))
		return fault_new(
			411, "length_required", "Content-Length is missing");
	if (request->too_long)
		return fault_new(413, "body_too_long",
			"the body is longer than max_body");
	if (!length_is_true(request))
		return fault_new(400, "bad_length",
			"Content-Length and the body differ");
	return fault_none();
}

static bool is_json(const char *content_type)
{
	static const char json[] = "application/json";
	size_t len = strcspn(content_type, "; \t");

	return len == sizeof(json) - 1 &&
	       strncasecmp(content_type, json, len) == 0;
}

static struct fault admit_json(const struct post *post,
	const struct request *request, struct publisher *publisher)
{
	struct fault fault = admit(post, request, publisher);

	if (fault.status == 0 && !is_json(request->content_type))
		fault = fault_new(415, "not_json",
			"the Content-Type must be application/json");
	return fault;
}

/* ---- the answer */

static struct fault fault_of(const struct stored *stored)
{
	switch (stored->outcome) {
	case WIRE_OUT_STORED:
	case WIRE_OUT_REPEATED:
		return fault_none();
	case WIRE_OUT_CONFLICT:
		return fault_new(409, "conflict",
			"this id was published before with other content");
	case WIRE_OUT_INVALID:
		return fault_new(400, "invalid", "the hub refused it");
	case WIRE_OUT_FULL:
		return fault_new(
			503, "disk_full", "there is no room on the disk");
	case WIRE_OUT_FAILED:
		break;
	}
	return fault_new(503, "store_failed", "it could not be written");
}

static void compose(struct buf *out, const struct deferred *deferred,
	const struct stored *stored)
{
	struct json_object *object = json_new();

	if (deferred->kind == KIND_SENT) {
		json_add_text(object, "status", span_of("message sent"));
		json_end(object, out);
		return;
	}
	json_add_text(object, "status", span_of("ok"));
	json_add_id(object, "id", stored->last);
	json_add_text(object, "channel", buf_span(&deferred->note));
	if (deferred->kind == KIND_LINES) {
		json_add_id(object, "first", stored->first);
		json_add_number(object, "count", deferred->count);
	}
	json_end(object, out);
}

static void on_stored(void *arg, const struct stored *stored)
{
	struct deferred *deferred = arg;
	struct replies *replies = deferred->replies;
	struct fault fault;
	struct buf text = {0};

	if (stored->away) {
		reply_away(replies, deferred_done(deferred),
			"the hub did not answer; it may or may not have been "
			"stored");
		return;
	}
	fault = fault_of(stored);
	if (fault.status != 0) {
		/* terminated, and as long as the hub made it */
		buf_add_span(&text, stored->reason);
		buf_add_char(&text, '\0');
		if (stored->reason.len > 0)
			fault.sentence = text.at;
		refuse(replies, deferred_done(deferred), &fault);
	} else {
		compose(&text, deferred, stored);
		reply_json(
			replies, deferred_done(deferred), 200, buf_span(&text));
	}
	buf_release(&text);
}

static void send_submission(struct post *post, struct request *request,
	const struct submission *submission, enum kind kind)
{
	struct deferred *deferred = deferred_new(post->deferrals, request);
	struct publication publication = {
		.channel = submission->channel,
		.type = submission->type,
		.traits = submission->traits,
		.items = submission->items,
		.count = submission->count,
	};

	deferred->kind = kind;
	deferred->count = submission->count;
	buf_add_span(&deferred->note, submission->channel);
	deferred->call = publishes_add(
		post->publishes, &publication, on_stored, deferred);
	/* The uplink has its own copy; who waits needs none. */
	buf_release(&request->body);
}

/* On its own channel and on all others, or on none. */
static struct fault may_publish(
	const struct publisher *publisher, const struct submission *submission)
{
	enum access_word word = publisher_may(publisher, submission->channel);
	struct trait_topics topics;

	if (word == ACCESS_YES && trait_topics(submission->traits, &topics))
		for (uint8_t i = 0; word == ACCESS_YES && i < topics.count; i++)
			word = publisher_may(
				publisher, trait_next_topic(&topics.names));
	return fault_of_word(word);
}

/* Sends the submission, or refuses it; takes all of them. */
static void finish(struct post *post, struct request *request,
	struct submission *submission, struct publisher *publisher,
	enum kind kind, struct fault *fault)
{
	if (fault->status == 0)
		*fault = may_publish(publisher, submission);
	if (fault->status == 0)
		*fault = also_check_room(submission);
	if (fault->status == 0)
		send_submission(post, request, submission, kind);
	else
		refuse(post->replies, request, fault);
	publisher_release(publisher);
	submission_release(submission);
}

static struct submission begin_submission(
	const struct post *post, const struct target *target)
{
	return (struct submission){
		.channel = target->channel, .now = clock_date_ms(post->clock)};
}

void post_body(void *room, struct request *request, const struct target *target)
{
	struct post *post = room;
	struct submission submission = begin_submission(post, target);
	struct publisher publisher;
	struct fault fault = admit(post, request, &publisher);
	bool lines = query_flag(target->query, "lines");
	size_t max_event = post->max_event;

	if (fault.status == 0)
		fault = submission_queried(&submission, target->query);
	if (fault.status == 0)
		fault = also_queried(&submission, target->query);
	if (fault.status == 0)
		fault = submission_check_words(&submission, target->query);
	if (fault.status == 0)
		fault = submission_check_query(&submission, target->query);
	if (fault.status == 0)
		fault = submission_body(&submission, buf_span(&request->body),
			lines, max_event);
	finish(post, request, &submission, &publisher,
		lines ? KIND_LINES : KIND_ID, &fault);
}

void post_object(
	void *room, struct request *request, const struct target *target)
{
	struct post *post = room;
	struct submission submission = begin_submission(post, target);
	struct publisher publisher;
	struct fault fault = admit_json(post, request, &publisher);

	if (fault.status == 0)
		fault = object_read(
			&submission, buf_span(&request->body), post->max_event);
	if (fault.status == 0)
		fault = submission_check_query(&submission, target->query);
	if (fault.status == 0)
		fault = also_not_queried(target->query);
	finish(post, request, &submission, &publisher, KIND_ID, &fault);
}

void post_message(
	void *room, struct request *request, const struct target *target)
{
	struct post *post = room;
	struct submission submission = begin_submission(post, target);
	struct publisher publisher;
	struct fault fault = admit_json(post, request, &publisher);

	if (fault.status == 0)
		fault = object_read_message(
			&submission, buf_span(&request->body), post->max_event);
	if (fault.status == 0)
		fault = submission_check_query(&submission, target->query);
	if (fault.status == 0)
		fault = also_not_queried(target->query);
	finish(post, request, &submission, &publisher, KIND_SENT, &fault);
}
