/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "client/show/screen.h"

#include <curses.h>
#include <locale.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <term.h>
#include <unistd.h>
#include <wchar.h>

#include "client/option/colour.h"
#include "client/show/look.h"
#include "lib/buf.h"

enum { ESCAPE_MS = 25 }; /* after that an ESC is no key's beginning */

static struct {
	SCREEN *screen;
	int row;
	int cursor_row, cursor_column; /* -1: hidden */
	bool coloured;
} shown;

/* The pair of each look, which is its number; COLOR_BLACK: none. */
static const short colours[] = {
	[SCREEN_GOOD] = COLOR_GREEN,
	[SCREEN_WARN] = COLOR_YELLOW,
	[SCREEN_BAD] = COLOR_RED,
	[SCREEN_NAMES] = COLOR_CYAN,
	COLOR_MAGENTA,
	COLOR_BLUE,
	COLOR_CYAN,
	COLOR_MAGENTA,
};

enum { LOOKS = sizeof(colours) / sizeof(colours[0]) };

static void begin_colours(void)
{
	shown.coloured = colour_wanted(STDOUT_FILENO) && has_colors();
	if (!shown.coloured)
		return;
	start_color();
	use_default_colors();
	for (int look = SCREEN_GOOD; look < LOOKS; look++)
		init_pair((short)look, colours[look], -1);
}

bool screen_open(void)
{
	int fault;

	setlocale(LC_CTYPE, "");
	/* newterm() keeps memory for a terminal that it does not know */
	if (setupterm(NULL, STDOUT_FILENO, &fault) != OK)
		return false;
	del_curterm(cur_term);
	shown.screen = newterm(NULL, stdout, stdin);
	if (shown.screen == NULL)
		return false;
	cbreak();
	noecho();
	keypad(stdscr, TRUE);
	set_escdelay(ESCAPE_MS);
	begin_colours();
	curs_set(0);
	return true;
}

void screen_close(void)
{
	endwin();
	delscreen(shown.screen);
	shown.screen = NULL;
}

void screen_begin(void)
{
	erase();
	shown.row = 0;
	shown.cursor_row = -1;
}

int screen_left(void)
{
	return LINES - shown.row;
}

/* As much of the text as fits; what is no character here is a question mark. */
static void draw(const char *text, int room)
{
	while (*text != '\0') {
		wchar_t wide = L'?';
		int len = mbtowc(&wide, text, MB_CUR_MAX), width;

		if (len < 1) {
			wide = L'?';
			mbtowc(NULL, NULL, 0);
			len = 1;
		}
		if (wide == L'\t')
			wide = L' ';
		width = wcwidth(wide);
		if (width < 0) {
			wide = L'?';
			width = 1;
		}
		if (width > room)
			break;
		addnwstr(&wide, 1);
		room -= width;
		text += len;
	}
}

static void set_look(enum screen_look look)
{
	static const attr_t attributes[LOOKS] = {
		[SCREEN_BOLD] = A_BOLD,
		[SCREEN_DIM] = A_DIM,
		[SCREEN_ALARM] = A_REVERSE,
		[SCREEN_BAD] = A_BOLD,
	};
	short pair = shown.coloured && look >= SCREEN_GOOD ? (short)look : 0;

	attr_set(attributes[look], pair, NULL);
}

void screen_put(
	int row, int column, int width, enum screen_look look, struct span text)
{
	char *copy;

	if (width > COLS - column)
		width = COLS - column;
	if (row < 0 || row >= LINES || column < 0 || width < 1)
		return;
	copy = mem_text(text);
	move(row, column);
	set_look(look);
	draw(copy, width);
	set_look(SCREEN_PLAIN);
	free(copy);
}

void screen_line(enum screen_look look, struct span text)
{
	screen_put(shown.row++, 0, COLS, look, text);
}

void screen_cursor(int row, int column)
{
	shown.cursor_row = row;
	shown.cursor_column = column;
}

void screen_end(void)
{
	bool visible = shown.cursor_row >= 0 && shown.cursor_row < LINES &&
		       shown.cursor_column < COLS;

	curs_set(visible);
	if (visible)
		move(shown.cursor_row, shown.cursor_column);
	refresh();
}

int screen_rows(void)
{
	return LINES;
}

int screen_columns(void)
{
	return COLS;
}

static int key_of(wint_t code)
{
	static const struct {
		wint_t code;
		enum screen_key key;
	} keys[] = {{KEY_UP, SCREEN_UP}, {KEY_DOWN, SCREEN_DOWN},
		{KEY_PPAGE, SCREEN_PAGE_UP}, {KEY_NPAGE, SCREEN_PAGE_DOWN},
		{KEY_HOME, SCREEN_HOME}, {KEY_END, SCREEN_END},
		{KEY_LEFT, SCREEN_LEFT}, {KEY_RIGHT, SCREEN_RIGHT},
		{KEY_ENTER, SCREEN_ENTER}, {KEY_BACKSPACE, SCREEN_BACKSPACE}};

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (keys[i].code == code)
			return keys[i].key;
	return SCREEN_DRAW;
}

static int key_of_character(wint_t code)
{
	switch (code) {
	case '\r':
	case '\n':
		return SCREEN_ENTER;
	case '\t':
		return SCREEN_TAB;
	case 0x1b:
		return SCREEN_ESCAPE;
	case 0x7f:
	case '\b':
		return SCREEN_BACKSPACE;
	default:
		return code < ' ' ? SCREEN_DRAW : (int)code;
	}
}

/* poll() tells the end of the terminal from the end of the time, which
 * get_wch() alone does not. */
int screen_wait(int ms)
{
	struct pollfd keys = {STDIN_FILENO, POLLIN, 0};
	wint_t code = 0;

	(void)!poll(&keys, 1, ms);
	timeout(0);
	switch (get_wch(&code)) {
	case OK:
		return key_of_character(code);
	case KEY_CODE_YES:
		return key_of(code);
	default:
		return (keys.revents & (POLLHUP | POLLERR | POLLNVAL)) != 0
			       ? SCREEN_GONE
			       : SCREEN_NOTHING;
	}
}
