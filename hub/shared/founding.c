/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "hub/shared/founding.h"

#include <string.h>

#include "hub/shared/append.h"
#include "hub/shared/command.h"
#include "hub/shared/entry.h"
#include "hub/shared/fault.h"
#include "hub/shared/random.h"
#include "lib/clock.h"

static void finish(struct founding *founding, const char *fault)
{
	founding->what = NULL;
	founding->done(founding->arg, fault);
}

static void word(struct founding *founding, const struct buf *text)
{
	command_word(&founding->words, buf_span(text));
	founding->word_count++;
}

static void number(struct founding *founding, uint64_t value)
{
	command_number(&founding->words, value);
	founding->word_count++;
}

static void next_hole(struct founding *founding)
{
	const struct shared_founding *what = founding->what;

	if (what->hole == NULL || !what->hole(what->arg, &founding->hole))
		founding->hole = (struct shared_hole){0};
}

/* ---- what a step has; 0 if that is nothing */

/* It comes after `last`, or after what was put before it: all of that is there,
 * but for what was cut. */
static void put_place(struct founding *founding, uint64_t id, uint64_t last)
{
	number(founding, id);
	number(founding, founding->whole ? founding->before : last);
	founding->before = id;
}

static void put_nothing(struct founding *founding, unsigned words)
{
	static const struct buf none;

	while (words-- > 0)
		word(founding, &none);
}

/* Those that begin up to there. */
static void put_holes(struct founding *founding, uint64_t upto)
{
	const struct shared_founding *what = founding->what;
	struct shared_hole *hole = &founding->hole;

	while (hole->start != 0 && hole->start <= upto) {
		put_place(founding, hole->start, hole->last);
		put_nothing(founding, 1);
		number(founding, hole->last);
		put_nothing(founding, 5);
		if (what->from > 0 && hole->last >= what->from)
			founding->whole = true;
		next_hole(founding);
	}
}

/* So that a publish that is sent again, or put back, is known. */
static void put_receipt(struct founding *founding,
	const struct shared_entry *entry, uint64_t shown, struct buf *scratch)
{
	uint64_t now = clock_date_ms(loop_clock(founding->conn->loop));
	uint64_t ends = entry->at + APPEND_RECEIPT_AGE_S * 1000ull;
	bool lives = entry->what.source != 0 && ends > now;

	buf_clear(scratch);
	if (lives)
		entry_put_receipt(scratch, &entry->what);
	word(founding, scratch);
	number(founding, shown);
	number(founding, lives ? ends - now : 0);
}

static void put_entry(struct founding *founding,
	const struct shared_entry *entry, uint64_t shown, struct buf *scratch)
{
	put_place(founding, entry->id, entry->id - entry->rows);
	founding->whole = true;
	founding->at = entry->at;
	buf_clear(scratch);
	entry_put_head(scratch, &entry->what);
	word(founding, scratch);
	number(founding, entry->at);
	number(founding, entry->rows);
	buf_clear(scratch);
	for (uint32_t i = 0; i < entry->what.count; i++)
		entry_put_item(scratch, &entry->what.items[i]);
	word(founding, scratch);
	put_receipt(founding, entry, shown, scratch);
}

static size_t put_entries(struct founding *founding, struct buf *scratch)
{
	const struct shared_founding *what = founding->what;
	struct shared_entry entry;
	uint64_t shown;
	size_t count = 0;

	while (count < FOUNDING_MOST && founding->words.len < FOUNDING_BYTES &&
		(founding->more = what->entry(what->arg, &entry, &shown))) {
		put_holes(founding, entry.id);
		put_entry(founding, &entry, shown, scratch);
		count++;
	}
	if (!founding->more)
		put_holes(founding, what->last);
	return founding->word_count;
}

static size_t put_keys(struct founding *founding, struct buf *scratch)
{
	const struct shared_founding *what = founding->what;
	uint64_t now = clock_date_ms(loop_clock(founding->conn->loop));
	struct shared_key key;
	size_t count = 0;

	while (count < FOUNDING_MOST &&
		(founding->more = what->key(what->arg, &key))) {
		uint64_t ends = key.at + founding->key_age_ms;

		count++;
		if (ends <= now)
			continue;
		buf_clear(scratch);
		entry_put_key(scratch, key.channel, key.key);
		word(founding, scratch);
		buf_clear(scratch);
		entry_put_digest(scratch, key.digest);
		buf_printf(scratch, " %llu %llu", (unsigned long long)key.id,
			(unsigned long long)key.at);
		word(founding, scratch);
		number(founding, ends - now);
	}
	return count;
}

static size_t put_cursors(struct founding *founding, struct buf *scratch)
{
	const struct shared_founding *what = founding->what;
	struct shared_cursor cursor;
	size_t count = 0;

	while (count < FOUNDING_MOST &&
		(founding->more = what->cursor(what->arg, &cursor))) {
		buf_clear(scratch);
		entry_put_inbox(scratch, cursor.name, cursor.identity);
		word(founding, scratch);
		number(founding, cursor.to);
		count++;
	}
	return count;
}

static size_t put_end(struct founding *founding, struct buf *scratch)
{
	const struct shared_founding *what = founding->what;

	buf_clear(scratch);
	entry_put_id(scratch, what->identity, SHARED_ID);
	word(founding, scratch);
	buf_clear(scratch);
	entry_put_id(scratch, what->secret, SHARED_SECRET);
	word(founding, scratch);
	number(founding,
		what->last > founding->before ? what->last : founding->before);
	number(founding, what->at > founding->at ? what->at : founding->at);
	number(founding, random_below(RANDOM_JUMP));
	buf_clear(scratch);
	if (founding->before > 0 || !what->cut)
		buf_printf(
			scratch, "%llu", (unsigned long long)founding->before);
	word(founding, scratch);
	return 1;
}

static size_t put(struct founding *founding)
{
	struct buf scratch = {0};
	size_t count = 1;

	buf_clear(&founding->words);
	founding->word_count = 0;
	founding->more = false;
	switch (founding->step) {
	case FOUNDING_BEGIN:
		break;
	case FOUNDING_ENTRIES:
		count = put_entries(founding, &scratch);
		break;
	case FOUNDING_KEYS:
		count = put_keys(founding, &scratch);
		break;
	case FOUNDING_CURSORS:
		count = put_cursors(founding, &scratch);
		break;
	case FOUNDING_END:
		count = put_end(founding, &scratch);
		break;
	}
	buf_release(&scratch);
	return count;
}

/* ---- step after step */

static void on_reply(void *arg, const struct redis_reply *reply);

static void send(struct founding *founding)
{
	static const char *const names[] = {
		"begin", "entries", "keys", "cursors", "end"};
	struct script script = {.text = script_found};
	struct buf *command = &founding->command, origin = {0};

	buf_clear(command);
	script_call(&script, command, 1 + 5 + 3 + founding->word_count);
	command_number(command, 5);
	command_key(command, founding->prefix, "log");
	command_key(command, founding->prefix, "hole");
	command_key(command, founding->prefix, "state");
	command_key(command, founding->prefix, "inbox");
	command_key(command, founding->prefix, "founder");
	command_key(command, founding->prefix, "");
	entry_put_id(&origin, founding->origin, SHARED_ID);
	command_word(command, buf_span(&origin));
	command_word(command, span_of(names[founding->step]));
	buf_add_span(command, buf_span(&founding->words));
	conn_ask(founding->conn, command, on_reply, founding);
	buf_release(&origin);
}

static void go_on(struct founding *founding)
{
	while (put(founding) == 0)
		founding->step++;
	send(founding);
}

static void on_reply(void *arg, const struct redis_reply *reply)
{
	struct founding *founding = arg;
	const struct redis *redis = founding->conn->redis;
	struct span text = redis->text(reply);

	if (founding->what == NULL)
		return;
	if (redis->kind(reply) == REDIS_KIND_ERROR) {
		buf_clear(&founding->fault);
		fault_of_error(&founding->fault, text);
		buf_add_char(&founding->fault, '\0');
		finish(founding, founding->fault.at);
	} else if (span_is(text, "taken")) {
		finish(founding, "it has an order already");
	} else if (span_is(text, "other")) {
		finish(founding, "another machine founds it at the moment");
	} else if (founding->step == FOUNDING_END) {
		finish(founding, NULL);
	} else {
		if (!founding->more)
			founding->step++;
		go_on(founding);
	}
}

void founding_begin(
	struct founding *founding, const struct shared_founding *what)
{
	founding->what = what;
	founding->step = FOUNDING_BEGIN;
	founding->before = founding->at = 0;
	founding->whole = !what->cut;
	next_hole(founding);
	go_on(founding);
}

void founding_lost(struct founding *founding, const char *why)
{
	if (founding->what != NULL)
		finish(founding, why);
}

/* ---- life */

void founding_init(struct founding *founding, struct conn *conn,
	const struct shared_options *options, const char *prefix,
	void (*done)(void *arg, const char *fault), void *arg)
{
	*founding = (struct founding){
		.conn = conn,
		.prefix = prefix,
		.key_age_ms = options->key_age_ms,
		.done = done,
		.arg = arg,
	};
	memcpy(founding->origin, options->origin, SHARED_ID);
}

void founding_release(struct founding *founding)
{
	buf_release(&founding->words);
	buf_release(&founding->command);
	buf_release(&founding->fault);
}
