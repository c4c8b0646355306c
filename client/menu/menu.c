/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "client/menu/menu.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/http/interrupt.h"
#include "client/option/colour.h"
#include "client/option/option.h"
#include "client/verbs.h"
#include "lib/clock.h"

enum {
	TURN_MS = 200,
	DRAW_US = 50000, /* at most 20 times a second */
};

/* ---- questions */

static struct buf *filter_of(struct menu *menu)
{
	return menu->pane == MENU_CHANNELS ? &menu->row_filter
					   : &menu->event_filter;
}

static void set_filter(struct menu *menu, struct span text)
{
	struct buf *filter = filter_of(menu);

	buf_clear(filter);
	buf_add_span(filter, text);
}

static void ask(struct menu *menu, enum menu_question question,
	const char *label, struct span text)
{
	menu->question = question;
	entry_open(&menu->entry, label, text);
}

/* On the channel that is shown or chosen; else he says on which. */
static void ask_message(struct menu *menu)
{
	const char *name = menu->pane == MENU_CHANNELS
				   ? menu_channels_chosen(menu)
			   : menu->channel.len > 1 ? menu->channel.at
						   : NULL;

	if (menu->pane == MENU_CHANNELS || name == NULL) {
		ask(menu, MENU_WHERE,
			"publish on:", span_of(name == NULL ? "main" : name));
		return;
	}
	buf_clear(&menu->where);
	buf_add(&menu->where, name, strlen(name) + 1);
	ask(menu, MENU_MESSAGE, "message:", span(NULL, 0));
}

static void take_answer(struct menu *menu, struct span text)
{
	char *copy = mem_text(text);
	enum menu_question question = menu->question;

	menu->question = MENU_NO_QUESTION;
	entry_close(&menu->entry);
	if (question == MENU_OPEN && text.len > 0) {
		menu_listen(menu, copy);
	} else if (question == MENU_WHERE && text.len > 0) {
		buf_clear(&menu->where);
		buf_add(&menu->where, copy, strlen(copy) + 1);
		ask(menu, MENU_MESSAGE, "message:", span(NULL, 0));
	} else if (question == MENU_MESSAGE && text.len > 0) {
		menu_post(menu, menu->where.at, text);
	}
	free(copy);
}

static void on_answer_key(struct menu *menu, int key)
{
	enum entry_word word = entry_key(&menu->entry, key);
	bool filter = menu->question == MENU_FILTER;

	if (filter)
		set_filter(menu, word == ENTRY_LEFT
					 ? span(NULL, 0)
					 : buf_span(&menu->entry.text));
	if (word == ENTRY_DONE) {
		take_answer(menu, buf_span(&menu->entry.text));
	} else if (word == ENTRY_LEFT) {
		menu->question = MENU_NO_QUESTION;
		entry_close(&menu->entry);
	}
}

/* ---- keys */

static const struct {
	void (*draw)(struct menu *menu);
	bool (*key)(struct menu *menu, int key);
} panes[] = {
	[MENU_CHANNELS] = {menu_channels_draw, menu_channels_key},
	[MENU_LISTEN] = {menu_events_draw, menu_events_key},
	[MENU_EVENT] = {menu_event_draw, menu_event_key},
};

static void on_key(struct menu *menu, int key)
{
	if (key == SCREEN_GONE)
		menu->over = true;
	else if (menu->question != MENU_NO_QUESTION)
		on_answer_key(menu, key);
	else if (panes[menu->pane].key(menu, key))
		return;
	else if (key == 'p')
		ask_message(menu);
	else if (key == '/' && menu->pane != MENU_EVENT)
		ask(menu, MENU_FILTER, "/", buf_span(filter_of(menu)));
	else if (key == SCREEN_ESCAPE)
		set_filter(menu, span(NULL, 0));
}

/* ---- the loop */

static void draw(struct menu *menu)
{
	screen_begin();
	panes[menu->pane].draw(menu);
	screen_end();
}

/* How long nothing has to be done, in ms: what has come since the last drawing
 * is drawn as soon as the next one may be. */
static int pause_ms(uint64_t drawn, bool late)
{
	uint64_t since = clock_mono_us() - drawn;

	if (!late)
		return TURN_MS;
	return since < DRAW_US ? (int)((DRAW_US - since) / 1000) + 1 : 0;
}

static void run(struct menu *menu)
{
	uint64_t drawn = 0, shown = 0;
	int key;

	while (!menu->over && !interrupt_caught()) {
		menu_channels_turn(menu);
		menu_post_turn(menu);
		if (menu->pane != MENU_CHANNELS)
			feed_turn(&menu->feed);
		if (clock_mono_us() - drawn >= DRAW_US) {
			draw(menu);
			drawn = clock_mono_us();
			shown = menu->heard;
		}
		http_turn(menu->http, pause_ms(drawn, menu->heard != shown));
		while (!menu->over &&
			(key = screen_wait(0)) != SCREEN_NOTHING) {
			on_key(menu, key);
			drawn = 0;
		}
	}
}

static void release(struct menu *menu)
{
	menu_channels_release(menu);
	menu_events_close(menu);
	menu_post_release(menu);
	entry_release(&menu->entry);
	buf_release(&menu->channel);
	buf_release(&menu->event_filter);
	buf_release(&menu->whole);
	buf_release(&menu->path);
	buf_release(&menu->body);
	buf_release(&menu->where);
	buf_release(&menu->notice);
	http_free(menu->http);
	free(menu);
}

static enum exit_status run_screen(void)
{
	struct menu *menu = mem_new(sizeof(*menu));

	menu->http = http_new();
	if (menu->http == NULL) {
		free(menu);
		return EXIT_USAGE;
	}
	if (!screen_open()) { /* it may do for lines */
		release(menu);
		return menu_lines();
	}
	menu->signs = colour_signs();
	interrupt_catch();
	http_watch(menu->http, STDIN_FILENO);
	run(menu);
	screen_close();
	release(menu);
	if (interrupt_caught())
		interrupt_die();
	return EXIT_OK;
}

static enum exit_status run_menu(void)
{
	return isatty(STDIN_FILENO) != 0 && isatty(STDOUT_FILENO) != 0
		       ? run_screen()
		       : menu_lines();
}

const struct verb verb_menu = {
	.name = "menu",
	.arguments = "",
	.summary = "look at channels and events on the whole screen",
	.more = "Arrows and Enter choose; p publishes, / filters, q goes back. "
		" Where there is no\nterminal it is a list of things to try.",
	.examples = "tidings menu\n"
		    "tidings menu --url https://site.example/tidings",
	.group = "Try out",
	.most = 0,
	.run = run_menu,
};
