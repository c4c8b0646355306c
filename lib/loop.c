/* SPDX-License-Identifier: MIT */
/*
 * libev watches descriptors and signals.  Timers are ours (timer.h), because
 * libev's go by its own clock and are rounded up to a millisecond.  An alarm
 * wakes the loop for the first of them if that is near.  To set it takes up to
 * 16 us on a virtual machine (measured), so one that is far, as the ticks are,
 * is left to libev.
 */
#include <config.h>

#include "lib/loop.h"

#include <assert.h>
#include <ev.h>
#include <stdlib.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "lib/buf.h"
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
	struct ev_prepare begin;      /* of a turn */
	struct ev_prepare sleep;      /* after all that this brought about */
	struct ev_idle again;	      /* while it runs nobody sleeps */
	struct ev_io alarm;	      /* a timerfd, for the first timer */
	struct ev_timer late;	      /* for one that is far */
	uint64_t alarm_due, late_due; /* UINT64_MAX = not set */
	bool hurry;
	struct timers timers;
	struct loop_turn *turns;
	struct loop_turn *next; /* while they run: whose turn comes */
	struct caught *signals;
};

/* ---- what is done once a turn */

void loop_turn_init(
	struct loop_turn *turn, int order, void (*run)(void *arg), void *arg)
{
	*turn = (struct loop_turn){.order = order, .run = run, .arg = arg};
}

void loop_turn_start(struct loop *loop, struct loop_turn *turn)
{
	struct loop_turn **at = &loop->turns;

	if (turn->started)
		return;
	while (*at != NULL && (*at)->order <= turn->order)
		at = &(*at)->next;
	turn->next = *at;
	*at = turn;
	turn->started = true;
}

void loop_turn_stop(struct loop *loop, struct loop_turn *turn)
{
	struct loop_turn **at = &loop->turns;

	if (!turn->started)
		return;
	while (*at != turn)
		at = &(*at)->next;
	*at = turn->next;
	if (loop->next == turn)
		loop->next = turn->next;
	turn->started = false;
}

static void run_turns(struct loop *loop)
{
	loop->next = loop->turns;
	while (loop->next != NULL) {
		struct loop_turn *turn = loop->next;

		loop->next = turn->next;
		turn->run(turn->arg);
	}
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
	run_turns(loop);
}

/* One shot.  The descriptor is watched all the time: a timer that is not set is
 * never readable, and setting one stays a single system call. */
static void arm(const struct loop *loop, uint64_t us)
{
	struct itimerspec spec = {
		.it_value.tv_sec = (time_t)(us / 1000000),
		.it_value.tv_nsec = (long)(us % 1000000) * 1000,
	};
	int failed = timerfd_settime(loop->alarm.fd, 0, &spec, NULL);

	assert(failed == 0 && us > 0); /* all zero would stop it */
	(void)failed;
}

/* What was set for a timer that has been stopped makes a turn for nothing. */
static void set_alarm(struct loop *loop, uint64_t due, uint64_t now)
{
	if (due == loop->alarm_due || due == loop->late_due)
		return;
	if (due - now < NEAR_US) {
		arm(loop, due - now);
		loop->alarm_due = due;
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

/* The turn that follows looks who is due.  Nothing to read: it was moved after
 * it had rung. */
static void on_alarm(struct ev_loop *ev, struct ev_io *watch, int events)
{
	struct loop *loop = watch->data;
	uint64_t times;

	(void)ev;
	(void)events;
	if (read(watch->fd, &times, sizeof(times)) == sizeof(times))
		loop->alarm_due = UINT64_MAX;
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
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);

	if (fd < 0)
		log_fatal("loop: cannot create a timer");
	ev_io_init(&loop->alarm, on_alarm, fd, EV_READ);
	loop->alarm.data = loop;
	ev_io_start(loop->ev, &loop->alarm);
}

struct loop *loop_new(const struct clock *clock)
{
	struct loop *loop = mem_new(sizeof(*loop));

	loop->timers.clock = clock;
	loop->alarm_due = loop->late_due = UINT64_MAX;
	loop->ev = ev_loop_new(EVFLAG_AUTO);
	if (loop->ev == NULL)
		log_fatalx("loop: libev cannot start");
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
	ev_io_stop(loop->ev, &loop->alarm);
	close(loop->alarm.fd);
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
