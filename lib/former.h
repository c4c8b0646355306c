#ifndef TIDINGS_FORMER_H
#define TIDINGS_FORMER_H
/*
 * former - workers of the versions that a parent was before
 *
 * They are still its children, and still serve, until they are asked to go;
 * each is asked once.  Plain data; all zero is none.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum {
	FORMER_MAX = 256, /* one more, by many reloads in a row, is killed */
};

struct former {
	size_t count;
	struct {
		pid_t pid;
		uint64_t deadline; /* us; when it is killed; 0 = not asked */
	} all[FORMER_MAX];
};

void former_add(struct former *former, pid_t pid);
bool former_remove(struct former *former, pid_t pid); /* false: not one */
void former_signal(const struct former *former, int number);

/* Sends the signal `number` to those who have not been asked yet; they must be
 * gone by `deadline`. */
void former_ask(struct former *former, int number, uint64_t deadline);
/* Kills those whose deadline has passed; returns the next one. */
uint64_t former_kill_late(struct former *former, uint64_t now);

#endif
