/* SPDX-License-Identifier: MIT */
/*
 * event - the third pane: one event, whole
 */
#include <config.h>

#include <string.h>

#include "client/menu/menu.h"
#include "client/show/look.h"
#include "client/show/pretty.h"
#include "lib/escape.h"

static void add_field(struct buf *out, const char *name, const char *value)
{
	buf_printf(out, "%-8s ", name);
	escape_add(out, span_of(value));
	buf_add_char(out, '\n');
}

void menu_event_open(struct menu *menu, const struct menu_event *event)
{
	struct buf readable = {0};

	buf_clear(&menu->whole);
	add_field(&menu->whole, "id",
		event->id[0] == '\0' ? "not stored" : event->id);
	add_field(&menu->whole, "channel", event->channel);
	add_field(&menu->whole, "type", event->type);
	if (event->date[0] != '\0')
		add_field(&menu->whole, "time", event->date);
	buf_add_char(&menu->whole, '\n');
	pretty_add(&readable, span_of(event->data));
	escape_add_lines(&menu->whole, buf_span(&readable));
	buf_add_char(&menu->whole, '\n');
	buf_release(&readable);
	menu->line = (struct choice){0};
	menu->pane = MENU_EVENT;
}

/* The next piece of the lines that fits the screen; `rest` moves behind it. */
static struct span next_row(struct span *rest)
{
	size_t width = (size_t)screen_columns(), used = 0, len = 0;
	const char *stop = memchr(rest->at, '\n', rest->len);
	size_t most = stop == NULL ? rest->len : (size_t)(stop - rest->at);
	struct span row;

	while (len < most) {
		size_t next = len + 1;

		while (next < most &&
			((unsigned char)rest->at[next] & 0xc0) == 0x80)
			next++;
		used += look_width(span(rest->at + len, next - len));
		if (len > 0 && used > width)
			break;
		len = next;
	}
	row = span(rest->at, len);
	if (len == most && stop != NULL)
		len++;
	*rest = span(rest->at + len, rest->len - len);
	return row;
}

static size_t row_count(const struct menu *menu)
{
	struct span rest = buf_span(&menu->whole);
	size_t count = 0;

	for (; rest.len > 0; count++)
		next_row(&rest);
	return count;
}

/* It is moved as a whole: what is chosen is its first row. */
static void fit(struct menu *menu)
{
	size_t count = row_count(menu), room = (size_t)menu_room();
	size_t most = count > room ? count - room : 0;

	if (menu->line.chosen > most)
		menu->line.chosen = most;
}

void menu_event_draw(struct menu *menu)
{
	static const char *const keys[] = {"q back", "PgDn more", NULL};
	struct span rest = buf_span(&menu->whole);
	int top = menu_top(), room = menu_room();

	fit(menu);
	menu_title(menu, span_of("event"), span(NULL, 0));
	for (size_t i = 0; i < menu->line.chosen; i++)
		next_row(&rest);
	for (int i = 0; i < room && rest.len > 0; i++)
		screen_put(top + i, 0, screen_columns(), SCREEN_PLAIN,
			next_row(&rest));
	menu_keys(menu, keys);
}

bool menu_event_key(struct menu *menu, int key)
{
	if (key == 'q' || key == SCREEN_ESCAPE || key == SCREEN_LEFT ||
		key == SCREEN_BACKSPACE || key == SCREEN_ENTER) {
		menu->pane = MENU_LISTEN;
		return true;
	}
	if (!choice_key(&menu->line, key, row_count(menu), (size_t)menu_room()))
		return false;
	fit(menu);
	return true;
}
