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

static void ask(struct peer *peer, struct span after, uint16_t limit)
{
	struct buf body = {0};
	struct wire_in in;

	wire_put_u64(&body, 1);
	wire_put_str8(&body, after);
	wire_put_u16(&body, limit);
	wire_put_str8(&body, span(NULL, 0));
	in = wire_in(buf_span(&body));
	assert_true(listing_ask(peer, &in));
	buf_release(&body);
}

enum { ASKED = 201 };

static int compare(const void *one, const void *other)
{
	const uint64_t *a = one, *b = other;

	return (*a > *b) - (*a < *b);
}

/* Microseconds for an answer of `limit` lines, the median of some; each begins
 * somewhere else. */
static unsigned cost(struct counts *counts, struct peers *peers, uint16_t limit)
{
	uint64_t took[ASKED];

	for (int i = 0; i < ASKED; i++) {
		uint64_t began;
		char name[16];

		snprintf(name, sizeof(name), "%d", i);
		ask(peers->first, span_of(name), limit);
		began = clock_mono_us();
		assert_false(listing_run(counts, peers));
		took[i] = clock_mono_us() - began;
		link_cut(&peers->first->link, 0);
	}
	qsort(took, ASKED, sizeof(took[0]), compare);
	return (unsigned)took[ASKED / 2];
}

static void test_an_answer_costs_the_same_however_many_names_there_are(
	void **state)
{
	/* With TIDINGS_FULL also a million: that takes a second. */
	static const int sizes[] = {1000, 100000, 1000000};
	size_t count = COUNT(sizes) - (getenv("TIDINGS_FULL") == NULL);
	struct room *room = *state;
	struct counts counts = {0};
	struct counter *one = counts_join();
	struct peers peers = {.frame = on_frame, .gone = on_gone};
	struct peer peer = {.peers = &peers, .listings_end = &peer.listings};
	int ends[2], made = 0;

	assert_int_equal(
		socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
	peers.loop = loop_new(&clock_system);
	peers.first = &peer;
	peer.link.owner = &peer;
	peer.link.frame = on_frame;
	peer.link.closed = on_gone;
	link_open(&peer.link, peers.loop, ends[0]);
	open_counts(&counts, &room->ledger);
	for (size_t i = 0; i < count; i++) {
		unsigned hundred, thousand;

		for (; made < sizes[i]; made++) {
			char name[32];

			snprintf(name, sizeof(name), "channel/of/%d", made);
			counts_set(&counts, one, span_of(name), 1);
		}
		hundred = cost(&counts, &peers, 100);
		thousand = cost(&counts, &peers, 1000);
		printf("%d names: 100 of them %u us, 1000 of them %u us\n",
			made, hundred, thousand);
		assert_true(hundred < 1000 && thousand < 5000);
	}
	link_close(&peer.link, NULL);
	close(ends[1]);
	loop_free(peers.loop);
	counts_leave(&counts, one);
	counts_close(&counts);
}

int main(void)
{
#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, room_setup, room_teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_a_name_is_listened_to_by_all_together),
		TEST(test_many_names_of_one_who_left_go_step_by_step),
		TEST(test_what_is_stored_is_listed_once_it_is_committed),
		TEST(test_an_answer_costs_the_same_however_many_names_there_are),
	};

	return cmocka_run_group_tests_name("counts", tests, NULL, NULL);
}
