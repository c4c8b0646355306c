/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_TESTS_UNIT_HUB_SIGHT_ROOM_H
#define TIDINGS_TESTS_UNIT_HUB_SIGHT_ROOM_H
/*
 * hub_sight_room - a hub with private channels, secret/{n} and perhaps
 * team/{n}, and those who ask it with a grant or without
 */
#include "hub/log/shown.h"
#include "hub/peers/resume.h"
#include "lib/event/selector.h"
#include "lib/event/traits.h"
#include "tests/unit/hub_desk.h"

static struct desk desk;
static char secrets[] = "secret/{n}", teams[] = "team/{n}";
static char *hidden[] = {secrets, teams};

static inline void configure(struct room *room, size_t count)
{
	room->config.private_selectors = hidden;
	room->config.private_count = count;
}

static inline int setup(void **state)
{
	struct room *room;

	room_setup(state);
	room = *state;
	configure(room, 1);
	room_reopen(room);
	desk_open(&desk, room);
	return 0;
}

static inline int teardown(void **state)
{
	desk_close(&desk);
	return room_teardown(state);
}

/* The hub starts anew. */
static inline void reopen(struct room *room)
{
	desk_close(&desk);
	room_reopen(room);
	desk_open(&desk, room);
}

static inline struct channels *all(struct room *room)
{
	return &room->ledger.channels;
}

static inline struct channel *find(struct room *room, const char *name)
{
	return channel_find(all(room), span_of(name));
}

/* ---- publishing */

static inline uint64_t add_with(
	struct room *room, const char *channel, struct span traits)
{
	struct ledger *ledger = &room->ledger;

	assert_true(ledger_begin(ledger));
	return ledger_append(ledger,
		channel_get(&ledger->channels, span_of(channel)), span_of(""),
		traits, span_of("x"));
}

static inline uint64_t add_private(struct room *room, const char *channel)
{
	static const char marked[] = {(char)TRAIT_PRIVATE, 0, 0};

	return add_with(room, channel, span(marked, sizeof(marked)));
}

/* Its row on `channel`; the other one is private if its name is. */
static inline uint64_t add_also(
	struct room *room, const char *channel, const char *also)
{
	struct buf names = {0}, traits = {0};
	uint64_t id;

	wire_put_str16(&names, span_of(channel));
	wire_put_str16(&names, span_of(also));
	trait_add_topics(&traits, buf_span(&names), 2);
	id = add_with(room, channel, buf_span(&traits));
	buf_release(&names);
	buf_release(&traits);
	return id;
}

static inline void commit(struct room *room)
{
	ledger_commit(&room->ledger);
}

static inline void prune_to(struct room *room, uint64_t events)
{
	room->config.keep.events = events;
	retention_step(&room->ledger.retention);
	commit(room);
	room->config.keep.events = 0;
}

/* ---- asking, with selectors of what may be read, one space between two */

static inline void put_grant(struct buf *body, const char *grant)
{
	struct buf items = {0};
	uint32_t count = 0;

	while (*grant != '\0') {
		size_t len = strcspn(grant, " ");

		wire_put_u8(&items, 0);
		wire_put_str16(&items, span(grant, len));
		grant += len + (grant[len] == ' ');
		count++;
	}
	wire_put_u32(body, count);
	buf_add_span(body, buf_span(&items));
	buf_release(&items);
}

struct line {
	char name[32];
	uint64_t events, oldest, newest;
};

struct list {
	struct line lines[64];
	uint32_t count, answers;
};

/* One answer, added to the list; where to go on, empty at the end. */
static inline void take_answer(
	struct peer *peer, struct list *list, char after[32])
{
	struct wire_in in = heard(peer, WIRE_CHANNELED);
	struct span last;
	uint32_t count;
	bool more;

	wire_get_u64(&in);
	more = wire_get_u8(&in) != 0;
	count = wire_get_u32(&in);
	for (uint32_t i = 0; i < count; i++) {
		struct line *line = &list->lines[list->count++];
		struct span name = wire_get_str16(&in);

		assert_true(list->count <= COUNT(list->lines));
		snprintf(line->name, sizeof(line->name), "%.*s", (int)name.len,
			name.at);
		line->events = wire_get_u64(&in);
		wire_get_u64(&in);
		line->oldest = wire_get_u64(&in);
		line->newest = wire_get_u64(&in);
		wire_get_u32(&in);
	}
	last = wire_get_str16(&in);
	assert_true(wire_done(&in) && more == (last.len > 0));
	snprintf(after, 32, "%.*s", (int)last.len, last.at);
	list->answers++;
}

static inline struct list list(const char *grant)
{
	struct peer *peer = desk_known(&desk);
	struct list list = {0};
	char after[32] = "";

	do {
		struct buf body = {0};

		wire_put_u64(&body, 5);
		wire_put_str16(&body, span_of(after));
		wire_put_u16(&body, 256);
		wire_put_str16(&body, span(NULL, 0));
		put_grant(&body, grant);
		say(peer, WIRE_CHANNELS, &body);
		assert_false(listing_run(&desk.counts, &desk.peers));
		take_answer(peer, &list, after);
	} while (after[0] != '\0');
	return list;
}

static inline const struct line *line_of(
	const struct list *list, const char *name)
{
	for (uint32_t i = 0; i < list->count; i++)
		if (strcmp(list->lines[i].name, name) == 0)
			return &list->lines[i];
	return NULL;
}

static inline uint64_t events_of(const char *name, const char *grant)
{
	struct list found = list(grant);
	const struct line *line = line_of(&found, name);

	return line == NULL ? UINT64_MAX : line->events;
}

struct told {
	bool gap;
	uint64_t used, oldest, newest;
};

/* Of a name or pattern. */
static inline struct told judge(
	const char *asked, uint64_t after, const char *grant)
{
	struct peer *peer = desk_known(&desk);
	struct buf body = {0};
	struct wire_in in;
	struct told told;

	wire_put_u64(&body, 5);
	wire_put_u8(&body, WIRE_AFTER);
	wire_put_u64(&body, after);
	wire_put_u64(&body, UINT64_MAX);
	wire_put_str16(&body, span(NULL, 0));
	wire_put_u16(&body, 1);
	wire_put_u8(&body, (uint8_t)selector_kind(span_of(asked)));
	wire_put_str16(&body, span_of(asked));
	wire_put_u16(&body, 0);
	put_grant(&body, grant);
	say(peer, WIRE_JUDGE, &body);
	while (run_pages(&desk))
		;
	in = heard(peer, WIRE_JUDGED);
	wire_get_u64(&in);
	told.gap = wire_get_u8(&in) != 0;
	told.used = wire_get_u64(&in);
	wire_get_u64(&in);
	told.oldest = wire_get_u64(&in);
	told.newest = wire_get_u64(&in);
	return told;
}

struct page_told {
	uint64_t mark;
	uint32_t events;
};

static inline struct page_told page(const char *asked, bool is_public)
{
	struct peer *peer = desk_known(&desk);
	struct page_told told = {0};
	struct buf body = {0};
	struct wire_in in;

	wire_put_u64(&body, 5);
	wire_put_u64(&body, 0);
	wire_put_u64(&body, UINT64_MAX);
	wire_put_u32(&body, 1 << 20);
	wire_put_u8(&body, is_public);
	wire_put_u8(&body, (uint8_t)selector_kind(span_of(asked)));
	wire_put_str16(&body, span_of(asked));
	say(peer, WIRE_PAGE, &body);
	while (run_pages(&desk))
		;
	in = heard(peer, WIRE_PAGED);
	wire_get_u64(&in);
	wire_get_u64(&in);
	told.mark = wire_get_u64(&in);
	told.events = wire_get_u32(&in);
	return told;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

#endif
