/* SPDX-License-Identifier: MIT */
/*
 * libev watches descriptors and signals.  Timers are ours (timer.h), because
 * libev's go by its own clock and are rounded up to a millisecond.  An alarm
 * wakes the loop for the first of them if that is near.  To set it takes time
 * (alarm.h), so one that is far, as the ticks are, is left to libev.
 */
#include <config.h>

#include "lib/loop.h"

#include <ev.h>
#include <stdlib.h>

#include "lib/alarm.h"
#include "lib/buf.h"
#include "lib/lines.h"
#include "lib/log.h"

enum { NEAR_US = 20000 };
static const double slack = 0.001; /* s; libev counts from the turn's begin */

_Static_assert(sizeof(struct ev_io) <= sizeof(((struct loop_io *)NULL)->ev),
	"a watcher of libev's has room");
_Static_assert(
	(int)LOOP_READ == (int)EV_READ && (int)LOOP_WRITE == (int)EV_WRITE,
	"events are named alike");

struct caught {
	struct caught *next;
	struct ev_signal ev;
	void (*caught)(void *arg);
	void *arg;
};

struct loop {
	struct ev_loop *ev;
	struct ev_prepare begin; /* of a turn */
	struct ev_prepare sleep; /* after all that this brought about */
	struct ev_idle again;	 /* while it runs nobody sleeps */
	struct alarm alarm;	 /* for the first timer ... */
	struct ev_io ringing;	 /* ... when it is due */
	struct ev_timer late;	 /* for one that is far */
	uint64_t late_due;	 /* UINT64_MAX = not set */
	bool hurry;
	struct timers timers;
	struct turns turns;
	struct caught *signals;
};

/* ---- what is done once a turn */

void loop_turn_start(struct loop *loop, struct loop_turn *turn)
{
	turns_start(&loop->turns, turn);
}

void loop_turn_stop(struct loop *loop, struct loop_turn *turn)
{
	turns_stop(&loop->turns, turn);
}

void loop_again(struct loop *loop)
{
	loop->hurry = true;
}

/* ---- a turn */

static void on_begin(struct ev_loop *ev, struct ev_prepare *watch, int events)
{
	struct loop *loop = watch->data;

	(void)ev;
	(void)events;
	loop->hurry = false;
	timers_ring(&loop->timers);
	turns_run(&loop->turns);
}

/* What was set for a timer that has been stopped makes a turn for nothing. */
static void set_alarm(struct loop *loop, uint64_t due, uint64_t now)
{
	if (due == loop->alarm.due || due == loop->late_due)
		return;
	if (due - now < NEAR_US) {
		alarm_set(&loop->alarm, due, now);
	} else {
		ev_timer_stop(loop->ev, &loop->late);
		ev_timer_set(
			&loop->late, (double)(due - now) / 1e6 + slack, 0.);
		ev_timer_start(loop->ev, &loop->late);
		loop->late_due = due;
	}
}

/* The last thing before libev sleeps. */
static void on_sleep(struct ev_loop *ev, struct ev_prepare *watch, int events)
{
	struct loop *loop = watch->data;
	uint64_t now = loop_now_us(loop);
	uint64_t due = timers_next(&loop->timers);

	(void)events;
	if (loop->hurry || due <= now) {
		ev_idle_start(ev, &loop->again);
		return;
	}
	ev_idle_stop(ev, &loop->again);
	if (due != UINT64_MAX)
		set_alarm(loop, due, now);
}

/* While it is active libev does not sleep; it need not do anything. */
static void on_again(struct ev_loop *ev, struct ev_idle *watch, int events)
{
	(void)ev;
	(void)watch;
	(void)events;
}

/* The turn that follows looks who is due. */
static void on_alarm(struct ev_loop *ev, struct ev_io *watch, int events)
{
	struct loop *loop = watch->data;

	(void)ev;
	(void)events;
	alarm_take(&loop->alarm);
}

static void on_late(struct ev_loop *ev, struct ev_timer *watch, int events)
{
	struct loop *loop = watch->data;

	(void)ev;
	(void)events;
	loop->late_due = UINT64_MAX;
}

/* ---- descriptors */

static struct ev_io *ev_of(struct loop_io *io)
{
	return (struct ev_io *)(void *)io->ev;
}

static const struct ev_io *ev_within(const struct loop_io *io)
{
	return (const struct ev_io *)(const void *)io->ev;
}

static void on_ready(struct ev_loop *ev, struct ev_io *watch, int events)
{
	struct loop_io *io = (struct loop_io *)(void *)watch;

	(void)ev;
	io->ready(watch->data, (unsigned)events & (LOOP_READ | LOOP_WRITE));
}

void loop_io_init(struct loop_io *io, int fd,
	void (*ready)(void *arg, unsigned events), void *arg)
{
	struct ev_io *ev = ev_of(io);

	*io = (struct loop_io){.ready = ready};
	ev_io_init(ev, on_ready, fd, 0);
	ev->data = arg;
}

static void change(struct loop *loop, struct loop_io *io, unsigned events)
{
	struct ev_io *ev = ev_of(io);
	int fed = ev_clear_pending(loop->ev, ev);

	ev_io_stop(loop->ev, ev);
	if (events == 0 || ev->fd < 0)
		return;
	ev_io_set(ev, ev->fd, (int)events);
	ev_io_start(loop->ev, ev);
	if (fed != 0)
		ev_feed_event(loop->ev, ev, fed);
}

void loop_io_want(struct loop *loop, struct loop_io *io, unsigned events)
{
	/* What was fed is taken back even if nothing is watched. */
	if (events == 0 || loop_io_wanted(io) != events)
		change(loop, io, events);
}

unsigned loop_io_wanted(const struct loop_io *io)
{
	const struct ev_io *ev = ev_within(io);

	if (!ev_is_active(ev))
		return 0;
	return (unsigned)ev->events & (LOOP_READ | LOOP_WRITE);
}

void loop_io_feed(struct loop *loop, struct loop_io *io, unsigned events)
{
	ev_feed_event(loop->ev, ev_of(io), (int)events);
	loop->hurry = true;
}

int loop_io_fd(const struct loop_io *io)
{
	return ev_within(io)->fd;
}

/* ---- signals */

static void on_signal(struct ev_loop *ev, struct ev_signal *watch, int events)
{
	const struct caught *signal = watch->data;

	(void)ev;
	(void)events;
	signal->caught(signal->arg);
}

void loop_on_signal(
	struct loop *loop, int number, void (*caught)(void *arg), void *arg)
{
	struct caught *signal = mem_new(sizeof(*signal));

	signal->caught = caught;
	signal->arg = arg;
	signal->next = loop->signals;
	loop->signals = signal;
	ev_signal_init(&signal->ev, on_signal, number);
	signal->ev.data = signal;
	ev_signal_start(loop->ev, &signal->ev);
}

/* ---- life */

static void start_alarm(struct loop *loop)
{
	alarm_open(&loop->alarm);
	ev_io_init(&loop->ringing, on_alarm, loop->alarm.fd, EV_READ);
	loop->ringing.data = loop;
	ev_io_start(loop->ev, &loop->ringing);
}

struct loop *loop_new(const struct clock *clock)
{
	struct loop *loop = mem_new(sizeof(*loop));

	loop->timers.clock = clock;
	loop->late_due = UINT64_MAX;
	loop->ev = ev_loop_new(EVFLAG_AUTO);
	if (loop->ev == NULL)
		log_fatalx(LINE_CANNOT_LOOP);
	ev_prepare_init(&loop->begin, on_begin);
	ev_prepare_init(&loop->sleep, on_sleep);
	ev_set_priority(&loop->sleep, EV_MINPRI);
	ev_idle_init(&loop->again, on_again);
	ev_init(&loop->late, on_late);
	start_alarm(loop);
	loop->begin.data = loop->sleep.data = loop->late.data = loop;
	ev_prepare_start(loop->ev, &loop->begin);
	ev_prepare_start(loop->ev, &loop->sleep);
	return loop;
}

void loop_free(struct loop *loop)
{
	if (loop == NULL)
		return;
	while (loop->signals != NULL) {
		struct caught *signal = loop->signals;

		loop->signals = signal->next;
		ev_signal_stop(loop->ev, &signal->ev);
		free(signal);
	}
	ev_io_stop(loop->ev, &loop->ringing);
	alarm_close(&loop->alarm);
	ev_loop_destroy(loop->ev);
	timers_release(&loop->timers);
	free(loop);
}

void loop_run(struct loop *loop)
{
	ev_run(loop->ev, 0);
}

void loop_stop(struct loop *loop)
{
	ev_break(loop->ev, EVBREAK_ALL);
}

void loop_turn_over(struct loop *loop)
{
	ev_run(loop->ev, EVRUN_NOWAIT);
}

struct timers *loop_timers(struct loop *loop)
{
	return &loop->timers;
}

const struct clock *loop_clock(const struct loop *loop)
{
	return loop->timers.clock;
}

uint64_t loop_now_us(const struct loop *loop)
{
	return clock_now_us(loop->timers.clock);
}
