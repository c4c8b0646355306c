/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "fcgi/guard/lease.h"

#include <assert.h>
#include <stdlib.h>

#include "lib/buf.h"

enum { SECOND_MS = 1000 };

struct leases {
	struct timers *timers;
	struct timer tick;
	void (*end)(void *arg, struct lease *lease);
	void *arg;
	size_t count;
	uint64_t seen;	    /* the second that was looked at last */
	struct node *slots; /* NULL until the first lease */
};

static uint64_t date_ms(const struct leases *leases)
{
	return clock_date_ms(leases->timers->clock);
}

static struct node *slot_of(const struct leases *leases, uint64_t second)
{
	return &leases->slots[second % LEASE_SLOTS];
}

static void wait_for_next_second(struct leases *leases)
{
	uint64_t wait = SECOND_MS - date_ms(leases) % SECOND_MS;

	timer_set(leases->timers, &leases->tick, wait * 1000, 0);
}

/* It may have been put back. */
static void look_at_clock(struct leases *leases, uint64_t now)
{
	if (leases->seen > now)
		leases->seen = now;
}

/* Of those in the slot some may end rounds later.  Who is told may take others
 * out, so each begins anew with what is left. */
static void end_slot(struct leases *leases, uint64_t second, uint64_t now)
{
	struct node *slot = slot_of(leases, second);
	struct node left;

	list_init(&left);
	while (!list_empty(slot)) {
		struct lease *lease =
			list_entry(slot->next, struct lease, node);

		list_remove(&lease->node);
		if (lease->second > now) {
			list_append(&left, &lease->node);
			continue;
		}
		leases->count--;
		leases->end(leases->arg, lease);
	}
	list_move(slot, &left);
}

static void on_tick(void *arg)
{
	struct leases *leases = arg;
	uint64_t now = date_ms(leases) / SECOND_MS;

	look_at_clock(leases, now);
	/* It was put forward, by more than a round. */
	if (now - leases->seen > LEASE_SLOTS)
		leases->seen = now - LEASE_SLOTS;
	while (leases->seen < now) {
		leases->seen++;
		end_slot(leases, leases->seen, now);
	}
	if (leases->count > 0)
		wait_for_next_second(leases);
}

struct leases *leases_new(struct timers *timers,
	void (*end)(void *arg, struct lease *lease), void *arg)
{
	struct leases *leases = mem_new(sizeof(*leases));

	leases->timers = timers;
	leases->end = end;
	leases->arg = arg;
	timer_init(&leases->tick, on_tick, leases);
	return leases;
}

void leases_free(struct leases *leases)
{
	if (leases == NULL)
		return;
	assert(leases->count == 0);
	timer_stop(leases->timers, &leases->tick);
	free(leases->slots);
	free(leases);
}

static void begin(struct leases *leases)
{
	if (leases->slots == NULL) {
		leases->slots = mem_new(LEASE_SLOTS * sizeof(*leases->slots));
		for (size_t i = 0; i < LEASE_SLOTS; i++)
			list_init(&leases->slots[i]);
	}
	leases->seen = date_ms(leases) / SECOND_MS;
	wait_for_next_second(leases);
}

void leases_add(struct leases *leases, struct lease *lease)
{
	if (leases->count++ == 0)
		begin(leases);
	look_at_clock(leases, date_ms(leases) / SECOND_MS);
	if (lease->second <= leases->seen)
		lease->second = leases->seen + 1;
	list_init(&lease->node);
	list_append(slot_of(leases, lease->second), &lease->node);
}

void leases_remove(struct leases *leases, struct lease *lease)
{
	if (list_empty(&lease->node))
		return;
	list_remove(&lease->node);
	if (--leases->count == 0)
		timer_stop(leases->timers, &leases->tick);
}

size_t leases_count(const struct leases *leases)
{
	return leases->count;
}
