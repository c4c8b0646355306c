/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_TESTS_UNIT_HUB_TOGETHER_ROOM_H
#define TIDINGS_TESTS_UNIT_HUB_TOGETHER_ROOM_H
/*
 * hub_together_room - hub/together above a wing that says what the test wants
 *
 * The wing keeps what it is asked; the ledger is hub_room.h's.
 */
#include "hub/log/entry.h"
#include "hub/log/orphan.h"
#include "hub/shared/shared.h"
#include "hub/together/together.h"
#include "tests/unit/hub_room.h"

/* ---- a wing that says what the test wants */

enum { ASKED = 160 };

static struct wing {
	struct shared_notify notify;
	struct {
		void *whose;
		uint64_t orphan;
	} asked[ASKED];
	size_t count, waiting;
	unsigned follows, pauses;
	uint64_t from, blind;
	const struct shared_founding *founding;
} wing;

struct shared *shared_open(struct loop *loop,
	const struct shared_options *options,
	const struct shared_notify *notify, const char **fault)
{
	(void)loop;
	(void)options;
	(void)fault;
	wing = (struct wing){.notify = *notify};
	return (struct shared *)(void *)&wing;
}

void shared_close(struct shared *shared)
{
	(void)shared;
}

void shared_append(struct shared *shared,
	const struct shared_proposal *proposal, void *whose)
{
	(void)shared;
	assert_true(wing.count < ASKED);
	wing.asked[wing.count].whose = whose;
	wing.asked[wing.count++].orphan = proposal->orphan;
	wing.waiting++;
}

size_t shared_waiting(const struct shared *shared)
{
	(void)shared;
	return wing.waiting;
}

void shared_follow(struct shared *shared, uint64_t from,
	const uint8_t origin[SHARED_ID], const struct shared_hole *known,
	size_t count)
{
	(void)shared;
	(void)origin;
	(void)known;
	(void)count;
	wing.follows++;
	wing.from = from;
}

void shared_pause(struct shared *shared)
{
	(void)shared;
	wing.pauses++;
}

uint64_t shared_look(struct shared *shared)
{
	(void)shared;
	return 1;
}

void shared_ask_cursor(struct shared *shared, struct span name,
	const uint8_t identity[SHARED_ID], void *whose)
{
	(void)shared;
	(void)name;
	(void)identity;
	(void)whose;
}

void shared_count(struct shared *shared, struct span name, uint32_t number)
{
	(void)shared;
	(void)name;
	(void)number;
}

enum shared_there shared_there(
	const struct shared *shared, const uint8_t origin[SHARED_ID])
{
	(void)shared;
	(void)origin;
	return SHARED_THERE;
}

void shared_blind(struct shared *shared, uint64_t id)
{
	(void)shared;
	wing.blind = id;
}

uint64_t shared_blindest(const struct shared *shared)
{
	(void)shared;
	return wing.blind;
}

bool shared_identity(const struct shared *shared, uint8_t identity[SHARED_ID],
	uint8_t secret[SHARED_SECRET])
{
	(void)shared;
	(void)identity;
	(void)secret;
	return false;
}

void shared_found(struct shared *shared, const struct shared_founding *founding)
{
	(void)shared;
	wing.founding = founding;
}

/* ---- a ledger that has it */

static char server[] = "unix:/nowhere";
static char *servers[] = {server};
static struct together *together;
static unsigned renewals, states, moves;
static uint64_t now_ms;

static inline void on_renewed(void *arg)
{
	(void)arg;
	renewals++;
}

static inline void on_state(void *arg)
{
	(void)arg;
	states++;
}

static inline void on_moved(void *arg, struct span name,
	const uint8_t identity[ORIGIN_INBOX], uint64_t cursor)
{
	(void)arg;
	(void)name;
	(void)identity;
	(void)cursor;
	moves++;
}

static inline void is_here(struct room *room, uint64_t last, uint64_t heard_us)
{
	const struct shared_state state = {
		.where = SHARED_HERE, .last = last, .heard_us = heard_us};

	(void)room;
	wing.notify.state(wing.notify.arg, &state);
}

static inline int setup(void **state)
{
	static const struct together_sink sink = {
		.renewed = on_renewed, .state = on_state, .moved = on_moved};
	struct room *room;

	room_setup(state);
	room = *state;
	room->config.shared.redis = servers;
	room->config.shared.redis_count = 1;
	room->config.shared.give_up_ms = 5000;
	room_reopen(room);
	renewals = states = moves = 0;
	now_ms = room->hands.wall_us / 1000;
	together = together_open(NULL, &room->ledger, &sink);
	together_step(together);
	is_here(room, 0, 0);
	together_step(together);
	together_tend(together);
	return 0;
}

static inline int teardown(void **state)
{
	struct room *room = *state;
	char origin[128];

	together_close(together);
	snprintf(origin, sizeof(origin), "%s.origin", room->path);
	unlink(origin);
	return room_teardown(state);
}

static inline bool propose(struct room *room, uint64_t number, struct ack *ack)
{
	struct proposed item = {.data = span_of("x")};
	const struct proposal proposal = {
		.channel = span_of("a"), .items = &item, .count = 1};

	*ack = (struct ack){.peer = room, .number = number};
	return order_propose(&room->ledger, &proposal, ack);
}

static inline void must_wait(struct room *room, uint64_t number)
{
	struct ack ack;

	assert_false(propose(room, number, &ack));
}

static inline void answer(size_t at, enum shared_outcome outcome, uint64_t id)
{
	const struct shared_answer answer = {.whose = wing.asked[at].whose,
		.outcome = outcome,
		.first = id,
		.last = id,
		.entry = outcome == SHARED_STORED ? id : 0};

	wing.waiting--;
	wing.notify.answered(wing.notify.arg, &answer);
}

/* One row on channel "a". */
static inline struct shared_entry entry_at(uint64_t id)
{
	static const struct shared_item item = {.data = {"x", 1}};

	return (struct shared_entry){
		.id = id,
		.at = now_ms,
		.rows = 1,
		.what = {.channel = span_of("a"),
			.items = &item,
			.count = 1,
			.rows = 1},
	};
}

static inline void come(const struct shared_entry *entry)
{
	wing.notify.entry(wing.notify.arg, entry);
}

static inline void follow(uint64_t id, uint64_t orphan)
{
	struct shared_entry entry = entry_at(id);

	entry.what.orphan = orphan;
	come(&entry);
}

static inline size_t told(const struct room *room)
{
	return room->acks.len / sizeof(struct ack);
}

static inline const struct ack *ack_at(const struct room *room, size_t at)
{
	return (const struct ack *)(const void *)room->acks.at + at;
}

static inline uint64_t base(const struct room *room)
{
	return room->ledger.log.newest + 1000;
}

#define IN_ROOM(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

#endif
