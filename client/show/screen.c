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

#include "lib/buf.h"

static struct {
	SCREEN *screen;
	int row;
} shown;

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
}

int screen_left(void)
{
	return LINES - shown.row;
}

/* As much of the text as fits; what is no character here is a question mark. */
static void draw(const char *text)
{
	int column = 0;

	while (*text != '\0') {
		wchar_t wide = L'?';
		int len = mbtowc(&wide, text, MB_CUR_MAX), width;

		if (len < 1) {
			wide = L'?';
			mbtowc(NULL, NULL, 0);
			len = 1;
		}
		width = wcwidth(wide);
		if (width < 0)
			width = 0;
		if (column + width > COLS)
			break;
		addnwstr(&wide, 1);
		column += width;
		text += len;
	}
}

void screen_line(enum screen_look look, struct span text)
{
	static const attr_t attributes[] = {
		[SCREEN_PLAIN] = A_NORMAL,
		[SCREEN_BOLD] = A_BOLD,
		[SCREEN_DIM] = A_DIM,
		[SCREEN_ALARM] = A_REVERSE,
	};
	char *copy;

	if (screen_left() < 1)
		return;
	copy = mem_text(text);
	move(shown.row++, 0);
	attr_set(attributes[look], 0, NULL);
	draw(copy);
	attr_set(A_NORMAL, 0, NULL);
	free(copy);
}

void screen_end(void)
{
	refresh();
}

/* poll() tells the end of the terminal from the end of the time, which getch()
 * alone does not. */
enum screen_key screen_wait(int ms)
{
	struct pollfd keys = {STDIN_FILENO, POLLIN, 0};
	int ready = poll(&keys, 1, ms), key;

	timeout(0);
	key = getch();
	if (key == 'q' || key == 'Q')
		return SCREEN_QUIT;
	if (key != ERR)
		return SCREEN_DRAW;
	return ready > 0 ? SCREEN_QUIT : SCREEN_NOTHING;
}
