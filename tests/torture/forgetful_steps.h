/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_TESTS_TORTURE_FORGETFUL_STEPS_H
#define TIDINGS_TESTS_TORTURE_FORGETFUL_STEPS_H
/*
 * forgetful_steps - FORGETFUL_STATE, and the steps until the power is cut
 */
#include <stdbool.h>
#include <stdint.h>

/* Nobody else calls what is in these files. */
#pragma GCC visibility push(hidden)

enum swallow { SWALLOW_NOTHING, SWALLOW_WAL, SWALLOW_ALL };

struct control {
	int32_t cut;	 /* the power is gone */
	int32_t left;	 /* steps until it goes, -1 = never */
	int32_t steps;	 /* that there were */
	int32_t swallow; /* which syncs do nothing, and say that they did */
};

/* Set by state_begin(). */
extern struct control *control;
extern const char *folder, *state;

/* The function of that name that is not ours. */
#define REAL(name) ((__typeof__(&name))real(#name))
void *real(const char *name);

_Noreturn void give_up(const char *what);

/* False where no disk is forgetful. */
bool state_begin(void);
/* A file of the state; -1 if there is none, or, with O_EXCL, one already. */
int state_open(const char *kind, const char *name, int flags);

/* Takes the lock; ends the program if the power is gone. */
void step_begin(void);
/* errno stays. */
void step_end(void);

#pragma GCC visibility pop

#endif
