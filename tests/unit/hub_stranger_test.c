/* SPDX-License-Identifier: MIT */
/* hub/sight: two hubs, of which one has private events where the other has some
 * on a channel that nobody asks for, tell a stranger the same */
#include <config.h>

#include "tests/unit/hub_sight_room.h"

enum { ROUNDS = 25, IDS = 1024 };

struct world {
	struct room *room;
	bool has_private, drops; /* ... channels, beyond that many */
	unsigned seed;
	uint64_t ids[IDS]; /* of all events, in order */
	size_t count;
	struct buf told; /* what a stranger was, in a text */
};

static unsigned throw_die(struct world *world, unsigned sides)
{
	return (unsigned)rand_r(&world->seed) % sides;
}

/* How many events there were up to that id: the same in both worlds. */
static unsigned long place_of(const struct world *world, uint64_t id)
{
	unsigned long place = 0;

	while (place < world->count && world->ids[place] <= id)
		place++;
	return place;
}

/* ---- what happens */

static uint64_t add_hidden(struct world *world, const char *name, unsigned how)
{
	if (!world->has_private)
		return room_add(world->room, "filler", "x");
	switch (how) {
	case 0:
		return add_private(world->room, name);
	case 1:
		return add_also(world->room, name, "secret/2");
	default:
		return room_add(
			world->room, how == 2 ? "secret/1" : "secret/3", "x");
	}
}

static void add_any(struct world *world)
{
	static const char *const names[] = {"chat", "chit", "news"};
	const char *name = names[throw_die(world, COUNT(names))];
	unsigned how = throw_die(world, 7);
	uint64_t id = how < 4 ? add_hidden(world, name, how)
			      : room_add(world->room, name, "x");

	assert_true(world->count < IDS);
	world->ids[world->count++] = id;
}

static void happen(struct world *world)
{
	struct room *room = world->room;
	size_t before = world->count;

	for (unsigned i = throw_die(world, 6); i > 0; i--)
		add_any(world);
	if (throw_die(world, 8) == 0) {
		room_roll_back(room);
		world->count = before;
	} else {
		commit(room);
	}
	if (throw_die(world, 3) == 0)
		prune_to(room, 1 + throw_die(world, 12));
	all(room)->most = world->drops && throw_die(world, 6) == 0 ? 1 : 1000;
	ledger_tend(&room->ledger);
	commit(room);
	if (throw_die(world, 8) == 0)
		reopen(room);
}

/* ---- what a stranger is told */

static int by_name(const void *a, const void *b)
{
	return strcmp(
		((const struct line *)a)->name, ((const struct line *)b)->name);
}

static void ask_list(struct world *world)
{
	struct list found = list("");

	qsort(found.lines, found.count, sizeof(found.lines[0]), by_name);
	for (uint32_t i = 0; i < found.count; i++) {
		const struct line *line = &found.lines[i];

		if (strcmp(line->name, "filler") != 0)
			buf_printf(&world->told, "%s: %lu %lu-%lu\n",
				line->name, (unsigned long)line->events,
				place_of(world, line->oldest),
				place_of(world, line->newest));
	}
}

static void ask_about(struct world *world, const char *asked)
{
	unsigned die = throw_die(world, 1024);
	uint64_t after = world->count == 0 ? 0 : world->ids[die % world->count];
	struct told told = judge(asked, after, "");
	struct page_told sheet = page(asked, true);
	bool is_pattern = strchr(asked, '{') != NULL;

	buf_printf(&world->told, "%s after %lu: %d %lu %lu-%lu, %lu %u\n",
		asked, place_of(world, after), told.gap,
		place_of(world, told.used), place_of(world, told.oldest),
		place_of(world, told.newest),
		is_pattern ? 0 : place_of(world, sheet.mark), sheet.events);
}

static void live(struct world *world)
{
	static const char *const asked[] = {
		"chat", "chit", "news", "secret/1", "secret/2", "ch{x}"};
	/* What was dropped counts for each pattern. */
	unsigned choices = COUNT(asked) - world->drops;

	for (int i = 0; i < ROUNDS; i++) {
		happen(world);
		buf_printf(&world->told, "round %d\n", i);
		ask_list(world);
		for (int j = 0; j < 3; j++)
			ask_about(world, asked[throw_die(world, choices)]);
	}
	buf_add_char(&world->told, '\0');
}

static void live_one(struct world *world, unsigned seed, bool drops)
{
	void *state;

	world->seed = seed;
	world->drops = drops;
	setup(&state);
	world->room = state;
	live(world);
	teardown(&state);
}

static void assert_same(unsigned seed, bool drops)
{
	static struct world one, other;

	one = (struct world){.has_private = true};
	other = (struct world){0};
	live_one(&one, seed, drops);
	live_one(&other, seed, drops);
	assert_string_equal(one.told.at, other.told.at);
	buf_release(&one.told);
	buf_release(&other.told);
}

static void test_a_stranger_is_told_the_same_whatever_is_private(void **state)
{
	(void)state;
	assert_same(1, false);
}

static void test_he_is_when_channels_have_been_dropped(void **state)
{
	(void)state;
	assert_same(7, true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			test_a_stranger_is_told_the_same_whatever_is_private),
		cmocka_unit_test(test_he_is_when_channels_have_been_dropped),
	};

	return cmocka_run_group_tests_name("stranger", tests, NULL, NULL);
}
