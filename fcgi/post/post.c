/* SPDX-License-Identifier: MIT */
/*
 * Each handler walks the same way: may this client publish (an admission)? what
 * does it say (a submission)?  send it, wait, answer.  The first thing wrong
 * ends the walk: a fault is a status, a code and a sentence.
 */
#include <config.h>

#include "fcgi/post/post.h"

#include "fcgi/guard/access.h"
#include "fcgi/http/deferred.h"
#include "fcgi/http/media.h"
#include "fcgi/http/query.h"
#include "fcgi/http/reply.h"
#include "fcgi/http/request.h"
#include "fcgi/post/admission.h"
#include "fcgi/post/also.h"
#include "fcgi/post/object.h"
#include "fcgi/post/submission.h"
#include "fcgi/post/ttl.h"
#include "fcgi/uplink/publishes.h"
#include "lib/clock.h"
#include "lib/json/json.h"

enum kind {
	KIND_ID,    /* {"status":"ok","id":...,"channel":...} */
	KIND_LINES, /* the same with first and count */
	KIND_SENT,  /* as the first, and "message sent" in place of "ok" */
};

/* ---- may it? */

static struct fault admit_json(const struct post *post,
	const struct request *request, struct publisher *publisher)
{
	struct fault fault = admission_ask(post, request, publisher);

	if (fault.status == 0 &&
		!media_is(request->content_type, "application/json"))
		fault = fault_new(415, "not_json",
			"the Content-Type must be application/json");
	return fault;
}

/* ---- the answer */

static void compose(struct buf *out, const struct deferred *deferred,
	const struct stored *stored)
{
	struct json_object *object = json_new();

	json_add_text(object, "status",
		span_of(deferred->kind == KIND_SENT ? "message sent" : "ok"));
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
	struct buf body = {0};

	if (fault_refuses(deferred, stored))
		return;
	compose(&body, deferred, stored);
	reply_json(replies, deferred_done(deferred), 200, buf_span(&body));
	buf_release(&body);
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

/* Sends the submission, or refuses it; takes all of them. */
static void finish(struct post *post, struct request *request,
	struct submission *submission, struct publisher *publisher,
	enum kind kind, struct fault *fault)
{
	if (fault->status == 0)
		*fault = admission_on(
			publisher, submission->channel, submission->traits);
	if (fault->status == 0)
		*fault = also_check_room(submission);
	if (fault->status == 0)
		send_submission(post, request, submission, kind);
	else
		fault_reply(post->replies, request, fault);
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
	struct fault fault = admission_ask(post, request, &publisher);
	bool lines = query_flag(target->query, "lines");
	size_t max_event = post->max_event;

	if (fault.status == 0)
		fault = submission_check_channel(&submission);
	if (fault.status == 0)
		fault = submission_queried(&submission, target->query);
	if (fault.status == 0)
		fault = also_queried(&submission, target->query);
	if (fault.status == 0)
		fault = submission_check_words(&submission, target->query);
	if (fault.status == 0)
		fault = submission_check_query(&submission, target->query);
	if (fault.status == 0)
		fault = ttl_queried(&submission, target->query);
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
		fault = ttl_queried(&submission, target->query);
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
		fault = ttl_queried(&submission, target->query);
	if (fault.status == 0)
		fault = also_not_queried(target->query);
	finish(post, request, &submission, &publisher, KIND_SENT, &fault);
}
