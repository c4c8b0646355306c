/* SPDX-License-Identifier: MIT */
/* hub/sight, hub/shown: what is private tells nobody else that it is there */
#include <config.h>

#include "hub/log/shown.h"
#include "hub/peers/resume.h"
#include "lib/event/selector.h"
#include "lib/event/traits.h"
#include "tests/unit/hub_desk.h"

static struct desk desk;
static char secrets[] = "secret/{n}", teams[] = "team/{n}";
static char *hidden[] = {secrets, teams};

static void configure(struct room *room, size_t count)
{
	room->config.private_selectors = hidden;
	room->config.private_count = count;
}

static int setup(void **state)
{
	struct room *room;

	room_setup(state);
	room = *state;
	configure(room, 1);
	room_reopen(room);
	desk_open(&desk, room);
	return 0;
}

static int teardown(void **state)
{
	desk_close(&desk);
	return room_teardown(state);
}

/* The hub starts anew. */
static void reopen(struct room *room)
{
	desk_close(&desk);
	room_reopen(room);
	desk_open(&desk, room);
}

static struct channels *all(struct room *room)
{
	return &room->ledger.channels;
}

static struct channel *find(struct room *room, const char *name)
{
	return channel_find(all(room), span_of(name));
}

/* ---- publishing */

static uint64_t add_with(
	struct room *room, const char *channel, struct span traits)
{
	struct ledger *ledger = &room->ledger;

	assert_true(ledger_begin(ledger));
	return ledger_append(ledger,
		channel_get(&ledger->channels, span_of(channel)), span_of(""),
		traits, span_of("x"));
}

static uint64_t add_private(struct room *room, const char *channel)
{
	static const char marked[] = {(char)TRAIT_PRIVATE, 0, 0};

	return add_with(room, channel, span(marked, sizeof(marked)));
}

/* Its row on `channel`; the other one is private if its name is. */
static uint64_t add_also(
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

static void commit(struct room *room)
{
	ledger_commit(&room->ledger);
}

static void prune_to(struct room *room, uint64_t events)
{
	room->config.keep.events = events;
	retention_step(&room->ledger.retention);
	commit(room);
	room->config.keep.events = 0;
}

/* ---- asking, with selectors of what may be read, one space between two */

static void put_grant(struct buf *body, const char *grant)
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
static void take_answer(struct peer *peer, struct list *list, char after[32])
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

static struct list list(const char *grant)
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

static const struct line *line_of(const struct list *list, const char *name)
{
	for (uint32_t i = 0; i < list->count; i++)
		if (strcmp(list->lines[i].name, name) == 0)
			return &list->lines[i];
	return NULL;
}

static uint64_t events_of(const char *name, const char *grant)
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
static struct told judge(const char *asked, uint64_t after, const char *grant)
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

static struct page_told page(const char *asked, bool is_public)
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

/* ---- lists */

static void test_a_private_channel_is_listed_to_who_may_read_it(void **state)
{
	struct room *room = *state;

	room_publish(room, "chat", "x");
	room_publish(room, "secret/1", "x");
	assert_int_equal(list("").count, 1);
	assert_int_equal(list("secret/2").count, 1);
	assert_int_equal(list("secret/1").count, 2);
	assert_int_equal(list("*").count, 2);
}

static void test_private_events_are_in_nobodys_counts_but_their_readers(
	void **state)
{
	struct room *room = *state;
	uint64_t first, last;
	struct list found;

	add_private(room, "chat");
	first = add_with(room, "chat", span(NULL, 0));
	last = add_with(room, "chat", span(NULL, 0));
	add_also(room, "chat", "secret/1");
	commit(room);
	found = list("");
	assert_int_equal(found.count, 1);
	assert_int_equal(found.lines[0].events, 2);
	assert_int_equal(found.lines[0].oldest, first);
	assert_int_equal(found.lines[0].newest, last);
	assert_int_equal(events_of("chat", "secret/1"), 2);
	assert_int_equal(events_of("chat", "chat"), 4);
}

static void test_a_channel_with_private_events_alone_is_not_there_for_others(
	void **state)
{
	struct room *room = *state;
	struct counter *one = counts_join();

	add_private(room, "chat");
	commit(room);
	assert_int_equal(list("").count, 0);
	assert_int_equal(events_of("chat", "chat"), 1);
	counts_set(&desk.counts, one, span_of("chat"), 1);
	assert_int_equal(events_of("chat", ""), 0);
	counts_set(&desk.counts, one, span_of("chat"), 0);
	assert_int_equal(list("").count, 0);
	add_with(room, "chat", span(NULL, 0));
	commit(room);
	assert_int_equal(events_of("chat", ""), 1);
	counts_leave(&desk.counts, one);
}

static void publish_many_private(struct room *room, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		char name[32];

		snprintf(name, sizeof(name), "secret/%u", i);
		room_add(room, name, "x");
	}
	commit(room);
}

/* A clock that goes on by a microsecond with each look at it. */
static uint64_t hurry(void *arg)
{
	struct hand_clock *hands = arg;

	hand_clock_pass(hands, 1);
	return hands->mono_us;
}

static void test_who_sees_nothing_private_goes_through_nothing_private(
	void **state)
{
	struct room *room = *state;

	for (int i = 0; i < 10; i++)
		room_add(room, (const char[]){(char)('a' + i), '\0'}, "x");
	publish_many_private(room, 20000);
	room->clock.mono_us = hurry;
	assert_int_equal(list("").answers, 1);
	assert_int_equal(list("").count, 10);
}

static void test_who_has_a_grant_is_answered_in_pieces_that_end_in_time(
	void **state)
{
	struct room *room = *state;
	struct list found;

	room_add(room, "a", "x");
	publish_many_private(room, 2000);
	room->clock.mono_us = hurry;
	found = list("secret/7 secret/100{n}");
	assert_int_equal(found.count, 1 + 1 + 11);
	assert_true(found.answers >= 2000 / LISTING_ANSWER_US);
}

/* ---- verdicts */

static void test_a_gap_of_a_private_channel_is_told_to_its_readers(void **state)
{
	struct room *room = *state;
	uint64_t first = room_publish(room, "a", "x");

	room_publish(room, "secret/42", "x");
	room_publish(room, "a", "x");
	prune_to(room, 1);
	room_publish(room, "b", "x");
	assert_false(judge("secret/4{x}", first, "").gap);
	assert_false(judge("secret/5{x}", first, "").gap);
	assert_false(judge("secret/4{x}", first, "secret/5{x}").gap);
	assert_true(judge("secret/4{x}", first, "secret/{n}").gap);
	assert_true(judge("secret/4{x}", first, "secret/42").gap);
	assert_false(judge("*", first, "").gap);
	assert_true(judge("*", first - 1, "").gap);
	assert_true(judge("*", first, "*").gap);
}

static void test_a_gap_of_private_events_is_told_to_nobody_who_reads_none(
	void **state)
{
	struct room *room = *state;
	uint64_t first = add_with(room, "chat", span(NULL, 0)), held;
	struct told told;

	add_also(room, "chat", "secret/1");
	held = add_with(room, "chat", span(NULL, 0));
	add_private(room, "chat");
	commit(room);
	prune_to(room, 2);
	assert_false(judge("chat", first, "").gap);
	assert_false(judge("c{x}", first, "").gap);
	told = judge("chat", first - 1, "");
	assert_true(told.gap);
	assert_int_equal(told.used, held - 1);
	assert_int_equal(told.oldest, held);
	assert_int_equal(told.newest, held);
	told = judge("chat", first, "chat");
	assert_true(told.gap);
	assert_int_equal(told.newest, held + 1);
	/* Nobody remembers whose it was: better a gap too many. */
	told = judge("chat", first, "secret/{n}");
	assert_true(told.gap);
	assert_int_equal(told.newest, held);
}

/* ---- pages */

static void test_a_page_for_everybody_is_without_what_is_private(void **state)
{
	struct room *room = *state;

	add_with(room, "chat", span(NULL, 0));
	add_private(room, "chat");
	add_also(room, "chat", "secret/1");
	add_with(room, "secret/1", span(NULL, 0));
	commit(room);
	assert_int_equal(page("chat", true).events, 1);
	assert_int_equal(page("chat", false).events, 3);
	assert_int_equal(page("*", true).events, 1);
	assert_int_equal(page("*", false).events, 4);
	assert_int_equal(page("secret/{n}", true).events, 0);
	prune_to(room, 2);
	assert_true(page("chat", true).mark < page("chat", false).mark);
	assert_true(page("c{x}", true).mark < page("c{x}", false).mark);
}

static void test_a_page_with_nothing_for_everybody_ends_in_time(void **state)
{
	struct room *room = *state;

	for (int i = 0; i < 10000; i++)
		add_private(room, "chat");
	commit(room);
	room->clock.mono_us = hurry;
	assert_int_equal(page("chat", true).events, 0);
	assert_true(room->hands.mono_us < 1000000 + 2 * 10000000ull);
}

/* ---- labels */

/* Is the label a cursor for who asks? */
static bool knows(const char *label, const char *grant)
{
	struct peer *peer = desk_known(&desk);
	struct buf body = {0};
	struct wire_in in;

	wire_put_u64(&body, 5);
	wire_put_u8(&body, WIRE_LABEL);
	wire_put_u64(&body, 0);
	wire_put_u64(&body, UINT64_MAX);
	wire_put_str16(&body, span_of(label));
	wire_put_u16(&body, 1);
	wire_put_u8(&body, SELECTOR_EXACT);
	wire_put_str16(&body, span_of("chat"));
	wire_put_u16(&body, 0);
	put_grant(&body, grant);
	say(peer, WIRE_JUDGE, &body);
	while (run_pages(&desk))
		;
	in = heard(peer, WIRE_JUDGED);
	wire_get_u64(&in);
	return wire_get_u8(&in) == 0;
}

static void label(
	struct room *room, const char *text, const char *channel, bool hide)
{
	struct buf traits = {0};
	uint64_t id;

	trait_add(&traits, TRAIT_LABEL, span_of(text));
	if (hide)
		trait_add(&traits, TRAIT_PRIVATE, span(NULL, 0));
	id = add_with(room, channel, buf_span(&traits));
	labels_add(&room->ledger.log.labels, buf_span(&traits), id);
	commit(room);
	buf_release(&traits);
}

static void test_the_label_of_a_private_event_is_known_to_its_readers(
	void **state)
{
	struct room *room = *state;

	label(room, "open", "chat", false);
	label(room, "marked", "chat", true);
	label(room, "order 7", "secret/1", false);
	assert_true(knows("open", ""));
	assert_false(knows("nothing", ""));
	assert_false(knows("marked", ""));
	assert_false(knows("order 7", ""));
	assert_true(knows("marked", "chat"));
	assert_true(knows("order 7", "secret/1"));
	assert_false(knows("order 7", "secret/2"));
}

/* ---- what is kept of it */

/* What it says, and what is found by looking at every event, are the same. */
static void check(struct room *room, const char *name)
{
	struct channel *channel = find(room, name);
	struct shown before;

	if (channel == NULL || channel->shown == NULL)
		return;
	before = *channel->shown;
	before.oldest = shown_oldest(all(room), channel);
	shown_recount(all(room), channel);
	assert_int_equal(before.events, channel->shown->events);
	assert_int_equal(before.bytes, channel->shown->bytes);
	assert_int_equal(before.oldest, shown_oldest(all(room), channel));
	if (before.events > 0)
		assert_int_equal(before.newest, channel->shown->newest);
	*channel->shown = before;
}

static void publish_any(struct room *room, unsigned *seed)
{
	static const char *const names[] = {"a", "b", "secret/1", "team/1"};
	const char *name = names[(unsigned)rand_r(seed) % COUNT(names)];

	switch (rand_r(seed) % 4) {
	case 0:
		add_private(room, name);
		break;
	case 1:
		add_also(room, name, "secret/2");
		break;
	case 2:
		add_also(room, name, "team/2");
		break;
	default:
		add_with(room, name, span(NULL, 0));
	}
}

static void test_counts_are_right_whatever_happens(void **state)
{
	struct room *room = *state;
	unsigned seed = 7;

	for (int round = 0; round < 400; round++) {
		for (int i = rand_r(&seed) % 8; i >= 0; i--)
			publish_any(room, &seed);
		if (rand_r(&seed) % 6 == 0)
			room_roll_back(room);
		else
			commit(room);
		if (rand_r(&seed) % 6 == 0)
			prune_to(room, 1 + (uint64_t)rand_r(&seed) % 40);
		if (rand_r(&seed) % 20 == 0)
			configure(room, (size_t)rand_r(&seed) % 3);
		if (rand_r(&seed) % 10 == 0)
			reopen(room);
		check(room, "a");
		check(room, "b");
		check(room, "team/1");
	}
}

static void test_what_becomes_private_is_not_counted_after_the_next_start(
	void **state)
{
	struct room *room = *state;

	add_also(room, "chat", "team/1");
	room_publish(room, "chat", "x");
	room_publish(room, "team/1", "x");
	assert_int_equal(events_of("chat", ""), 2);
	assert_int_equal(events_of("team/1", ""), 1);
	configure(room, 2);
	reopen(room);
	assert_int_equal(events_of("chat", ""), 1);
	assert_int_equal(list("").count, 1);
	assert_int_equal(events_of("chat", "chat"), 2);
	configure(room, 0);
	reopen(room);
	assert_int_equal(events_of("chat", ""), 2);
	assert_int_equal(list("").count, 2);
}

static void test_a_damaged_row_is_counted_anew(void **state)
{
	struct room *room = *state;

	add_private(room, "chat");
	room_publish(room, "chat", "x");
	commit(room);
	assert_true(store_begin(&room->ledger.store));
	assert_int_equal(db_run(&room->ledger.store.db,
				 "UPDATE shown SET events = 2, bytes = 130"),
		DB_DONE);
	commit(room);
	reopen(room);
	assert_int_equal(events_of("chat", ""), 1);
}

static void test_a_channel_that_was_dropped_and_comes_back_says_no_more(
	void **state)
{
	struct room *room = *state;
	uint64_t first = room_publish(room, "x", "x");

	add_private(room, "chat");
	commit(room);
	prune_to(room, 1); /* all but ... */
	room_publish(room, "x", "x");
	prune_to(room, 1);
	room->ledger.channels.most = 1;
	for (int i = 0; i < 3; i++) {
		ledger_tend(&room->ledger);
		commit(room);
	}
	assert_null(find(room, "chat"));
	configure(room, 1);
	assert_false(judge("chat", first, "").gap);
	assert_true(judge("chat", first, "chat").gap);
	room_publish(room, "chat", "x");
	assert_false(judge("chat", first, "").gap);
	assert_true(judge("chat", first, "chat").gap);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_a_private_channel_is_listed_to_who_may_read_it),
		TEST(test_private_events_are_in_nobodys_counts_but_their_readers),
		TEST(test_a_channel_with_private_events_alone_is_not_there_for_others),
		TEST(test_who_sees_nothing_private_goes_through_nothing_private),
		TEST(test_who_has_a_grant_is_answered_in_pieces_that_end_in_time),
		TEST(test_a_gap_of_a_private_channel_is_told_to_its_readers),
		TEST(test_a_gap_of_private_events_is_told_to_nobody_who_reads_none),
		TEST(test_a_page_for_everybody_is_without_what_is_private),
		TEST(test_a_page_with_nothing_for_everybody_ends_in_time),
		TEST(test_the_label_of_a_private_event_is_known_to_its_readers),
		TEST(test_counts_are_right_whatever_happens),
		TEST(test_what_becomes_private_is_not_counted_after_the_next_start),
		TEST(test_a_damaged_row_is_counted_anew),
		TEST(test_a_channel_that_was_dropped_and_comes_back_says_no_more),
	};

	return cmocka_run_group_tests_name("sight", tests, NULL, NULL);
}
