/* SPDX-License-Identifier: MIT */
/*
 * gathering_give - what the members are given (gathering.h)
 */
#include <config.h>

#include "fcgi/presence/gathering.h"
#include "fcgi/stream/batch.h"
#include "fcgi/stream/subscriber.h"
#include "lib/clock.h"

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
	member->wants = WANTS_NEWS;
	member->listed = clock_now_us(gathering->clock) / LISTS_EVERY_US;
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
	bool waits; /* somebody could not take it, or not yet */
};

static bool may_have_list(
	const struct gathering *gathering, const struct member *member)
{
	return member->wants == WANTS_LIST ||
	       member->listed !=
		       clock_now_us(gathering->clock) / LISTS_EVERY_US;
}

/* He may end by it. */
static void give_one(struct gathering *gathering, struct member *member,
	struct giving *giving)
{
	if (!member->begun)
		return;
	if (!subscriber_is_ready(member->sub)) {
		gathering_miss(gathering, member);
		giving->waits |= member->wants != WANTS_NEWS;
	} else if (member->wants == WANTS_NEWS) {
		give_news(gathering, member, giving->news);
	} else if (!may_have_list(gathering, member)) {
		giving->waits = true;
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
	for (int by = 0; by < ENTRIES_BYS; by++)
		buf_clear(&gathering->news[by]);
	return lacks;
}
