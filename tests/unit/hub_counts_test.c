/* SPDX-License-Identifier: MIT */
/* hub/counts, hub/listing: names, who listens, and what a page of them costs */
#include <config.h>

#include <sys/socket.h>

#include "hub/peers/counts.h"
#include "hub/peers/listing.h"
#include "lib/clock.h"
#include "tests/unit/hub_room.h"

static uint64_t heard(const struct counts *counts, const char *name)
{
	const struct counted *counted = counts_find(counts, span_of(name));

	return counted == NULL ? 0 : counted->subscribers;
}

static bool is_listed(const struct counts *counts, const char *name)
{
	return counts_find(counts, span_of(name)) != NULL;
}

static void open_counts(struct counts *counts, struct ledger *ledger)
{
	struct party party = counts_party(counts);

	counts_open(counts, &ledger->channels, ledger->log.identity);
	ledger_join(ledger, &party);
}

static void test_a_name_is_listened_to_by_all_together(void **state)
{
	struct room *room = *state;
	struct counts counts = {0};
	struct counter *one = counts_join(), *two = counts_join();

	open_counts(&counts, &room->ledger);
	counts_set(&counts, one, span_of("a"), 3);
	counts_set(&counts, two, span_of("a"), UINT32_MAX);
	counts_set(&counts, two, span_of("b"), 1);
	assert_true(heard(&counts, "a") == 3ull + UINT32_MAX);
	counts_set(&counts, two, span_of("a"), 4);
	assert_int_equal(heard(&counts, "a"), 7);
	counts_set(&counts, one, span_of("a"), 0);
	counts_set(&counts, one, span_of("never"), 0);
	assert_int_equal(heard(&counts, "a"), 4);
	counts_leave(&counts, two);
	assert_false(is_listed(&counts, "a"));
	assert_int_equal(counts.names.count, 0);
	counts_leave(&counts, one);
	counts_close(&counts);
}

static void test_many_names_of_one_who_left_go_step_by_step(void **state)
{
	struct room *room = *state;
	struct counts counts = {0};
	struct counter *one = counts_join();

	open_counts(&counts, &room->ledger);
	for (int i = 0; i < 5 * COUNTS_STEP; i++) {
		char name[16];

		snprintf(name, sizeof(name), "%d", i);
		counts_set(&counts, one, span_of(name), 1);
	}
	counts_leave(&counts, one);
	assert_int_equal(counts.names.count, 4 * COUNTS_STEP);
	while (counts_step(&counts))
		;
	assert_int_equal(counts.names.count, 0);
	counts_close(&counts);
}

static void test_what_is_stored_is_listed_once_it_is_committed(void **state)
{
	struct room *room = *state;
	struct counts counts = {0};

	room_publish(room, "before", "x");
	open_counts(&counts, &room->ledger);
	assert_true(is_listed(&counts, "before"));
	room_add(room, "a", "x");
	assert_false(is_listed(&counts, "a"));
	room_roll_back(room);
	assert_false(is_listed(&counts, "a"));
	room_publish(room, "a", "x");
	assert_true(is_listed(&counts, "a"));
	room->config.keep.events = 1;
	room_publish(room, "b", "x");
	retention_step(&room->ledger.retention);
	ledger_commit(&room->ledger);
	assert_false(is_listed(&counts, "a"));
	assert_false(is_listed(&counts, "before"));
	assert_true(is_listed(&counts, "b"));
	counts_close(&counts);
}

/* Its row cannot be read again after a COMMIT that failed. */
static void test_a_channel_whose_row_is_lost_is_listed_without_events(
	void **state)
{
	struct room *room = *state;
	struct counts counts = {0};

	open_counts(&counts, &room->ledger);
	room_publish(room, "a", "x");
	assert_non_null(counts_find(&counts, span_of("a"))->channel);
	assert_true(store_begin(&room->ledger.store));
	assert_int_equal(
		db_run(&room->ledger.store.db, "DELETE FROM channel"), DB_DONE);
	ledger_commit(&room->ledger);
	room_add(room, "a", "y");
	room_roll_back(room);
	assert_null(counts_find(&counts, span_of("a"))->channel);
	room_publish(room, "a", "z");
	assert_non_null(counts_find(&counts, span_of("a"))->channel);
	counts_close(&counts);
}

/* ---- what it costs */

static void on_frame(void *owner, uint8_t type, struct span body)
{
	(void)owner;
	(void)type;
	(void)body;
}

static void on_gone(void *of, const char *why)
{
	struct peer *peer = of;

	(void)why;
	peer->closed = true;
	listing_forget(peer);
}

static void ask(const struct counts *counts, struct peer *peer,
	struct span after, uint16_t limit)
{
	struct buf body = {0};
	struct wire_in in;

	wire_put_u64(&body, 1);
	wire_put_str16(&body, after);
	wire_put_u16(&body, limit);
	wire_put_str16(&body, span(NULL, 0));
	wire_put_u32(&body, 0); /* no grant */
	in = wire_in(buf_span(&body));
	assert_true(listing_ask(counts, peer, &in));
	buf_release(&body);
}

enum { ASKED = 201 };

static int compare(const void *one, const void *other)
{
	const uint64_t *a = one, *b = other;

	return (*a > *b) - (*a < *b);
}

/* Lines of the answer that waits for the peer, which is taken away. */
static uint32_t lines(struct peer *peer)
{
	struct link *link = &peer->link;
	struct wire_in in = wire_in(span(link->out.at + WIRE_HEAD + 1,
		link_pending(link) - WIRE_HEAD - 1));
	uint32_t count;

	wire_get_u64(&in);
	wire_get_u8(&in);
	count = wire_get_u32(&in);
	link_cut(link, 0);
	return count;
}

/* As if the log had just been opened. */
static void forget_oldest(const struct channels *channels)
{
	for (struct channel *at = channels_first(channels); at != NULL;
		at = channels_next(channels, at))
		at->oldest = 0;
}

/* What an answer costs to one who asks for all it can get: the median of some,
 * each of which begins somewhere else. */
static void measure(
	struct counts *counts, struct peers *peers, const char *what)
{
	uint64_t took[ASKED], told[ASKED];

	for (int i = 0; i < ASKED; i++) {
		uint64_t began;
		char name[16];

		snprintf(name, sizeof(name), "%d", i);
		ask(counts, peers->first, span_of(name), UINT16_MAX);
		began = clock_mono_us();
		assert_false(listing_run(counts, peers));
		took[i] = clock_mono_us() - began;
		told[i] = lines(peers->first);
	}
	qsort(took, ASKED, sizeof(took[0]), compare);
	qsort(told, ASKED, sizeof(told[0]), compare);
	printf("%zu names, %s: %d us, %d lines\n", counts->names.count, what,
		(int)took[ASKED / 2], (int)told[ASKED / 2]);
	/* It is to be 100; a machine that is busy with others is forgiven. */
	assert_true(took[ASKED / 2] < 500);
	assert_in_range(told[ASKED / 2], 1, LISTING_LINES_MAX);
}

static void add_names(struct room *room, struct counts *counts,
	struct counter *counter, int count, bool stored)
{
	for (int made = (int)counts->names.count; made < count; made++) {
		char name[32];

		snprintf(name, sizeof(name), "channel/of/%d", made);
		counts_set(counts, counter, span_of(name), 1);
		if (stored)
			room_add(room, name, "x");
		if (stored && made % 1000 == 999)
			ledger_commit(&room->ledger);
	}
}

static void measure_growing(struct room *room, struct peers *peers, bool stored)
{
	/* With TIDINGS_FULL also a million: that takes ten seconds. */
	static const int sizes[] = {1000, 100000, 1000000};
	size_t count = COUNT(sizes) - (getenv("TIDINGS_FULL") == NULL);
	struct counts counts = {0};
	struct counter *one = counts_join();

	open_counts(&counts, &room->ledger);
	for (size_t i = 0; i < count; i++) {
		add_names(room, &counts, one, sizes[i], stored);
		measure(&counts, peers, stored ? "held" : "listened to");
		if (!stored)
			continue;
		forget_oldest(&room->ledger.channels);
		measure(&counts, peers, "oldest ids not known");
	}
	counts_leave(&counts, one);
	counts_close(&counts);
}

static void measure_growing_with(struct room *room, bool stored)
{
	struct peers peers = {.frame = on_frame, .gone = on_gone};
	struct peer peer = {.peers = &peers, .listings_end = &peer.listings};
	int ends[2];

	assert_int_equal(
		socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
	room->clock = clock_system;
	peers.loop = loop_new(&clock_system);
	peers.first = &peer;
	peer.link.owner = &peer;
	peer.link.frame = on_frame;
	peer.link.closed = on_gone;
	link_open(&peer.link, peers.loop, ends[0]);
	measure_growing(room, &peers, stored);
	link_close(&peer.link, NULL);
	close(ends[1]);
	loop_free(peers.loop);
}

static void test_an_answer_costs_the_same_however_many_names_there_are(
	void **state)
{
	measure_growing_with(*state, false);
}

static void test_an_answer_costs_the_same_however_many_channels_hold_events(
	void **state)
{
	measure_growing_with(*state, true);
}

int main(void)
{
#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, room_setup, room_teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_a_name_is_listened_to_by_all_together),
		TEST(test_many_names_of_one_who_left_go_step_by_step),
		TEST(test_what_is_stored_is_listed_once_it_is_committed),
		TEST(test_a_channel_whose_row_is_lost_is_listed_without_events),
		TEST(test_an_answer_costs_the_same_however_many_names_there_are),
		TEST(test_an_answer_costs_the_same_however_many_channels_hold_events),
	};

	return cmocka_run_group_tests_name("counts", tests, NULL, NULL);
}
