/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_TESTS_UNIT_SHUT_ROOM_H
#define TIDINGS_TESTS_UNIT_SHUT_ROOM_H
/*
 * shut_room - two folders side by side, a process that is shut in to one of
 * them, and what it tries
 *
 * Each deed is done by a child of its own.  It says what it did not expect on
 * standard error.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "inbox/walls/shut_in.h"
#include "tests/unit/unit.h"

enum {
	FILE_MAX = 1 << 20,
	MEMORY_MAX = 256 << 20,
	DONE = 0, /* how a child ends */
	FAILED = 1,
	NOT_SHUT_IN = 2,
};

struct house {
	char top[64];	      /* also the name of an abstract socket */
	char inbox[96];	      /* a folder */
	char database[128];   /* in it */
	char outside[96];     /* a folder */
	char secret[128];     /* in it; its text is "secret" */
	char unix_path[128];  /* a socket in the folder of the inbox, listening
			       */
	int by_path, by_name; /* both listening */
	pid_t parent;
};

extern struct house house;

/* As the child has them. */
extern struct shut_in how;
extern struct shut_in_report report;
extern int unconnected; /* a socket from before */
extern int pair[2];	/* likewise */

int shut_room_setup(void **state);
int shut_room_teardown(void **state);
#define TEST(name)                       \
	cmocka_unit_test_setup_teardown( \
		name, shut_room_setup, shut_room_teardown)

/* The path of a file in the folder of the inbox. */
void in_inbox(char path[160], const char *name);
/* What lies in the other folder is as it was. */
bool secret_is_whole(void);

/* How a child ended that did this when it was shut in, and `before` that. */
int end_of(bool (*deed)(void), void (*before)(void));
bool succeeds_after(void (*before)(void), bool (*deed)(void));
bool succeeds(bool (*deed)(void));
bool dies_by(int signal, bool (*deed)(void));

/* ---- in a child */

/* That it failed, and why. */
bool refused(long result, int expected);
/* False if that is refused as Landlock does. */
bool opens(const char *path, int flags);
bool opens_in_inbox(const char *name, int flags);

#endif
