/* SPDX-License-Identifier: MIT */
/*
 * channels - the first pane: which channels there are, asked again and again
 */
#include <config.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "client/menu/menu.h"
#include "client/show/listed.h"
#include "client/show/look.h"
#include "lib/clock.h"
#include "lib/escape.h"
#include "lib/json/json.h"

enum {
	PAUSE_US = 2000000, /* between two questions */
	PATIENCE_MS = 10000,
};

struct menu_row {
	char *name;
	struct listed listed; /* its name is not to be used */
};

static void drop_rows(struct menu *menu)
{
	for (size_t i = 0; i < menu->row_count; i++)
		free(menu->rows[i].name);
	free(menu->rows);
	menu->rows = NULL;
	menu->row_count = 0;
}

/* The busiest first; of equals by name. */
static int compare(const void *one, const void *other)
{
	const struct menu_row *a = one, *b = other;

	if (a->listed.subscribers != b->listed.subscribers)
		return a->listed.subscribers < b->listed.subscribers ? 1 : -1;
	return strcmp(a->name, b->name);
}

static size_t shown(const struct menu *menu, size_t *indexes)
{
	size_t count = 0;

	for (size_t i = 0; i < menu->row_count; i++) {
		if (!menu_is_match(
			    &menu->row_filter, span_of(menu->rows[i].name)))
			continue;
		if (indexes != NULL)
			indexes[count] = i;
		count++;
	}
	return count;
}

const char *menu_channels_chosen(const struct menu *menu)
{
	size_t *indexes = mem_new((menu->row_count + 1) * sizeof(*indexes));
	size_t count = shown(menu, indexes);
	const char *name = menu->row.chosen < count
				   ? menu->rows[indexes[menu->row.chosen]].name
				   : NULL;

	free(indexes);
	return name;
}

/* The one that was chosen stays so, wherever it is now. */
static void choose_again(struct menu *menu, const char *name)
{
	size_t *indexes = mem_new((menu->row_count + 1) * sizeof(*indexes));
	size_t count = shown(menu, indexes);

	for (size_t i = 0; name != NULL && i < count; i++)
		if (strcmp(menu->rows[indexes[i]].name, name) == 0)
			menu->row.chosen = i;
	free(indexes);
}

static void take(struct menu *menu, struct json_object *list)
{
	const char *chosen = menu_channels_chosen(menu);
	char *name = chosen == NULL ? NULL : mem_text(span_of(chosen));
	size_t count = json_length(list);

	drop_rows(menu);
	menu->rows = mem_new((count + 1) * sizeof(*menu->rows));
	for (size_t i = 0; i < count; i++) {
		struct menu_row *row = &menu->rows[i];

		listed_read(json_item(list, i), &row->listed);
		row->name = mem_text(row->listed.name);
	}
	menu->row_count = count;
	if (count > 1)
		qsort(menu->rows, count, sizeof(*menu->rows), compare);
	choose_again(menu, name);
	free(name);
}

static void read_answer(struct menu *menu)
{
	struct json_object *answer = json_parse(buf_span(&menu->answer.body));
	bool more, good = menu->answer.exit_status == EXIT_OK;
	struct json_object *list = good ? listed_page(answer, &more) : NULL;
	struct span message = {0};

	buf_clear(&menu->trouble);
	json_text(answer, "message", &message);
	if (list != NULL)
		take(menu, list);
	else if (good)
		buf_add_span(&menu->trouble,
			span_of("the answer is not from Tidings"));
	else
		buf_add_span(&menu->trouble,
			message.len > 0 ? message
					: span_of(menu->answer.sentence.at));
	menu->asked = true;
	json_free(answer);
}

void menu_channels_turn(struct menu *menu)
{
	uint64_t now = clock_mono_us();

	if (menu->asking == NULL && now >= menu->ask_again) {
		answer_release(&menu->answer);
		menu->request = (struct http_request){
			.path = "/api/channels?limit=1000",
			.deadline_ms = PATIENCE_MS};
		menu->asking =
			http_start(menu->http, &menu->request, &menu->answer);
	} else if (menu->asking != NULL && http_is_done(menu->asking)) {
		read_answer(menu);
		http_stop(menu->asking);
		menu->asking = NULL;
		menu->ask_again = now + PAUSE_US;
	}
}

void menu_channels_release(struct menu *menu)
{
	if (menu->asking != NULL)
		http_stop(menu->asking);
	answer_release(&menu->answer);
	drop_rows(menu);
	buf_release(&menu->row_filter);
	buf_release(&menu->trouble);
}

/* ---- drawn */

static void draw_row(
	const struct menu *menu, int row, size_t index, bool chosen)
{
	size_t width = (size_t)screen_columns();
	struct listed listed = menu->rows[index].listed;
	struct buf line = {0};

	listed.name = span_of(menu->rows[index].name);
	buf_add_span(&line, span_of(!chosen	  ? "  "
				    : menu->signs ? "▸ "
						  : "> "));
	listed_fit(&line, &listed, width > 2 ? width - 2 : 0);
	look_pad(&line, buf_span(&line), chosen ? width : 0);
	screen_put(row, 0, (int)width, chosen ? SCREEN_ALARM : SCREEN_PLAIN,
		buf_span(&line));
	buf_release(&line);
}

static void draw_none(const struct menu *menu)
{
	const char *why =
		!menu->asked		   ? "asking ..."
		: menu->row_filter.len > 0 ? "none has that in its name"
		: menu->trouble.len == 0   ? "no channel yet: p publishes"
					   : "";
	struct buf safe = {0};

	escape_add(&safe, menu->trouble.len > 0 ? buf_span(&menu->trouble)
						: span_of(why));
	screen_put(menu_top(), 2, screen_columns() - 2,
		menu->trouble.len > 0 ? SCREEN_BAD : SCREEN_DIM,
		buf_span(&safe));
	buf_release(&safe);
}

static void draw_head(const struct menu *menu)
{
	struct buf left = {0}, right = {0};

	buf_printf(&left, "Tidings  %s", http_url(menu->http));
	if (menu->trouble.len > 0)
		buf_add_span(&right, span_of("away"));
	else if (menu->row_filter.len > 0)
		menu_add_filter(&right, &menu->row_filter);
	if (menu->asked && menu->trouble.len == 0)
		buf_printf(&right, "%zu channel%s", shown(menu, NULL),
			shown(menu, NULL) == 1 ? "" : "s");
	menu_title(menu, buf_span(&left), buf_span(&right));
	buf_release(&left);
	buf_release(&right);
}

void menu_channels_draw(struct menu *menu)
{
	static const char *const keys[] = {"q end", "Enter listen", "p publish",
		"/ filter", "a all", "n by name", NULL};
	size_t *indexes = mem_new((menu->row_count + 1) * sizeof(*indexes));
	size_t count = shown(menu, indexes), width = (size_t)screen_columns();
	int top = menu_top(), room = menu_room();
	struct buf head = {0};

	draw_head(menu);
	if (room > 4 && count > 0) {
		buf_add_span(&head, span_of("  "));
		listed_fit(&head, NULL, width > 2 ? width - 2 : 0);
		screen_put(top++, 0, (int)width, SCREEN_DIM, buf_span(&head));
		room--;
	}
	choice_fit(&menu->row, count, (size_t)room);
	for (int i = 0; i < room; i++) {
		size_t at = menu->row.top + (size_t)i;

		if (at >= count)
			break;
		draw_row(menu, top + i, indexes[at], at == menu->row.chosen);
	}
	if (count == 0)
		draw_none(menu);
	menu_keys(menu, keys);
	buf_release(&head);
	free(indexes);
}

bool menu_channels_key(struct menu *menu, int key)
{
	const char *name = menu_channels_chosen(menu);
	size_t count = shown(menu, NULL);

	if (choice_key(&menu->row, key, count, (size_t)menu_room()))
		return true;
	switch (key) {
	case SCREEN_ENTER:
	case SCREEN_RIGHT:
		if (name != NULL)
			menu_listen(menu, name);
		return true;
	case 'a':
		menu_listen(menu, "");
		return true;
	case 'n':
		menu->question = MENU_OPEN;
		entry_open(&menu->entry, "channel:", span(NULL, 0));
		return true;
	case 'q':
	case 'Q':
		menu->over = true;
		return true;
	default:
		return false;
	}
}
