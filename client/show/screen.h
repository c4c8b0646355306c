/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_CLIENT_SHOW_SCREEN_H
#define TIDINGS_CLIENT_SHOW_SCREEN_H
/*
 * screen - a terminal that is drawn anew, line by line or place by place
 *
 * ncurses' room.  One at a time; it fits whatever size the terminal has, and
 * the terminal is as it was after screen_close.  Text has no control characters
 * (escape.h), and is cut where its room ends.
 */
#include <stdbool.h>
#include <stddef.h>

#include "lib/span.h"

enum screen_look {
	SCREEN_PLAIN,
	SCREEN_BOLD,
	SCREEN_DIM,
	SCREEN_ALARM, /* reversed */
	SCREEN_GOOD,
	SCREEN_WARN,
	SCREEN_BAD,
	SCREEN_NAMES, /* the first of LOOK_HUES (look.h) */
};

/* What was pressed: a character, or one of these. */
enum screen_key {
	SCREEN_NOTHING = 0,
	SCREEN_GONE = -1, /* the terminal is */
	SCREEN_UP = -2,
	SCREEN_DOWN = -3,
	SCREEN_PAGE_UP = -4,
	SCREEN_PAGE_DOWN = -5,
	SCREEN_HOME = -6,
	SCREEN_END = -7,
	SCREEN_LEFT = -8,
	SCREEN_RIGHT = -9,
	SCREEN_ENTER = -10,
	SCREEN_ESCAPE = -11,
	SCREEN_BACKSPACE = -12,
	SCREEN_TAB = -13,
	SCREEN_DRAW = -14, /* another size, or any other key */
};

/* False if this terminal cannot do it (TERM). */
bool screen_open(void);
void screen_close(void);

void screen_begin(void);
/* The next line, from the top. */
void screen_line(enum screen_look look, struct span text);
int screen_left(void); /* lines */
/* Text at a place; nothing where there is none. */
void screen_put(int row, int column, int width, enum screen_look look,
	struct span text);
/* The cursor is shown there at the end; else it is hidden. */
void screen_cursor(int row, int column);
void screen_end(void);

int screen_rows(void);
int screen_columns(void);

/* Waits for a key, at most `ms`. */
int screen_wait(int ms);

#endif
