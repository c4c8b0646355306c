/* SPDX-License-Identifier: MIT */
/*
 * frame - what all panes have: a title, a filter, keys at the foot
 */
#include <config.h>

#include <string.h>
#include <strings.h>

#include "client/menu/menu.h"
#include "client/show/look.h"
#include "lib/clock.h"
#include "lib/escape.h"

enum {
	NOTICE_US = 6000000, /* that what came of a POST is shown */
	ROOMY = 9,	     /* rows of a screen that has blank lines */
};

int menu_top(void)
{
	return screen_rows() >= ROOMY ? 2 : 1;
}

int menu_room(void)
{
	int foot = screen_rows() >= ROOMY ? 2 : 1;
	int room = screen_rows() - menu_top() - foot;

	return room > 0 ? room : 0;
}

void menu_title(const struct menu *menu, struct span left, struct span right)
{
	size_t width = (size_t)screen_columns();
	size_t other = look_width(right);
	struct buf line = {0};

	(void)menu;
	if (other + 12 > width)
		other = 0;
	buf_add_char(&line, ' ');
	look_cut(&line, left, width > other + 3 ? width - other - 3 : width);
	look_pad(&line, buf_span(&line), width - other - (other > 0));
	if (other > 0) {
		buf_add_span(&line, right);
		buf_add_char(&line, ' ');
	}
	screen_put(0, 0, (int)width, SCREEN_ALARM, buf_span(&line));
	buf_release(&line);
}

static bool has_notice(const struct menu *menu)
{
	return menu->notice.len > 0 && clock_mono_us() < menu->notice_until;
}

/* What does not fit ends at a comma: no id is cut. */
static void draw_notice(const struct menu *menu, int row)
{
	struct span text = buf_span(&menu->notice);
	size_t width = (size_t)screen_columns();
	const char *comma = memchr(text.at, ',', text.len);
	struct buf cut = {0};

	if (look_width(text) > width && comma != NULL)
		text.len = (size_t)(comma - text.at);
	look_cut(&cut, text, width);
	screen_put(row, 0, (int)width, menu->notice_look, buf_span(&cut));
	buf_release(&cut);
}

/* As many as fit; the first are the most needed. */
void menu_keys(const struct menu *menu, const char *const *keys)
{
	int row = screen_rows() - 1, column = 0;

	if (menu->entry.label != NULL) {
		entry_draw(&menu->entry, row);
		return;
	}
	if (has_notice(menu)) {
		draw_notice(menu, row);
		return;
	}
	for (; *keys != NULL; keys++) {
		int key = (int)strcspn(*keys, " ");
		int width = (int)strlen(*keys);

		if (column + width > screen_columns())
			break;
		screen_put(row, column, key, SCREEN_BOLD, span_of(*keys));
		screen_put(row, column + key, width - key, SCREEN_DIM,
			span_of(*keys + key));
		column += width + 2;
	}
}

void menu_add_filter(struct buf *out, const struct buf *filter)
{
	if (filter->len == 0)
		return;
	buf_add_char(out, '/');
	escape_add(out, buf_span(filter));
	buf_add_span(out, span_of("  "));
}

bool menu_is_match(const struct buf *filter, struct span text)
{
	for (size_t i = 0; i + filter->len <= text.len; i++)
		if (filter->len == 0 ||
			strncasecmp(text.at + i, filter->at, filter->len) == 0)
			return true;
	return filter->len == 0;
}

void menu_note(struct menu *menu, enum screen_look look, struct span text)
{
	buf_clear(&menu->notice);
	escape_add(&menu->notice, text);
	menu->notice_look = look;
	menu->notice_until = clock_mono_us() + NOTICE_US;
}
