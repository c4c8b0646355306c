/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "lib/timer.h"

void timer_init(struct timer *timer, void (*ring)(void *arg), void *arg)
{
	*timer = (struct timer){.ring = ring, .arg = arg};
}

static void set(struct timers *timers, struct timer *timer, uint64_t due)
{
	timer->round = timers->round;
	if (timer_is_set(timer))
		heap_move(&timers->heap, &timer->due, due);
	else
		heap_add(&timers->heap, &timer->due, due);
}

void timer_set(
	struct timers *timers, struct timer *timer, uint64_t us, uint64_t every)
{
	timer->every = every;
	set(timers, timer, clock_now_us(timers->clock) + us);
}

void timer_stop(struct timers *timers, struct timer *timer)
{
	heap_remove(&timers->heap, &timer->due);
}

static struct timer *first(const struct timers *timers)
{
	struct heap_node *node = heap_first(&timers->heap);

	return node == NULL ? NULL : heap_entry(node, struct timer, due);
}

/* It may be gone afterwards. */
static void let_ring(struct timers *timers, struct timer *timer, uint64_t now)
{
	uint64_t next = timer->due.key + timer->every;

	if (timer->every == 0)
		timer_stop(timers, timer);
	else
		set(timers, timer, next > now ? next : now + timer->every);
	timer->ring(timer->arg);
}

void timers_ring(struct timers *timers)
{
	uint64_t now = clock_now_us(timers->clock);
	struct timer *timer;

	timers->round++;
	while ((timer = first(timers)) != NULL && timer->due.key <= now &&
		timer->round != timers->round)
		let_ring(timers, timer, now);
}

uint64_t timers_next(const struct timers *timers)
{
	const struct timer *timer = first(timers);

	return timer == NULL ? UINT64_MAX : timer->due.key;
}

void timers_release(struct timers *timers)
{
	heap_release(&timers->heap);
}
