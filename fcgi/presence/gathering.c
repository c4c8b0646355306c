/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "fcgi/presence/gathering.h"

#include <stdlib.h>
#include <string.h>

#include "fcgi/stream/batch.h"
#include "fcgi/stream/subscriber.h"
#include "fcgi/uplink/questions.h"
#include "lib/clock.h"

enum { PAGE_LINES = 256 };

struct span gathering_key_of(struct buf *out, struct span name, bool whole)
{
	buf_clear(out);
	buf_add_char(out, whole ? 'w' : 'v');
	buf_add_span(out, name);
	return buf_span(out);
}

struct gathering *gathering_new(
	struct span name, bool whole, const struct gathering_parts *parts)
{
	struct buf key = {0};
	struct gathering *gathering;

	gathering_key_of(&key, name, whole);
	gathering = mem_new(sizeof(*gathering) + key.len);
	memcpy(gathering->key, key.at, key.len);
	buf_release(&key);
	gathering->whole = whole;
	gathering->clock = parts->clock;
	gathering->questions = parts->questions;
	gathering->due = parts->due;
	gathering->arg = parts->arg;
	gathering->len = (uint16_t)name.len;
	list_init(&gathering->members);
	entries_open(&gathering->entries, gathering_name(gathering));
	return gathering;
}

struct span gathering_name(const struct gathering *gathering)
{
	return span(gathering->key + 1, gathering->len);
}

struct span gathering_key(const struct gathering *gathering)
{
	return span(gathering->key, 1U + gathering->len);
}

static void clear(struct buf texts[ENTRIES_BYS])
{
	for (int by = 0; by < ENTRIES_BYS; by++)
		buf_clear(&texts[by]);
}

void gathering_free(struct gathering *gathering)
{
	if (gathering->call != NULL)
		call_forget(gathering->call);
	entries_close(&gathering->entries);
	for (int by = 0; by < ENTRIES_BYS; by++) {
		buf_release(&gathering->news[by]);
		buf_release(&gathering->present[by]);
	}
	free(gathering);
}

static void want_round(struct gathering *gathering)
{
	gathering->again = 0;
	gathering->due(gathering->arg);
}

void gathering_enter(struct gathering *gathering, struct member *member)
{
	member->gathering = gathering;
	member->stale = true;
	list_init(&member->node);
	list_append(&gathering->members, &member->node);
}

void gathering_begin(struct member *member)
{
	member->begun = true;
	want_round(member->gathering);
}

void gathering_leave(struct member *member)
{
	list_remove(&member->node);
}

/* ---- who is there */

static void tell_changes(struct gathering *gathering, bool yes)
{
	for (int by = 0; by < ENTRIES_BYS; by++)
		gathering->entries.news[by] = yes ? &gathering->news[by] : NULL;
}

void gathering_look(struct gathering *gathering, uint64_t id)
{
	if (gathering->state != WAITING || id < gathering->upto)
		return;
	gathering->state = READY;
	tell_changes(gathering, true);
	want_round(gathering);
}

static void add(struct gathering *gathering, struct active active)
{
	if (!gathering->whole)
		active_veil(&active);
	entries_add(&gathering->entries, &active);
}

static void add_entries(
	struct gathering *gathering, const struct presented *page)
{
	struct wire_in in = page->entries;
	struct present_line line;

	for (uint32_t i = 0; i < page->count; i++) {
		line = present_line(&in);
		add(gathering, line.active);
		gathering->after = line.id;
	}
}

static void on_page(void *arg, const struct presented *page)
{
	struct gathering *gathering = arg;

	gathering->call = NULL;
	if (page->away) {
		want_round(gathering);
		return;
	}
	add_entries(gathering, page);
	if (page->more && page->count > 0) {
		gathering_ask(gathering);
		return;
	}
	gathering->state = WAITING;
	gathering->upto = page->upto;
	want_round(gathering);
}

void gathering_ask(struct gathering *gathering)
{
	const struct presence_question question = {
		.topic = gathering_name(gathering),
		.after = gathering->after,
		.limit = PAGE_LINES,
	};

	if (gathering->state == LOADING && gathering->call == NULL)
		gathering->call = questions_presence(
			gathering->questions, &question, on_page, gathering);
}

void gathering_begin_anew(struct gathering *gathering)
{
	struct node *head = &gathering->members;

	if (gathering->call != NULL)
		call_forget(gathering->call);
	gathering->call = NULL;
	gathering->state = LOADING;
	gathering->after = 0;
	entries_close(&gathering->entries);
	entries_open(&gathering->entries, gathering_name(gathering));
	clear(gathering->news);
	clear(gathering->present);
	for (struct node *at = head->next; at != head; at = at->next)
		list_entry(at, struct member, node)->stale = true;
	want_round(gathering);
}

void gathering_hear(
	struct gathering *gathering, const struct active *active, uint64_t id)
{
	if (active->here)
		add(gathering, *active);
	else
		entries_remove(&gathering->entries, active,
			clock_now_us(gathering->clock));
	clear(gathering->present);
	gathering_look(gathering, id);
	if (gathering->state == READY)
		want_round(gathering);
}

uint64_t gathering_tend(struct gathering *gathering)
{
	size_t before = gathering->news[BY_USER].len;
	uint64_t next = entries_tend(
		&gathering->entries, clock_now_us(gathering->clock));

	if (gathering->news[BY_USER].len != before)
		buf_clear(&gathering->present[BY_USER]);
	return next;
}

/* ---- to the members */

/* What was framed last, for whom the same will do. */
struct framed {
	struct batch *batch;
	uint16_t request;
};

static void give(
	struct subscriber *sub, struct framed *framed, struct span text)
{
	if (framed->batch == NULL || framed->request != sub->request) {
		batch_drop(framed->batch);
		framed->batch = batch_new(sub->request, text);
		framed->request = sub->request;
	}
	subscriber_give(sub, batch_hold(framed->batch));
}

static struct span present_text(struct gathering *gathering, enum entries_by by)
{
	struct buf *text = &gathering->present[by];

	if (text->len == 0)
		entries_present(&gathering->entries, by, text);
	return buf_span(text);
}

static void give_present(struct gathering *gathering, struct member *member,
	struct framed *framed)
{
	member->stale = false;
	give(member->sub, &framed[member->by],
		present_text(gathering, member->by));
}

static void give_news(struct gathering *gathering, struct member *member,
	struct framed *framed)
{
	struct span news = buf_span(&gathering->news[member->by]);

	if (news.len > 0)
		give(member->sub, &framed[member->by], news);
}

static void drop_framed(struct framed *framed)
{
	for (int by = 0; by < ENTRIES_BYS; by++)
		batch_drop(framed[by].batch);
}

/* One look at all members. */
struct giving {
	struct framed lists[ENTRIES_BYS], news[ENTRIES_BYS];
	struct node left; /* who is to be looked at */
	struct node late; /* for whose list there was no time */
	uint64_t end_us;
	bool waits; /* somebody could not take it */
};

/* He may end by it. */
static void give_one(struct gathering *gathering, struct member *member,
	struct giving *giving)
{
	if (!member->begun)
		return;
	if (!subscriber_is_ready(member->sub)) {
		member->stale |= gathering->news[member->by].len > 0;
		giving->waits |= member->stale;
	} else if (!member->stale) {
		give_news(gathering, member, giving->news);
	} else if (giving->lists[member->by].batch == NULL ||
		   clock_now_us(gathering->clock) < giving->end_us) {
		give_present(gathering, member, giving->lists);
	} else {
		list_remove(&member->node);
		list_append(&giving->late, &member->node);
	}
}

static void give_all(struct gathering *gathering, struct giving *giving)
{
	list_move(&giving->left, &gathering->members);
	while (!list_empty(&giving->left)) {
		struct member *member =
			list_entry(giving->left.next, struct member, node);

		list_remove(&member->node);
		list_append(&gathering->members, &member->node);
		give_one(gathering, member, giving);
	}
}

enum gathering_lacks gathering_give(
	struct gathering *gathering, uint64_t end_us)
{
	struct giving giving = {.end_us = end_us};
	enum gathering_lacks lacks;

	if (gathering->state != READY)
		return LACKS_NOTHING;
	list_init(&giving.left);
	list_init(&giving.late);
	give_all(gathering, &giving);
	lacks = !list_empty(&giving.late) ? LACKS_TIME
		: giving.waits		  ? LACKS_ROOM
					  : LACKS_NOTHING;
	/* They come first the next time. */
	list_move(&giving.late, &gathering->members);
	list_move(&gathering->members, &giving.late);
	drop_framed(giving.lists);
	drop_framed(giving.news);
	clear(gathering->news);
	return lacks;
}
