/* SPDX-License-Identifier: MIT */
/*
 * events - the second pane: what is published on a channel, or on all
 */
#include <config.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "client/http/url.h"
#include "client/menu/menu.h"
#include "client/show/look.h"
#include "client/show/moment.h"
#include "lib/escape.h"

enum {
	TIME = 9, /* columns, the space behind them included */
	TYPE = 10,
	CHANNEL = 17,
	WITH_TIME = 34, /* columns of a screen that shows these */
	WITH_TYPE = 50,
	WITH_CHANNEL = 64,
};

static void drop(struct menu_event *event)
{
	free(event->id);
	free(event->type);
	free(event->channel);
	free(event->data);
	*event = (struct menu_event){0};
}

static struct menu_event *at(struct menu *menu, uint64_t number)
{
	return &menu->events[number % MENU_EVENTS];
}

static void set_time(struct menu_event *to, const struct follow_event *event)
{
	int64_t now = (int64_t)time(NULL), seconds;
	struct buf text = {0};

	if (!moment_of(event, now, &seconds))
		return;
	moment_add_short(&text, seconds, now);
	buf_add_char(&text, '\0');
	snprintf(to->time, sizeof(to->time), "%s", text.at);
	buf_clear(&text);
	moment_add(&text, seconds, now);
	buf_add_char(&text, '\0');
	snprintf(to->date, sizeof(to->date), "%s", text.at);
	buf_release(&text);
}

static void on_event(void *arg, const struct follow_event *event)
{
	struct menu *menu = arg;
	struct menu_event *to = at(menu, menu->heard);

	drop(to);
	*to = (struct menu_event){.id = mem_text(event->id),
		.type = mem_text(event->type),
		.channel = mem_text(event->channel),
		.data = mem_text(event->data),
		.number = menu->heard++};
	set_time(to, event);
}

void menu_listen(struct menu *menu, const char *channel)
{
	struct buf query = {0};

	menu_events_close(menu);
	buf_add(&menu->channel, channel, strlen(channel) + 1);
	buf_add_span(
		&query, span_of(channel[0] == '\0' ? "pattern=" : "channel="));
	url_encode(&query, span_of(channel[0] == '\0' ? "*" : channel));
	buf_add_span(&query,
		span_of(channel[0] == '\0' ? "&since=1h" : "&since=all"));
	menu->feed.event = on_event;
	menu->feed.arg = menu;
	feed_open(&menu->feed, menu->http, buf_span(&query));
	menu->following = true;
	menu->pane = MENU_LISTEN;
	buf_release(&query);
}

void menu_events_close(struct menu *menu)
{
	feed_close(&menu->feed);
	for (size_t i = 0; i < MENU_EVENTS; i++)
		drop(&menu->events[i]);
	menu->heard = 0;
	menu->event = (struct choice){0};
	buf_clear(&menu->channel);
	buf_clear(&menu->event_filter);
}

/* ---- which are shown */

static bool is_shown(const struct menu *menu, const struct menu_event *event)
{
	const struct buf *filter = &menu->event_filter;

	return menu_is_match(filter, span_of(event->data)) ||
	       menu_is_match(filter, span_of(event->type)) ||
	       menu_is_match(filter, span_of(event->channel));
}

/* Their numbers; the chosen one's place becomes that of the choice. */
static size_t collect(struct menu *menu, uint64_t *numbers)
{
	uint64_t first =
		menu->heard > MENU_EVENTS ? menu->heard - MENU_EVENTS : 0;
	size_t count = 0;

	menu->event.chosen = SIZE_MAX;
	for (uint64_t number = first; number < menu->heard; number++) {
		if (!is_shown(menu, at(menu, number)))
			continue;
		if (number >= menu->chosen && menu->event.chosen == SIZE_MAX)
			menu->event.chosen = count;
		numbers[count++] = number;
	}
	if (menu->following || menu->event.chosen == SIZE_MAX)
		menu->event.chosen = count > 0 ? count - 1 : 0;
	return count;
}

/* ---- drawn */

/* All in one line. */
static void add_data(struct buf *out, const struct menu *menu, struct span data)
{
	struct buf safe = {0};

	escape_add_lines(
		&safe, span(data.at, data.len < 2000 ? data.len : 2000));
	for (size_t i = 0; i < safe.len; i++)
		if (safe.at[i] != '\n')
			buf_add_char(
				out, safe.at[i] == '\t' ? ' ' : safe.at[i]);
		else
			buf_add_span(out, span_of(menu->signs ? "↵" : " "));
	buf_release(&safe);
}

static int put(const struct menu *menu, int row, int column, int width,
	enum screen_look look, struct span text)
{
	struct buf line = {0}, cut = {0};

	if (width > screen_columns() - column)
		width = screen_columns() - column;
	if (width > 0) {
		add_data(&line, menu, text);
		look_cut(&cut, buf_span(&line), (size_t)width);
		look_pad(&cut, buf_span(&cut), (size_t)width);
		screen_put(row, column, width, look, buf_span(&cut));
	}
	buf_release(&line);
	buf_release(&cut);
	return column + width;
}

static void draw_event(const struct menu *menu, int row,
	const struct menu_event *event, bool chosen)
{
	int columns = screen_columns(), column = 2;
	enum screen_look hue = SCREEN_NAMES +
			       look_of_name(span_of(event->channel)) -
			       LOOK_NAMES;
	bool typed = strcmp(event->type, "message") != 0;

	screen_put(row, 0, 2, SCREEN_BOLD,
		span_of(!chosen	      ? "  "
			: menu->signs ? "▸ "
				      : "> "));
	if (columns >= WITH_TIME)
		column = put(menu, row, column, TIME, SCREEN_DIM,
			span_of(event->time[0] == '\0' ? "earlier"
						       : event->time));
	if (menu->channel.len == 1 && columns >= WITH_CHANNEL) {
		put(menu, row, column, CHANNEL - 1, hue,
			span_of(event->channel));
		column += CHANNEL;
	}
	if (columns >= WITH_TYPE) {
		put(menu, row, column, TYPE - 1, SCREEN_BOLD,
			span_of(typed ? event->type : ""));
		column += TYPE;
	}
	put(menu, row, column, columns - column,
		chosen ? SCREEN_ALARM : SCREEN_PLAIN, span_of(event->data));
}

static void draw_head(const struct menu *menu)
{
	static const char *const states[] = {[FEED_OPENING] = "connecting",
		[FEED_BEHIND] = "catching up",
		[FEED_LIVE] = "live",
		[FEED_WAITING] = "reconnecting"};
	struct buf left = {0}, right = {0};

	escape_add(&left, span_of(menu->channel.len > 1 ? menu->channel.at
							: "all channels"));
	if (menu->feed.gap)
		buf_add_span(&left, span_of("  (older events are gone)"));
	if (menu->feed.garbled)
		buf_add_span(&left, span_of("  (something cannot be read)"));
	menu_add_filter(&right, &menu->event_filter);
	buf_printf(&right, "%s%s", menu->following ? "" : "stopped, ",
		states[menu->feed.state]);
	menu_title(menu, buf_span(&left), buf_span(&right));
	buf_release(&left);
	buf_release(&right);
}

static void draw_none(const struct menu *menu)
{
	bool waiting = menu->feed.state == FEED_WAITING;
	struct buf safe = {0};

	escape_add(&safe, span_of(waiting ? menu->feed.trouble.at
				  : menu->event_filter.len > 0
					  ? "no event has that"
					  : "no event yet: p publishes one"));
	screen_put(menu_top(), 2, screen_columns() - 2,
		waiting ? SCREEN_BAD : SCREEN_DIM, buf_span(&safe));
	buf_release(&safe);
}

void menu_events_draw(struct menu *menu)
{
	static const char *const keys[] = {"q back", "p publish", "/ filter",
		"Enter show", "End follow", NULL};
	uint64_t numbers[MENU_EVENTS] = {0};
	size_t count = collect(menu, numbers);
	int room = menu_room();

	draw_head(menu);
	choice_fit(&menu->event, count, (size_t)room);
	for (int i = 0; i < room; i++) {
		size_t index = menu->event.top + (size_t)i;

		if (index >= count)
			break;
		draw_event(menu, menu_top() + i, at(menu, numbers[index]),
			index == menu->event.chosen);
	}
	if (count == 0)
		draw_none(menu);
	menu_keys(menu, keys);
}

bool menu_events_key(struct menu *menu, int key)
{
	uint64_t numbers[MENU_EVENTS] = {0};
	size_t count = collect(menu, numbers);

	if (choice_key(&menu->event, key, count, (size_t)menu_room())) {
		menu->following = menu->event.chosen + 1 >= count;
		menu->chosen = count > 0 ? numbers[menu->event.chosen] : 0;
		return true;
	}
	switch (key) {
	case SCREEN_ENTER:
	case SCREEN_RIGHT:
		if (count > 0)
			menu_event_open(
				menu, at(menu, numbers[menu->event.chosen]));
		return true;
	case SCREEN_ESCAPE:
	case SCREEN_LEFT:
	case SCREEN_BACKSPACE:
	case 'q':
		menu_events_close(menu);
		menu->pane = MENU_CHANNELS;
		return true;
	default:
		return false;
	}
}
