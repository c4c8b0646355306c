/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "fcgi/presence/gathering.h"

#include <stdlib.h>
#include <string.h>

#include "fcgi/uplink/questions.h"
#include "lib/clock.h"

enum {
	PAGE_LINES = 256,
	NEWS_BYTES = 256 << 10, /* of changes not yet given */
};

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
	entries_open(
		&gathering->entries, gathering_name(gathering), parts->most);
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
	member->wants = WANTS_LIST;
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
	uint32_t most = gathering->entries.most;

	if (gathering->call != NULL)
		call_forget(gathering->call);
	gathering->call = NULL;
	gathering->state = LOADING;
	gathering->after = 0;
	entries_close(&gathering->entries);
	entries_open(&gathering->entries, gathering_name(gathering), most);
	clear(gathering->news);
	clear(gathering->present);
	for (struct node *at = head->next; at != head; at = at->next)
		list_entry(at, struct member, node)->wants = WANTS_LIST;
	want_round(gathering);
}

void gathering_miss(struct gathering *gathering, struct member *member)
{
	if (gathering->news[member->by].len > 0 && member->wants == WANTS_NEWS)
		member->wants = WANTS_LIST_AGAIN;
}

/* Of more changes than that nobody is told one by one. */
static void bound_news(struct gathering *gathering)
{
	struct node *head = &gathering->members;

	for (int by = 0; by < ENTRIES_BYS; by++) {
		if (gathering->news[by].len <= NEWS_BYTES)
			continue;
		for (struct node *at = head->next; at != head; at = at->next) {
			struct member *member =
				list_entry(at, struct member, node);

			if (member->by == (enum entries_by)by)
				gathering_miss(gathering, member);
		}
		buf_clear(&gathering->news[by]);
	}
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
	bound_news(gathering);
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
	bound_news(gathering);
	return next;
}
