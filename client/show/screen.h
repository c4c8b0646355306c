/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_CLIENT_SHOW_SCREEN_H
#define TIDINGS_CLIENT_SHOW_SCREEN_H
/*
 * screen - a terminal that is drawn anew, line by line
 *
 * ncurses' room.  One at a time; it fits whatever size the terminal has, and
 * the terminal is as it was after screen_close.
 */
#include <stdbool.h>

#include "lib/span.h"

enum screen_look { SCREEN_PLAIN, SCREEN_BOLD, SCREEN_DIM, SCREEN_ALARM };

enum screen_key {
	SCREEN_NOTHING, /* the time is over */
	SCREEN_QUIT,	/* q, or the terminal is gone */
	SCREEN_DRAW,	/* another size, or any other key */
};

/* False if this terminal cannot do it (TERM). */
bool screen_open(void);
void screen_close(void);

void screen_begin(void);
/* The next line; cut where the terminal ends.  `text` has no control
 * characters (escape.h). */
void screen_line(enum screen_look look, struct span text);
int screen_left(void); /* lines */
void screen_end(void);

/* Waits for a key, at most `ms`. */
enum screen_key screen_wait(int ms);

#endif
