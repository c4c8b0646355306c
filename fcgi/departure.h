#ifndef TIDINGS_DEPARTURE_H
#define TIDINGS_DEPARTURE_H
/*
 * departure - a worker gives way to its successor
 *
 *   STAYING   nothing has been said
 *   LEAVING   departure_begin: accepts no more; goes on serving its streams,
 *             and ends DEPARTURE_PIECE of them every DEPARTURE_TICK_MS
 *
 * Each is told to come back at once (`retry:`), since somebody is there to take
 * it: so 10,000 browsers return over four seconds, and none of them is away
 * for longer than a moment.  Who is in the middle of something (a half-sent
 * parcel, an older page) is ended when that is done.
 */
#include "lib/timer.h"

enum {
	DEPARTURE_TICK_MS = 20,
	DEPARTURE_PIECE = 50,  /* 2,500 a second */
	DEPARTURE_RETRY = 100, /* ms; up to twice as much, at random */
	DEPARTURE_MS = 50000,  /* those who are left are then cut off; less
				  than the parent's patience */
};

struct admit;
struct audience;
struct departure;
struct gate;
struct tasks;

struct departure_parts {
	struct timers *timers;
	struct admit *admit;
	struct gate *gate;
	struct audience *audience;
	struct tasks *tasks;
};

struct departure *departure_new(const struct departure_parts *parts);
void departure_free(struct departure *departure);
void departure_begin(struct departure *departure);

#endif
