/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "fcgi/history/visit.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "fcgi/guard/cors.h"
#include "fcgi/guard/grant.h"
#include "fcgi/http/deferred.h"
#include "fcgi/http/reply.h"
#include "fcgi/http/request.h"
#include "fcgi/stream/topic.h"
#include "fcgi/stream/window.h"
#include "fcgi/uplink/questions.h"
#include "lib/digest.h"
#include "lib/event/privacy.h"
#include "lib/event/traits.h"

enum { DOUBTS_MAX = 4 };

struct span visit_channel(const struct visit *visit)
{
	return buf_span(&visit->deferred->note);
}

/* ---- what it is given */

static bool is_for(const struct visit *visit, const struct wire_event *event,
	bool is_private, uint64_t now)
{
	if (event->traits.len > 0 &&
		(traits_are_guarded(event->traits) ||
			traits_have_expired(event->traits, now)))
		return false;
	return !is_private ||
	       grant_reads(visit->grant, event->channel, event->traits);
}

bool visit_has_ended(const struct visit *visit, uint64_t now)
{
	return grant_is_void(visit->grant) || grant_until(visit->grant) <= now;
}

/* ---- from the window */

static bool find_place(
	const struct visit *visit, const struct window *window, uint64_t *pos)
{
	if (!window_valid(window))
		return false;
	if (!visit->judged)
		return visit->wanted.since.from == WIRE_AFTER &&
		       window_locate(window, visit->wanted.since.value, pos);
	if (visit->cursor < window_from(window))
		return false;
	*pos = window_seek(window, visit->cursor);
	return true;
}

static void look_on(struct visit *visit, const struct window *window,
	const struct topic *topic, uint64_t pos, uint64_t now)
{
	uint32_t index = topic_after(topic, pos);

	for (; index < topic->count && !leaf_is_full(&visit->leaf); index++) {
		const struct entry *entry =
			window_entry(window, topic_at(topic, index));

		if (entry->event.id != 0 && !entry->gone &&
			is_for(visit, &entry->event, entry->is_private, now))
			leaf_add(&visit->leaf, &entry->event);
	}
}

bool visit_look(struct visit *visit, const struct window *window, uint64_t now)
{
	const struct topic *topic;
	uint64_t pos;

	if (!find_place(visit, window, &pos))
		return false;
	topic = topic_find(window_topics(window), visit_channel(visit));
	if (topic != NULL)
		look_on(visit, window, topic, pos, now);
	visit->judged = true;
	visit->cursor = window_newest(window);
	return true;
}

/* ---- from the hub */

void visit_restart(struct visit *visit)
{
	visit->judged = visit->gap = visit->partial = false;
	leaf_clear(&visit->leaf);
}

void visit_judge(struct visit *visit, const struct judged *judged)
{
	visit->judged = true;
	visit->gap = judged->gap;
	visit->cursor = judged->used;
	visit->limit = judged->limit;
	visit->pruned = judged->mark_count > 0 ? judged->marks[0].through : 0;
}

/* All that is behind its cursor is there, but for what is known to be gone. */
static bool trusts(const struct visit *visit, uint64_t mark)
{
	return mark <= visit->cursor || mark <= visit->pruned;
}

static enum visit_found doubt(struct visit *visit)
{
	if (visit->leaf.count > 0) {
		visit->partial = true;
		return VISIT_DONE;
	}
	visit->judged = false;
	return ++visit->doubts > DOUBTS_MAX ? VISIT_LOST : VISIT_DOUBT;
}

enum visit_found visit_take(struct visit *visit, const struct paged *paged,
	const struct privacy *privacy, uint64_t now)
{
	struct wire_in in = paged->events;
	struct wire_event event;

	if (!trusts(visit, paged->mark))
		return doubt(visit);
	if (paged->through <= visit->cursor)
		return VISIT_LOST;
	for (uint32_t i = 0; i < paged->count; i++) {
		if (leaf_is_full(&visit->leaf))
			return VISIT_DONE;
		if (!wire_get_event(wire_get_blob(&in), &event))
			return VISIT_LOST;
		if (is_for(visit, &event,
			    privacy_hides_channel(privacy, event.channel) ||
				    privacy_hides_traits(privacy, event.traits),
			    now))
			leaf_add(&visit->leaf, &event);
	}
	visit->cursor = paged->through;
	return leaf_is_full(&visit->leaf) || visit->cursor >= visit->limit
		       ? VISIT_DONE
		       : VISIT_MORE;
}

bool visit_is_empty(const struct visit *visit)
{
	return visit->leaf.count == 0 && !visit->gap;
}

/* ---- the answer */

/* Only a DELETE changes it, or the end of what it begins with. */
static bool is_lasting(const struct visit *visit)
{
	return leaf_is_full(&visit->leaf) && visit->wanted.lasting &&
	       !visit->gap && !visit->partial && !visit->leaf.mortal;
}

static bool shows_anything(const struct request *request)
{
	return request->authorization[0] != '\0' ||
	       request->cookie[0] != '\0' || request->remote_user[0] != '\0';
}

static bool is_public(const struct visit *visit, const struct request *request)
{
	if (visit->grant != NULL || visit->more == ACCESS_BY_OTHERS)
		return false;
	return visit->more == ACCESS_NOBODY || !shows_anything(request);
}

/* A browser asks each time, which its web server's cache answers: what was
 * deleted is not shown for a minute more by each on the way. */
static const char everybody[] =
	"public, max-age=0, s-maxage=60, must-revalidate";

static const char *cache_of(
	const struct visit *visit, const struct request *request)
{
	if (!is_lasting(visit))
		return "no-store";
	return is_public(visit, request) ? everybody : "private, no-cache";
}

static void add_headers(
	const struct visit *visit, struct request *request, const char *etag)
{
	cors_vary(&request->headers, visit->more == ACCESS_NOBODY
					     ? "Accept"
					     : "Accept, Authorization, Cookie");
	if (is_lasting(visit))
		buf_printf(&request->headers, "ETag: %s\r\n", etag);
}

/* As a digest of the text it is never the one of another log's page. */
static void put_etag(char *etag, size_t size, struct span text)
{
	struct digest digest = digest_of(span(NULL, 0), text);

	snprintf(etag, size, "\"%016" PRIx64 "%016" PRIx64 "\"", digest.high,
		digest.low);
}

void visit_answer(struct visit *visit)
{
	struct replies *replies = visit->deferred->replies;
	struct request *request = visit->deferred->request;
	struct leaf *leaf = &visit->leaf;
	struct answer answer = {.status = 200, .type = "application/json"};
	struct buf text;
	char etag[40];

	leaf_end(leaf,
		leaf_is_full(leaf) || visit->partial ? leaf->last
						     : visit->cursor,
		visit->gap);
	put_etag(etag, sizeof(etag), buf_span(&leaf->text));
	add_headers(visit, request, etag);
	answer.cache = cache_of(visit, request);
	if (leaf->lines)
		answer.type = "application/x-ndjson";
	text = leaf->text;
	leaf->text = (struct buf){0};
	if (is_lasting(visit) && strstr(request->if_none_match, etag) != NULL)
		answer = (struct answer){.status = 304, .cache = answer.cache};
	answer.body = buf_span(&text);
	reply(replies, deferred_done(visit->deferred), &answer);
	buf_release(&text);
}
