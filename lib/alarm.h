#ifndef TIDINGS_LIB_ALARM_H
#define TIDINGS_LIB_ALARM_H
/*
 * alarm - one shot, in microseconds
 *
 * libev's epoll backend rounds its timers up to a millisecond; the duty rule
 * and the inboxes' re-check need less.  A timerfd watched by the loop.
 */
#include <ev.h>
#include <stdint.h>

struct alarm {
	struct ev_loop *loop;
	struct ev_io watch;
	int fd;
	void (*ring)(void *owner);
	void *owner;
};

void alarm_init(struct alarm *alarm, struct ev_loop *loop,
	void (*ring)(void *owner), void *owner);
void alarm_release(struct alarm *alarm);
/* Fires once, `us` microseconds from now (0 = as soon as possible); a second
 * call moves the first. */
void alarm_set(struct alarm *alarm, uint64_t us);
void alarm_stop(struct alarm *alarm);

#endif
