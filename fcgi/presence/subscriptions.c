/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "fcgi/presence/subscriptions.h"

#include <inttypes.h>
#include <string.h>

#include "fcgi/guard/access.h"
#include "fcgi/guard/grant.h"
#include "fcgi/http/deferred.h"
#include "fcgi/http/query.h"
#include "fcgi/http/reply.h"
#include "fcgi/presence/who.h"
#include "fcgi/uplink/questions.h"

enum { PAGE_LINES = 256 };

/* What is asked for: as much of it as there is. */
struct wanted {
	struct buf topic;
	bool one; /* that subscriber of the topic */
	uint8_t subscriber[ACTIVE_SUBSCRIBER];
};

/* ---- the path */

/* Takes "/segment" off `rest`, decoded; false if it is none. */
static bool next_segment(struct span *rest, struct buf *segment)
{
	const char *end;
	size_t len;

	if (rest->len < 2 || rest->at[0] != '/')
		return false;
	end = memchr(rest->at + 1, '/', rest->len - 1);
	len = end == NULL ? rest->len : (size_t)(end - rest->at);
	if (!query_decode(segment, span(rest->at + 1, len - 1)))
		return false;
	*rest = span(rest->at + len, rest->len - len);
	return segment->len > 0 && segment->len <= ACTIVE_TOPIC_MAX;
}

/* False if there cannot be anything at this address. */
static bool read_path(struct span rest, struct wanted *wanted)
{
	struct buf text = {0};
	bool found = true;

	if (rest.len > 0)
		found = next_segment(&rest, &wanted->topic);
	if (found && rest.len > 0) {
		wanted->one = true;
		found = next_segment(&rest, &text) &&
			active_subscriber_read(
				buf_span(&text), wanted->subscriber);
	}
	buf_release(&text);
	return found && rest.len == 0;
}

/* As grants know it. */
static void write_path(struct buf *out, const struct wanted *wanted)
{
	const struct active active = {
		.topic = buf_span(&wanted->topic),
		.subscriber = wanted->one ? wanted->subscriber : NULL,
	};

	if (wanted->topic.len == 0)
		buf_add_text(out, ACTIVE_CHANNEL);
	else
		active_path(out, &active);
}

/* ---- the answer; the note is the path, and the answer what is known of it */

static uplink_presented on_page;

static void ask(
	struct deferred *deferred, const struct wanted *wanted, uint64_t after)
{
	const struct who *who = deferred->room;
	const struct presence_question question = {
		.topic = buf_span(&wanted->topic),
		.subscriber = span(wanted->subscriber,
			wanted->one ? ACTIVE_SUBSCRIBER : 0),
		.after = after,
		.limit = PAGE_LINES,
	};

	deferred->kind = wanted->one;
	deferred->call = questions_presence(
		who->questions, &question, on_page, deferred);
}

/* What is behind the channel's name in the note. */
static struct span rest_of(const struct deferred *deferred)
{
	const size_t len = sizeof(ACTIVE_CHANNEL) - 1;

	return span(deferred->note.at + len, deferred->note.len - len);
}

static void ask_again(struct deferred *deferred, uint64_t after)
{
	struct wanted wanted = {0};

	read_path(rest_of(deferred), &wanted);
	ask(deferred, &wanted, after);
	buf_release(&wanted.topic);
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

static uint64_t add_page(
	struct deferred *deferred, const struct presented *page)
{
	struct buf *out = &deferred->answer;
	struct wire_in in = page->entries;
	struct present_line line = {0};

	for (uint32_t i = 0; i < page->count; i++) {
		line = present_line(&in);
		buf_add_text(out, out->at[out->len - 1] == '}' ? ",{" : "{");
		active_members(out, &line.active);
		buf_add_char(out, '}');
	}
	return line.id;
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

static void send(struct deferred *deferred)
{
	struct replies *replies = deferred->replies;
	struct buf body = deferred->answer;

	deferred->answer = (struct buf){0};
	reply(replies, deferred_done(deferred),
		&(struct answer){
			200, "application/ld+json", NULL, buf_span(&body)});
	buf_release(&body);
}

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
	send(deferred);
}

static void answer_list(struct deferred *deferred, const struct presented *page)
{
	uint64_t last;

	if (deferred->answer.len == 0) {
		add_etag(deferred, page->upto);
		begin_list(deferred, page->upto);
	}
	last = add_page(deferred, page);
	if (page->more && page->count > 0) {
		ask_again(deferred, last);
		return;
	}
	buf_add_text(&deferred->answer, "]}\n");
	send(deferred);
}

static void on_page(void *arg, const struct presented *page)
{
	struct deferred *deferred = arg;
	struct replies *replies = deferred->replies;

	if (page->away) {
		reply_away(replies, deferred_done(deferred),
			"the hub does not answer just now");
	} else if (deferred->answer.len == 0 &&
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
	const struct wanted *wanted, struct span path)
{
	struct deferred *deferred = deferred_new(who->deferrals, request);

	deferred->room = who;
	buf_add_span(&deferred->note, path);
	ask(deferred, wanted, 0);
}

void subscriptions_show(
	void *room, struct request *request, const struct target *target)
{
	struct who *who = room;
	struct wanted wanted = {0};
	struct buf path = {0};

	if (!who->on || !read_path(target->channel, &wanted)) {
		answer_nothing(who->replies, request);
	} else {
		write_path(&path, &wanted);
		if (may_read(who, request, buf_span(&path)))
			begin(who, request, &wanted, buf_span(&path));
	}
	buf_release(&wanted.topic);
	buf_release(&path);
}
