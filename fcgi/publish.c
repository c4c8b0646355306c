/*
 * publish - a POST becomes events, and its answer says that they are stored
 *
 * Each verb walks the same way: may this client publish (admit)?  what does it
 * say (a draft)?  send it, wait, answer.  The first thing wrong ends the walk:
 * a fault is a status, a code and a sentence.
 */
#include <config.h>

#include "fcgi/publish.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "fcgi/access.h"
#include "fcgi/answers.h"
#include "fcgi/asker.h"
#include "fcgi/draft.h"
#include "fcgi/query.h"
#include "fcgi/quota.h"
#include "fcgi/reply.h"
#include "fcgi/request.h"
#include "lib/clock.h"
#include "lib/json.h"
#include "lib/text.h"

enum kind {
	KIND_ID,    /* {"status":"ok","id":...,"channel":...} */
	KIND_LINES, /* the same with first and count */
	KIND_SENT,  /* {"status":"message sent"} */
};

static void refuse(struct replies *replies, struct request *request,
	const struct fault *fault)
{
	reply_error_with(replies, request,
		fault->status == 429 || fault->status == 503 ? REPLY_RETRY
							     : NULL,
		fault->status, fault->code, fault->sentence);
}

/* ---- may it? */

static bool length_is_true(const struct request *request)
{
	uint64_t length;

	return text_to_u64(span_of(request->content_length), &length) &&
	       (request->too_long || length == request->body.len);
}

static struct fault may_publish(
	const struct publish *publish, const struct request *request)
{
	switch (access_may_publish(publish->access, request)) {
	case ACCESS_YES:
		return (struct fault){0};
	case ACCESS_NOT_FROM_THERE:
		return (struct fault){403, "not_allowed",
			"this address may not publish (publish_from)"};
	case ACCESS_NOT_THAT_PAGE:
		break;
	}
	return (struct fault){403, "foreign_origin",
		"pages of this origin may not publish (origins)"};
}

static struct fault admit_now(
	const struct publish *publish, const struct request *request)
{
	switch (quota_may_publish(publish->quota, request->address)) {
	case QUOTA_YES:
		return (struct fault){0};
	case QUOTA_TOO_MANY_FROM_YOU:
		return (struct fault){429, "too_many_posts",
			"this address publishes too fast (publish_rate)"};
	case QUOTA_TOO_MANY:
		break;
	}
	return (struct fault){429, "too_many_posts",
		"too much is published just now (publish_rate_total)"};
}

static struct fault admit(
	const struct publish *publish, const struct request *request)
{
	struct fault fault = may_publish(publish, request);

	if (fault.status == 0)
		fault = admit_now(publish, request);
	if (fault.status != 0)
		return fault;
	if (request->content_length[0] == '\0')
		return (struct fault){
			411, "length_required", "Content-Length is missing"};
	if (request->too_long)
		return (struct fault){413, "body_too_long",
			"the body is longer than max_body"};
	if (!length_is_true(request))
		return (struct fault){400, "bad_length",
			"Content-Length and the body differ"};
	return (struct fault){0};
}

static bool is_json(const char *content_type)
{
	static const char json[] = "application/json";
	size_t len = strcspn(content_type, "; \t");

	return len == sizeof(json) - 1 &&
	       strncasecmp(content_type, json, len) == 0;
}

static struct fault admit_json(
	const struct publish *publish, const struct request *request)
{
	struct fault fault = admit(publish, request);

	if (fault.status == 0 && !is_json(request->content_type))
		fault = (struct fault){415, "not_json",
			"the Content-Type must be application/json"};
	return fault;
}

/* ---- the answer */

static struct fault fault_of(const struct stored *stored)
{
	switch (stored->outcome) {
	case WIRE_OUT_STORED:
	case WIRE_OUT_REPEATED:
		return (struct fault){0};
	case WIRE_OUT_CONFLICT:
		return (struct fault){409, "conflict",
			"this id was published before with other content"};
	case WIRE_OUT_INVALID:
		return (struct fault){400, "invalid", "the hub refused it"};
	case WIRE_OUT_FULL:
		return (struct fault){
			503, "disk_full", "there is no room on the disk"};
	case WIRE_OUT_FAILED:
		break;
	}
	return (struct fault){503, "store_failed", "it could not be written"};
}

static void compose(
	struct buf *out, const struct asker *asker, const struct stored *stored)
{
	struct json_object *object = json_new();

	if (asker->kind == KIND_SENT) {
		json_add_text(object, "status", span_of("message sent"));
		json_end(object, out);
		return;
	}
	json_add_text(object, "status", span_of("ok"));
	json_add_id(object, "id", stored->last);
	json_add_text(object, "channel", buf_span(&asker->note));
	if (asker->kind == KIND_LINES) {
		json_add_id(object, "first", stored->first);
		json_add_number(object, "count", asker->count);
	}
	json_end(object, out);
}

static void on_stored(void *arg, const struct stored *stored)
{
	struct asker *asker = arg;
	struct replies *replies = asker->replies;
	struct fault fault;
	struct buf text = {0};

	if (stored->away) {
		reply_away(replies, asker_done(asker),
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
		refuse(replies, asker_done(asker), &fault);
	} else {
		compose(&text, asker, stored);
		reply_json(replies, asker_done(asker), 200, buf_span(&text));
	}
	buf_release(&text);
}

static void send_draft(struct publish *publish, struct request *request,
	const struct draft *draft, enum kind kind)
{
	struct asker *asker = asker_new(publish->askers, request);
	struct publication publication = {
		.channel = draft->channel,
		.type = draft->type,
		.items = draft->items,
		.count = draft->count,
	};

	asker->kind = kind;
	asker->count = draft->count;
	buf_add_span(&asker->note, draft->channel);
	asker->pending = answers_publish(
		publish->answers, &publication, on_stored, asker);
	/* The uplink has its own copy; who waits needs none. */
	buf_release(&request->body);
}

/* Sends the draft, or refuses it; takes request and draft. */
static void finish(struct publish *publish, struct request *request,
	struct draft *draft, enum kind kind, const struct fault *fault)
{
	if (fault->status == 0)
		send_draft(publish, request, draft, kind);
	else
		refuse(publish->replies, request, fault);
	draft_release(draft);
}

static struct draft begin_draft(
	const struct publish *publish, const struct aim *aim)
{
	return (struct draft){
		.channel = aim->channel, .now = clock_date_ms(publish->clock)};
}

void publish_body(void *room, struct request *request, const struct aim *aim)
{
	struct publish *publish = room;
	struct draft draft = begin_draft(publish, aim);
	struct fault fault = admit(publish, request);
	bool lines = query_flag(aim->query, "lines");
	size_t max_event = publish->max_event;

	if (fault.status == 0)
		fault = draft_queried(&draft, aim->query);
	if (fault.status == 0)
		fault = draft_body(
			&draft, buf_span(&request->body), lines, max_event);
	finish(publish, request, &draft, lines ? KIND_LINES : KIND_ID, &fault);
}

void publish_object(void *room, struct request *request, const struct aim *aim)
{
	struct publish *publish = room;
	struct draft draft = begin_draft(publish, aim);
	struct fault fault = admit_json(publish, request);

	if (fault.status == 0)
		fault = draft_object(
			&draft, buf_span(&request->body), publish->max_event);
	finish(publish, request, &draft, KIND_ID, &fault);
}

void publish_message(void *room, struct request *request, const struct aim *aim)
{
	struct publish *publish = room;
	struct draft draft = begin_draft(publish, aim);
	struct fault fault = admit_json(publish, request);

	if (fault.status == 0)
		fault = draft_message(
			&draft, buf_span(&request->body), publish->max_event);
	finish(publish, request, &draft, KIND_SENT, &fault);
}
