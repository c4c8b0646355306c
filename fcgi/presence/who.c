/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "fcgi/presence/who.h"

#include <inttypes.h>

#include "fcgi/guard/access.h"
#include "fcgi/guard/grant.h"
#include "fcgi/http/deferred.h"
#include "fcgi/http/query.h"
#include "fcgi/http/reply.h"
#include "fcgi/presence/said.h"
#include "fcgi/presence/wish.h"
#include "fcgi/uplink/questions.h"
#include "lib/json/json.h"
#include "lib/text.h"

enum {
	LIMIT = 1000, /* entries of one answer, at most and unless told, ... */
	ANSWER_BYTES = 256 << 10, /* ... and about so many bytes */
};

enum view { VEILED, WHOLE };

/* ---- a page of ours may be several of the hub's */

static uplink_presented on_page;

static void ask(struct deferred *deferred)
{
	const struct who *who = deferred->room;
	const struct presence_question question = {
		.topic = buf_span(&deferred->note),
		.after = deferred->after,
		.limit = (uint16_t)deferred->count,
	};

	deferred->call = questions_presence(
		who->questions, &question, on_page, deferred);
}

static bool is_full(const struct deferred *deferred)
{
	return deferred->count == 0 || deferred->answer.len > ANSWER_BYTES;
}

/* True if there are more of them. */
static bool add_page(struct deferred *deferred, const struct presented *page)
{
	struct buf *out = &deferred->answer;
	struct wire_in in = page->entries;
	struct present_line line;

	for (uint32_t i = 0; i < page->count; i++) {
		if (is_full(deferred))
			return true;
		line = present_line(&in);
		if (out->at[out->len - 1] == '}')
			buf_add_char(out, ',');
		if (deferred->kind == VEILED)
			active_veil(&line.active);
		said_json(out, span(NULL, 0), &line.active);
		deferred->after = line.id;
		deferred->count--;
	}
	return page->more;
}

/* Whoever goes on from there hears of all that changes while the pages come. */
static void begin_answer(
	struct deferred *deferred, const struct presented *page)
{
	struct buf *out = &deferred->answer;

	buf_add_text(out, "{\"channel\":");
	json_quote(out, buf_span(&deferred->note));
	if (page->upto == 0)
		buf_add_text(out, ",\"id\":null");
	else
		buf_printf(out, ",\"id\":\"%" PRIu64 "\"", page->upto);
	buf_add_text(out, ",\"subscribers\":[");
}

static void finish(struct deferred *deferred, bool more)
{
	struct replies *replies = deferred->replies;
	struct buf body = deferred->answer;

	deferred->answer = (struct buf){0};
	if (more)
		buf_printf(&body, "],\"more\":true,\"next\":\"%" PRIu64 "\"}\n",
			deferred->after);
	else
		buf_add_text(&body, "],\"more\":false}\n");
	reply_json(replies, deferred_done(deferred), 200, buf_span(&body));
	buf_release(&body);
}

static void on_page(void *arg, const struct presented *page)
{
	struct deferred *deferred = arg;
	struct replies *replies = deferred->replies;
	bool more;

	if (page->away) {
		reply_away(replies, deferred_done(deferred),
			"the hub does not answer just now");
		return;
	}
	if (deferred->answer.len == 0)
		begin_answer(deferred, page);
	more = add_page(deferred, page);
	if (more && page->count > 0 && !is_full(deferred))
		ask(deferred);
	else
		finish(deferred, more);
}

/* ---- a request */

static bool read_number(struct span query, const char *name, uint64_t *number)
{
	struct pair pair;

	return !query_find(query, name, &pair) ||
	       text_to_u64(pair.value, number);
}

static bool may_see(struct who *who, struct request *request,
	struct span channel, enum view *view)
{
	struct grant *grant;
	enum access_word word = access_may_listen(who->access, request, &grant);

	if (word == ACCESS_YES)
		word = access_may_read(who->access, grant, channel);
	*view = wish_sees_whole(grant, channel) ? WHOLE : VEILED;
	grant_drop(grant);
	if (word == ACCESS_YES)
		return true;
	refusal_reply(who->replies, request, word);
	return false;
}

static void begin(struct who *who, struct request *request, struct span channel,
	enum view view, uint64_t after, uint64_t limit)
{
	struct deferred *deferred = deferred_new(who->deferrals, request);

	deferred->room = who;
	deferred->kind = view;
	deferred->count = (uint32_t)limit;
	buf_add_span(&deferred->note, channel);
	deferred->after = after;
	ask(deferred);
}

void who_channel(
	void *room, struct request *request, const struct target *target)
{
	struct who *who = room;
	uint64_t after = 0, limit = LIMIT;
	enum view view;
	bool sound = read_number(target->query, "limit", &limit) &&
		     read_number(target->query, "after", &after) && limit > 0 &&
		     limit <= LIMIT;

	if (!who->on) {
		reply_error(who->replies, request, 404, "not_found",
			"nobody says here that he is there "
			"(mercure_subscriptions)");
		return;
	}
	if (!wish_can_see(target->channel)) {
		reply_error(who->replies, request, 404, "not_found",
			"nobody sees who is on a channel that is spelt like a "
			"pattern");
		return;
	}
	if (!may_see(who, request, target->channel, &view))
		return;
	if (sound)
		begin(who, request, target->channel, view, after, limit);
	else
		reply_error(who->replies, request, 400, "bad_query",
			"?limit= is a number from 1 to 1000, ?after= what an "
			"answer said as next");
}
