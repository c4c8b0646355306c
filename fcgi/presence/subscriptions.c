/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "fcgi/presence/subscriptions.h"

#include <inttypes.h>
#include <string.h>

#include "fcgi/guard/access.h"
#include "fcgi/guard/grant.h"
#include "fcgi/http/deferred.h"
#include "fcgi/http/reply.h"
#include "fcgi/presence/place.h"
#include "fcgi/presence/who.h"
#include "fcgi/uplink/questions.h"

enum { PAGE_LINES = 256 };

/* ---- the answer; the note is the path, and the answer what is known of it */

static uplink_presented on_page;

static void ask(struct deferred *deferred, const struct place *place)
{
	const struct who *who = deferred->room;
	const struct presence_question question = {
		.topic = buf_span(&place->topic),
		.subscriber = span(
			place->subscriber, place->one ? ACTIVE_SUBSCRIBER : 0),
		.after = deferred->after,
		.limit = PAGE_LINES,
	};

	deferred->kind = place->one;
	deferred->call = questions_presence(
		who->questions, &question, on_page, deferred);
}

/* What is behind the channel's name in the note. */
static struct span rest_of(const struct deferred *deferred)
{
	const size_t len = sizeof(ACTIVE_CHANNEL) - 1;

	return span(deferred->note.at + len, deferred->note.len - len);
}

static void ask_again(struct deferred *deferred)
{
	struct place place = {0};

	place_read(rest_of(deferred), &place);
	ask(deferred, &place);
	buf_release(&place.topic);
}

static void add_cursor(struct buf *out, uint64_t id)
{
	if (id == 0)
		buf_add_text(out, "earliest");
	else
		buf_printf(out, "#%" PRIu64, id);
}

static void add_etag(struct deferred *deferred, uint64_t upto)
{
	struct buf *headers = &deferred->request->headers;

	buf_add_text(headers, "ETag: \"");
	add_cursor(headers, upto);
	buf_add_text(headers, "\"\r\nCache-Control: private, no-cache\r\n");
}

static bool is_known(const struct request *request, uint64_t upto)
{
	struct buf etag = {0};
	bool known;

	buf_add_char(&etag, '"');
	add_cursor(&etag, upto);
	buf_add_text(&etag, "\"");
	buf_add_char(&etag, '\0');
	known = strstr(request->if_none_match, etag.at) != NULL;
	buf_release(&etag);
	return known;
}

static void begin_list(struct deferred *deferred, uint64_t upto)
{
	struct buf *out = &deferred->answer;

	buf_add_text(out, "{" ACTIVE_CONTEXT "\"id\":\"");
	buf_add_span(out, buf_span(&deferred->note));
	buf_add_text(out, "\",\"type\":\"Subscriptions\",\"lastEventID\":\"");
	add_cursor(out, upto);
	buf_add_text(out, "\",\"subscriptions\":[");
}

static void add_page(struct deferred *deferred, const struct presented *page)
{
	struct buf *out = &deferred->answer;
	struct wire_in in = page->entries;
	struct present_line line;
	bool first = deferred->after == 0;

	for (uint32_t i = 0; i < page->count; i++, first = false) {
		line = present_line(&in);
		buf_add_text(out, first ? "{" : ",{");
		active_members(out, &line.active);
		buf_add_char(out, '}');
		deferred->after = line.id;
	}
}

static void add_one(struct deferred *deferred, const struct presented *page)
{
	struct buf *out = &deferred->answer;
	struct wire_in in = page->entries;
	struct present_line line = present_line(&in);

	buf_add_text(out, "{" ACTIVE_CONTEXT);
	active_members(out, &line.active);
	buf_add_text(out, ",\"lastEventID\":\"");
	add_cursor(out, page->upto);
	buf_add_text(out, "\"}\n");
}

static const char ld_json[] = "application/ld+json";

static void answer_nothing(struct replies *replies, struct request *request)
{
	reply_error(replies, request, 404, "not_found",
		"nobody is there under this address");
}

static void answer_one(struct deferred *deferred, const struct presented *page)
{
	struct replies *replies = deferred->replies;

	if (page->count == 0) {
		answer_nothing(replies, deferred_done(deferred));
		return;
	}
	add_etag(deferred, page->upto);
	add_one(deferred, page);
	deferred_last_part(deferred, ld_json);
}

/* A page at a time, each when the one before is taken. */
static void answer_list(struct deferred *deferred, const struct presented *page)
{
	if (!deferred->begun) {
		add_etag(deferred, page->upto);
		begin_list(deferred, page->upto);
	}
	add_page(deferred, page);
	if (page->more && page->count > 0) {
		deferred_part(deferred, ld_json, ask_again);
		return;
	}
	buf_add_text(&deferred->answer, "]}\n");
	deferred_last_part(deferred, ld_json);
}

static void on_page(void *arg, const struct presented *page)
{
	struct deferred *deferred = arg;
	struct replies *replies = deferred->replies;

	deferred->call = NULL;
	if (page->away && deferred->begun) {
		deferred_break(deferred);
	} else if (page->away) {
		reply_away(replies, deferred_done(deferred),
			"the hub does not answer just now");
	} else if (!deferred->begun &&
		   (deferred->kind == 0 || page->count > 0) &&
		   is_known(deferred->request, page->upto)) {
		add_etag(deferred, page->upto);
		reply(replies, deferred_done(deferred),
			&(struct answer){.status = 304});
	} else if (deferred->kind == 0) {
		answer_list(deferred, page);
	} else {
		answer_one(deferred, page);
	}
}

/* ---- a request */

static bool may_read(struct who *who, struct request *request, struct span path)
{
	struct grant *grant;
	enum access_word word = access_may_listen(who->access, request, &grant);

	if (word == ACCESS_YES && grant == NULL)
		word = ACCESS_NO_TOKEN;
	if (word == ACCESS_YES && !grant_subscribes(grant, path))
		word = ACCESS_NOT_GRANTED;
	grant_drop(grant);
	if (word == ACCESS_YES)
		return true;
	refusal_reply(who->replies, request, word);
	return false;
}

static void begin(struct who *who, struct request *request,
	const struct place *place, struct span path)
{
	struct deferred *deferred = deferred_new(who->deferrals, request);

	deferred->room = who;
	buf_add_span(&deferred->note, path);
	ask(deferred, place);
}

void subscriptions_show(
	void *room, struct request *request, const struct target *target)
{
	struct who *who = room;
	struct place place = {0};
	struct buf path = {0};

	if (!who->on || !place_read(target->channel, &place)) {
		answer_nothing(who->replies, request);
	} else {
		place_path(&path, &place);
		if (may_read(who, request, buf_span(&path)))
			begin(who, request, &place, buf_span(&path));
	}
	buf_release(&place.topic);
	buf_release(&path);
}
