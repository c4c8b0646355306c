/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "fcgi/status.h"

#include <inttypes.h>
#include <string.h>

#include "fcgi/guard/access.h"
#include "fcgi/guard/grant.h"
#include "fcgi/http/deferred.h"
#include "fcgi/http/query.h"
#include "fcgi/http/reply.h"
#include "fcgi/http/request.h"
#include "fcgi/uplink/questions.h"
#include "fcgi/uplink/session.h"
#include "lib/json/json.h"
#include "lib/text.h"
#include "lib/wire.h"

enum {
	LIMIT = 100, /* channels of one answer, unless told */
	LIMIT_MAX = 1000,
};

const char status_hub_away[] = "the hub does not answer just now";

static void send_json(struct replies *replies, struct request *request,
	unsigned status, struct json_object *object)
{
	struct buf body = {0};

	json_end(object, &body);
	reply_json(replies, request, status, buf_span(&body));
	buf_release(&body);
}

/* Inboxes that are not read.  Whoever may INSERT can bring that about, so it is
 * nothing that a load balancer should see to. */
static void describe_unread(struct json_object *object, struct span unread)
{
	struct wire_in in = wire_in(unread);
	uint16_t count = wire_get_u16(&in);
	struct json_object *list;

	if (in.failed || count == 0)
		return;
	list = json_add_list(object, "inboxes");
	for (uint16_t i = 0; i < count; i++) {
		struct json_object *item = json_add_item(list);

		json_add_text(item, "inbox", wire_get_str8(&in));
		json_add_text(item, "file", wire_get_str16(&in));
		json_add_text(item, "reason", wire_get_str16(&in));
	}
}

void status_health(
	void *room, struct request *request, const struct target *target)
{
	const struct status *status = room;
	struct health health = session_health(status->session);
	bool good = !health.away && health.writable;
	struct json_object *object = json_new();

	(void)target;
	json_add_text(object, "status", span_of(good ? "ok" : "degraded"));
	if (!good)
		json_add_text(object, "reason",
			span_of(health.reason != NULL ? health.reason
						      : status_hub_away));
	json_add_number(object, "streams", status->streams(status->arg));
	if (!health.away)
		describe_unread(object, health.unread);
	if (!good)
		buf_printf(&request->headers, REPLY_RETRY);
	send_json(status->replies, request, good ? 200 : 503, object);
}

/* As json_add_id() writes it. */
static void add_id(struct buf *out, const char *name, uint64_t id)
{
	if (id == 0)
		buf_printf(out, ",\"%s\":null", name);
	else
		buf_printf(out, ",\"%s\":\"%" PRIu64 "\"", name, id);
}

/* Text at once: objects for a thousand channels take six times as long, and
 * others wait for it. */
static void describe(struct buf *out, const struct channel_line *line)
{
	buf_add_text(out, "{\"channel\":");
	json_quote(out, line->name);
	buf_printf(out,
		",\"subscribers\":%" PRIu32 ",\"events\":%" PRIu64
		",\"bytes\":%" PRIu64,
		line->subscribers, line->events, line->bytes);
	add_id(out, "oldest", line->oldest);
	add_id(out, "newest", line->newest);
	buf_add_char(out, '}');
}

static void refuse_away(struct replies *replies, struct request *request)
{
	reply_away(replies, request, status_hub_away);
}

/* ---- channels: a page of ours may be several of the hub's */

static uplink_channels_answer on_channels;

/* For one more than is wanted: whether there are others is whether there is one
 * that may be shown. */
static void ask(
	struct deferred *deferred, const struct grant *grant, struct span after)
{
	const struct status *status = deferred->room;
	const struct channel_question question = {
		.after = after,
		.limit = (uint16_t)(deferred->count + 1),
		.grant = grant_scope(grant),
	};

	deferred->call = questions_channels(
		status->questions, &question, on_channels, deferred);
}

/* Adds those that the grant shows, also by the configuration that is read here,
 * until there are as many as are wanted: true if there is another.  The name of
 * the last one is kept in the note, as that of where to go on. */
static bool add_page(struct deferred *deferred, const struct grant *grant,
	const struct channel_lines *page)
{
	const struct channel_line *lines = page->lines;
	const struct status *status = deferred->room;
	struct buf *out = &deferred->answer;

	for (size_t i = 0; i < page->count; i++) {
		if (access_may_read(status->access, grant, lines[i].name) !=
			ACCESS_YES)
			continue;
		if (deferred->count == 0)
			return true;
		if (out->at[out->len - 1] == '}')
			buf_add_char(out, ',');
		describe(out, &lines[i]);
		buf_clear(&deferred->note);
		buf_add_span(&deferred->note, lines[i].name);
		deferred->count--;
	}
	return false;
}

static void answer_channels(struct deferred *deferred, bool more)
{
	struct replies *replies = deferred->replies;
	struct buf body = deferred->answer;

	deferred->answer = (struct buf){0};
	buf_add_text(&body, more ? "],\"more\":true" : "],\"more\":false");
	if (more && deferred->note.len > 0) {
		buf_add_text(&body, ",\"next\":");
		json_quote(&body, buf_span(&deferred->note));
	}
	buf_add_text(&body, "}\n");
	reply_json(replies, deferred_done(deferred), 200, buf_span(&body));
	buf_release(&body);
}

/* What was shown has been found good; should its end have come meanwhile it
 * shows nothing that is private. */
static void on_channels(void *arg, const struct channel_lines *page)
{
	struct deferred *deferred = arg;
	const struct status *status = deferred->room;
	struct grant *grant;
	bool another;

	if (page->lines == NULL) {
		refuse_away(status->replies, deferred_done(deferred));
		return;
	}
	access_may_listen(status->access, deferred->request, &grant);
	another = add_page(deferred, grant, page);
	if (!another && page->more && page->last.len > 0)
		ask(deferred, grant, page->last);
	else
		answer_channels(deferred, another);
	grant_drop(grant);
}

static void on_channel(void *arg, const struct channel_lines *page)
{
	struct deferred *deferred = arg;
	struct replies *replies = deferred->replies;
	struct request *request = deferred_done(deferred);
	struct buf body = {0};

	if (page->lines == NULL || page->count != 1) {
		refuse_away(replies, request);
		return;
	}
	describe(&body, &page->lines[0]);
	buf_add_char(&body, '\n');
	reply_json(replies, request, 200, buf_span(&body));
	buf_release(&body);
}

static const char *read_limit(struct span query, uint16_t *limit)
{
	struct pair pair;
	uint64_t number;

	*limit = LIMIT;
	if (!query_find(query, "limit", &pair))
		return NULL;
	if (!text_to_u64(pair.value, &number) || number < 1 ||
		number > LIMIT_MAX)
		return "?limit= is a number from 1 to 1000";
	*limit = (uint16_t)number;
	return NULL;
}

static const char *read_after(struct span query, struct buf *after)
{
	struct pair pair;

	if (!query_find(query, "after", &pair) || pair.value.len == 0)
		return NULL;
	if (!query_decode_value(after, pair.value))
		return "?after= has a '%' without two hexadecimal digits";
	return text_topic_fault(buf_span(after));
}

static void begin(const struct status *status, struct request *request,
	const struct grant *grant, struct span after, uint16_t limit)
{
	struct deferred *deferred = deferred_new(status->deferrals, request);

	deferred->room = status;
	deferred->count = limit;
	buf_add_text(&deferred->answer, "{\"channels\":[");
	ask(deferred, grant, after);
}

/* May it see what there is on the channel, or with no name on public ones?
 * *grant is then held for the caller.  False if it has been refused. */
static bool may_see(const struct status *status, struct request *request,
	struct span channel, struct grant **grant)
{
	enum access_word word =
		access_may_listen(status->access, request, grant);

	if (word == ACCESS_YES && channel.len > 0)
		word = access_may_read(status->access, *grant, channel);
	if (word == ACCESS_YES)
		return true;
	grant_drop(*grant);
	refusal_reply(status->replies, request, word);
	return false;
}

void status_channels(
	void *room, struct request *request, const struct target *target)
{
	const struct status *status = room;
	struct buf after = {0};
	struct grant *grant;
	uint16_t limit;
	const char *fault = read_limit(target->query, &limit);

	if (!may_see(status, request, span(NULL, 0), &grant))
		return;
	if (fault == NULL)
		fault = read_after(target->query, &after);
	if (fault == NULL)
		begin(status, request, grant, buf_span(&after), limit);
	else
		reply_error(status->replies, request, 400, "bad_query", fault);
	grant_drop(grant);
	buf_release(&after);
}

void status_channel(
	void *room, struct request *request, const struct target *target)
{
	const struct status *status = room;
	struct channel_question question = {
		.limit = 1, .only = target->channel};
	struct deferred *deferred;
	struct grant *grant;

	if (!may_see(status, request, target->channel, &grant))
		return;
	question.grant = grant_scope(grant);
	deferred = deferred_new(status->deferrals, request);
	deferred->call = questions_channels(
		status->questions, &question, on_channel, deferred);
	grant_drop(grant);
}
