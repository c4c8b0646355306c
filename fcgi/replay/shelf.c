/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "fcgi/replay/shelf.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "fcgi/replay/strip.h"
#include "lib/buf.h"
#include "lib/search.h"
#include "lib/table.h"

enum { FIRST_ROOM = 4 };

/* A channel's strips of one kind, by where they begin. */
struct shelf_row {
	struct table_node node;
	struct strip **strips;
	size_t count, room;
	uint16_t key_len;
	char key[]; /* kind and name */
};

struct shelf {
	struct table rows;
	struct node idle;    /* strips nobody holds, the longest idle first */
	size_t bytes, limit; /* of strips, those included that are held and not
				found any more */
	struct buf sought;   /* scratch: the key of a row */
};

static struct span key_of(const struct table_node *node)
{
	const struct shelf_row *row = table_entry(node, struct shelf_row, node);

	return span(row->key, row->key_len);
}

struct shelf *shelf_new(size_t limit)
{
	struct shelf *shelf = mem_new(sizeof(*shelf));

	shelf->limit = limit;
	list_init(&shelf->idle);
	table_init(&shelf->rows, key_of, NULL);
	return shelf;
}

void shelf_free(struct shelf *shelf)
{
	if (shelf == NULL)
		return;
	shelf_clear(shelf);
	assert(shelf->rows.count == 0 && shelf->bytes == 0);
	table_release(&shelf->rows);
	buf_release(&shelf->sought);
	free(shelf);
}

/* ---- rows */

static struct shelf_row *find_row(
	struct shelf *shelf, unsigned kind, struct span channel)
{
	struct buf *key = &shelf->sought;
	struct table_node *node;

	buf_clear(key);
	buf_add_char(key, (char)kind);
	buf_add_span(key, channel);
	node = table_find(&shelf->rows, buf_span(key));
	return node == NULL ? NULL : table_entry(node, struct shelf_row, node);
}

static struct shelf_row *make_row(
	struct shelf *shelf, unsigned kind, struct span channel)
{
	struct shelf_row *row = find_row(shelf, kind, channel);

	if (row != NULL)
		return row;
	row = mem_new(sizeof(*row) + 1 + channel.len);
	row->key_len = (uint16_t)(1 + channel.len);
	row->key[0] = (char)kind;
	memcpy(row->key + 1, channel.at, channel.len);
	table_add(&shelf->rows, &row->node);
	return row;
}

static uint64_t from_at(const void *of, uint64_t place)
{
	const struct shelf_row *row = of;

	return row->strips[place]->from;
}

/* The place of the first strip that begins above `cursor`. */
static size_t place_above(const struct shelf_row *row, uint64_t cursor)
{
	return search_above(0, row->count, from_at, row, cursor);
}

static void insert(struct shelf_row *row, struct strip *strip)
{
	size_t place = place_above(row, strip->from);

	if (row->count == row->room) {
		row->room = row->room == 0 ? FIRST_ROOM : 2 * row->room;
		row->strips = mem_resize(
			row->strips, row->room * sizeof(struct strip *));
	}
	memmove(row->strips + place + 1, row->strips + place,
		(row->count - place) * sizeof(struct strip *));
	row->strips[place] = strip;
	row->count++;
	strip->row = row;
}

static void take_out(struct shelf *shelf, struct strip *strip)
{
	struct shelf_row *row = strip->row;
	size_t place = place_above(row, strip->from) - 1;

	assert(row->strips[place] == strip);
	row->count--;
	memmove(row->strips + place, row->strips + place + 1,
		(row->count - place) * sizeof(struct strip *));
	strip->row = NULL;
	if (row->count > 0)
		return;
	table_remove(&shelf->rows, &row->node);
	free(row->strips);
	free(row);
}

/* ---- strips */

static void forget(struct shelf *shelf, struct strip *strip)
{
	shelf->bytes -= strip->cost;
	strip_free(strip);
}

struct strip *shelf_find(struct shelf *shelf, unsigned kind,
	struct span channel, uint64_t cursor)
{
	const struct shelf_row *row = find_row(shelf, kind, channel);
	size_t place = row == NULL ? 0 : place_above(row, cursor);
	struct strip *strip;

	if (place == 0)
		return NULL;
	strip = row->strips[place - 1];
	if (strip->through <= cursor)
		return NULL;
	shelf_hold(strip);
	return strip;
}

uint64_t shelf_next(struct shelf *shelf, unsigned kind, struct span channel,
	uint64_t cursor)
{
	const struct shelf_row *row = find_row(shelf, kind, channel);
	size_t place = row == NULL ? 0 : place_above(row, cursor);

	return row == NULL || place == row->count ? UINT64_MAX
						  : row->strips[place]->from;
}

static void make_room(struct shelf *shelf)
{
	while (shelf->bytes > shelf->limit && !list_empty(&shelf->idle))
		shelf_discard(shelf,
			list_entry(shelf->idle.next, struct strip, idle));
}

void shelf_add(struct shelf *shelf, unsigned kind, struct span channel,
	struct strip *strip)
{
	struct shelf_row *row = make_row(shelf, kind, channel);
	size_t place = place_above(row, strip->from);
	struct strip *old = place == 0 ? NULL : row->strips[place - 1];

	insert(row, strip);
	shelf->bytes += strip->cost;
	strip->holds = 1;
	if (old != NULL && old->from == strip->from) {
		/* Of two that begin together the new one is found. */
		row->strips[place - 1] = strip;
		row->strips[place] = old;
		shelf_discard(shelf, old);
	}
	make_room(shelf);
}

void shelf_hold(struct strip *strip)
{
	list_remove(&strip->idle);
	strip->holds++;
}

void shelf_let_go(struct shelf *shelf, struct strip *strip)
{
	if (--strip->holds > 0)
		return;
	if (strip->row == NULL) {
		forget(shelf, strip);
		return;
	}
	list_append(&shelf->idle, &strip->idle);
	make_room(shelf);
}

void shelf_discard(struct shelf *shelf, struct strip *strip)
{
	if (strip->row == NULL)
		return;
	take_out(shelf, strip);
	list_remove(&strip->idle);
	if (strip->holds == 0)
		forget(shelf, strip);
}

/* The row goes with the last of its strips. */
static void erase_in(struct shelf *shelf, struct shelf_row *row, uint64_t first,
	uint64_t last)
{
	for (size_t left = row->count; left > 0; left--) {
		struct strip *strip = row->strips[left - 1];

		if (strip->from < last && strip->through >= first)
			shelf_discard(shelf, strip);
	}
}

void shelf_erase(struct shelf *shelf, uint64_t first, uint64_t last)
{
	struct table_node *next, *node = table_first(&shelf->rows);

	for (; node != NULL; node = next) {
		next = table_next(&shelf->rows, node);
		erase_in(shelf, table_entry(node, struct shelf_row, node),
			first, last);
	}
}

void shelf_clear(struct shelf *shelf)
{
	struct table_node *node;

	while ((node = table_first(&shelf->rows)) != NULL) {
		struct shelf_row *row =
			table_entry(node, struct shelf_row, node);

		shelf_discard(shelf, row->strips[row->count - 1]);
	}
}

size_t shelf_bytes(const struct shelf *shelf)
{
	return shelf->bytes;
}

bool shelf_is_overfull(const struct shelf *shelf)
{
	return shelf->bytes > shelf->limit; /* none is idle then */
}
