/* SPDX-License-Identifier: MIT */
/*
 * sharer - a hub's part in the shared order, and nothing else of it
 *
 *   sharer ADDRESSES ORIGIN [IDENTITY [give_up_ms [password_file]]]
 *
 * Reads lines from standard input, words with tabs between them, and does what
 * they say; writes what it is told, a line each.  tests/machines/order.py has
 * the other end.
 */
#include <config.h>

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "hub/shared/entry.h"
#include "hub/shared/shared.h"
#include "lib/log.h"
#include "lib/text.h"

enum { WORDS_MAX = 4096 };

struct sharer {
	struct loop *loop;
	struct shared *shared;
	struct loop_io input;
	struct buf line;
	uint8_t origin[SHARED_ID];
	struct shared_founding founding;
	uint64_t events, founded; /* of a founding */
};

static uint64_t number(const char *text)
{
	uint64_t value = 0;

	text_to_u64(span_of(text), &value);
	return value;
}

/* ---- what it is told */

static void on_answered(void *arg, const struct shared_answer *answer)
{
	static const char *const outcomes[] = {
		"stored", "repeated", "conflict", "behind", "failed"};

	(void)arg;
	printf("answered\t%zu\t%s\t%" PRIu64 "\t%" PRIu64 "\t%" PRIu64
	       "\t%" PRIu64 "\t%s\n",
		(size_t)(uintptr_t)answer->whose, outcomes[answer->outcome],
		answer->first, answer->last, answer->entry, answer->cursor,
		answer->reason == NULL ? "" : answer->reason);
}

static void on_entry(void *arg, const struct shared_entry *entry)
{
	const struct shared_proposal *what = &entry->what;
	struct buf origin = {0};

	(void)arg;
	entry_put_id(&origin, what->origin, SHARED_ID);
	printf("entry\t%" PRIu64 "\t%" PRIu64 "\t%" PRIu64 "\t%.*s\t%" PRIu64
	       "\t%.*s\t%.*s",
		entry->id, entry->at, entry->rows, (int)origin.len, origin.at,
		what->orphan, (int)what->channel.len, what->channel.at,
		(int)what->type.len, what->type.at);
	for (uint32_t i = 0; i < what->count; i++)
		printf("\t%.*s", (int)what->items[i].data.len,
			what->items[i].data.at);
	putchar('\n');
	buf_release(&origin);
}

static void on_hole(void *arg, const struct shared_hole *hole)
{
	(void)arg;
	printf("hole\t%" PRIu64 "\t%" PRIu64 "\n", hole->last, hole->start);
}

static void on_missed(
	void *arg, uint64_t from, uint64_t upto, const char *broken)
{
	(void)arg;
	printf("missed\t%" PRIu64 "\t%" PRIu64 "\t%s\n", from, upto,
		broken == NULL ? "" : broken);
}

static void on_state(void *arg, const struct shared_state *state)
{
	static const char *const wheres[] = {
		"away", "here", "empty", "stopped"};

	(void)arg;
	printf("state\t%s\t%s\t%" PRIu64 "\t%s\t%u\n", wheres[state->where],
		state->sentence == NULL ? "" : state->sentence, state->last,
		state->server, state->machines);
}

static void on_looked(void *arg, uint64_t count, uint64_t last)
{
	(void)arg;
	printf("looked\t%" PRIu64 "\t%" PRIu64 "\n", count, last);
}

static void on_cursor(void *arg, void *whose, uint64_t cursor)
{
	(void)arg;
	printf("cursor\t%zu\t%" PRIu64 "\n", (size_t)(uintptr_t)whose, cursor);
}

static void on_founded(void *arg, const char *fault)
{
	(void)arg;
	printf("founded\t%s\n", fault == NULL ? "" : fault);
}

static void on_may_found(void *arg)
{
	(void)arg;
	printf("may_found\n");
}

static void on_counted(void *arg, const uint8_t origin[SHARED_ID],
	struct span name, uint32_t count)
{
	struct buf text = {0};

	(void)arg;
	entry_put_id(&text, origin, SHARED_ID);
	printf("counted\t%.*s\t%.*s\t%u\n", (int)text.len, text.at,
		(int)name.len, name.at, count);
	buf_release(&text);
}

static void on_left(void *arg, const uint8_t origin[SHARED_ID])
{
	struct buf text = {0};

	(void)arg;
	entry_put_id(&text, origin, SHARED_ID);
	printf("left\t%.*s\n", (int)text.len, text.at);
	buf_release(&text);
}

/* ---- what it is to do */

static void read_inbox(struct shared_cursor *cursor, char *text)
{
	char *at = text;

	cursor->name = span_of(strsep(&at, ":"));
	entry_read_id(span_of(strsep(&at, ":")), cursor->identity, SHARED_ID);
	cursor->from = number(strsep(&at, ":"));
	cursor->to = number(at);
}

static void read_word(
	struct shared_proposal *what, struct shared_item *items, char *word)
{
	char *value = strchr(word, '=');

	*value++ = '\0';
	if (strcmp(word, "channel") == 0)
		what->channel = span_of(value);
	else if (strcmp(word, "type") == 0)
		what->type = span_of(value);
	else if (strcmp(word, "data") == 0)
		items[what->count++].data = span_of(value);
	else if (strcmp(word, "key") == 0)
		/* Of the data that follows. */
		items[what->count].key = span_of(value);
	else if (strcmp(word, "source") == 0)
		what->source = number(value);
	else if (strcmp(word, "number") == 0)
		what->number = number(value);
	else if (strcmp(word, "inbox") == 0)
		read_inbox(&what->cursor, value);
	else if (strcmp(word, "orphan") == 0)
		what->orphan = number(value);
	else if (strcmp(word, "once") == 0)
		what->once = span_of(value);
	else if (strcmp(word, "brief") == 0)
		what->brief = true;
	else if (strcmp(word, "origin") == 0)
		entry_read_id(span_of(value), what->origin, SHARED_ID);
}

static void append(struct sharer *sharer, char **words, size_t count)
{
	static struct shared_item items[WORDS_MAX];
	struct shared_proposal what = {
		.channel = span_of("news"), .items = items, .rows = 1};

	memset(items, 0, sizeof(items));
	memcpy(what.origin, sharer->origin, SHARED_ID);
	for (size_t i = 2; i < count; i++)
		read_word(&what, items, words[i]);
	for (uint32_t i = 0; i < what.count; i++)
		items[i].digest = digest_of(what.type, items[i].data);
	shared_append(
		sharer->shared, &what, (void *)(uintptr_t)number(words[1]));
}

static void follow(struct sharer *sharer, char **words, size_t count)
{
	static struct shared_hole holes[WORDS_MAX];
	uint8_t origin[SHARED_ID] = {0};

	entry_read_id(span_of(words[2]), origin, SHARED_ID);
	for (size_t i = 3; i < count; i++) {
		char *at = words[i];

		holes[i - 3].last = number(strsep(&at, ":"));
		holes[i - 3].start = number(at);
	}
	shared_follow(
		sharer->shared, number(words[1]), origin, holes, count - 3);
}

/* ---- a founding: ids 10, 20, ... */

static bool next_entry(void *arg, struct shared_entry *entry, uint64_t *shown)
{
	static const struct shared_item item = {.data = {"old", 3}};
	struct sharer *sharer = arg;

	if (sharer->founded == sharer->events)
		return false;
	*entry = (struct shared_entry){.id = 10 * ++sharer->founded,
		.at = 1000 + sharer->founded,
		.rows = 1,
		.what = {.channel = span_of("news"),
			.items = &item,
			.count = 1,
			.rows = 1}};
	*shown = entry->id;
	return true;
}

static bool next_key(void *arg, struct shared_key *key)
{
	static bool given;

	(void)arg;
	*key = (struct shared_key){.channel = span_of("news"),
		.key = span_of("old key"),
		.digest = digest_of(span_of(""), span_of("old")),
		.id = 10,
		.at = clock_wall_ms()};
	given = !given;
	return given;
}

static bool next_cursor(void *arg, struct shared_cursor *cursor)
{
	static bool given;

	(void)arg;
	*cursor = (struct shared_cursor){.name = span_of("orders"), .to = 77};
	given = !given;
	return given;
}

static void found(struct sharer *sharer, char **words)
{
	struct shared_founding *what = &sharer->founding;

	*what = (struct shared_founding){.last = number(words[2]),
		.at = 2000,
		.entry = next_entry,
		.key = next_key,
		.cursor = next_cursor,
		.arg = sharer};
	memset(what->identity, 0xab, SHARED_ID);
	memset(what->secret, 0xcd, SHARED_SECRET);
	sharer->events = number(words[1]);
	sharer->founded = 0;
	shared_found(sharer->shared, what);
}

static void do_line(struct sharer *sharer, char *line)
{
	static char *words[WORDS_MAX];
	uint8_t identity[SHARED_ID] = {0};
	size_t count = 0;

	while (count < WORDS_MAX &&
		(words[count] = strsep(&line, "\t")) != NULL)
		count++;
	if (strcmp(words[0], "append") == 0)
		append(sharer, words, count);
	else if (strcmp(words[0], "follow") == 0)
		follow(sharer, words, count);
	else if (strcmp(words[0], "pause") == 0)
		shared_pause(sharer->shared);
	else if (strcmp(words[0], "look") == 0)
		shared_look(sharer->shared);
	else if (strcmp(words[0], "cursor") == 0)
		shared_ask_cursor(sharer->shared, span_of(words[2]), identity,
			(void *)(uintptr_t)number(words[1]));
	else if (strcmp(words[0], "count") == 0)
		shared_count(sharer->shared, span_of(words[1]),
			(uint32_t)number(words[2]));
	else if (strcmp(words[0], "found") == 0)
		found(sharer, words);
}

static void on_input(void *arg, unsigned events)
{
	struct sharer *sharer = arg;
	ssize_t len =
		read(STDIN_FILENO, buf_reserve(&sharer->line, 65536), 65536);
	char *end;

	(void)events;
	if (len <= 0) {
		loop_stop(sharer->loop);
		return;
	}
	sharer->line.len += (size_t)len;
	while ((end = memchr(sharer->line.at, '\n', sharer->line.len)) !=
		NULL) {
		*end = '\0';
		do_line(sharer, sharer->line.at);
		buf_drop(&sharer->line, (size_t)(end + 1 - sharer->line.at));
	}
	fflush(stdout);
}

static void flush(void *arg)
{
	(void)arg;
	fflush(stdout);
}

int main(int argc, char **argv)
{
	static struct sharer sharer;
	const struct shared_notify notify = {on_answered, on_entry, on_hole,
		on_missed, on_state, on_looked, on_cursor, on_founded,
		on_may_found, on_counted, on_left, &sharer};
	struct shared_options options = {.redis = argv[1],
		.prefix = "{tidings}",
		.machine = "a machine",
		.give_up_ms = argc > 4 ? number(argv[4]) : 5000,
		.password_file = argc > 5 ? argv[5] : NULL,
		.keep_age_ms = 3600000,
		.keep_bytes = 256 << 20,
		.key_age_ms = 86400000,
		.found_auto = getenv("FOUND_AUTO") != NULL};
	struct loop_turn turn;
	const char *fault;

	if (argc < 3)
		return 2;
	log_open("sharer", false, false);
	entry_read_id(span_of(argv[2]), options.origin, SHARED_ID);
	memcpy(sharer.origin, options.origin, SHARED_ID);
	if (argc > 3)
		entry_read_id(span_of(argv[3]), options.identity, SHARED_ID);
	sharer.loop = loop_new(&clock_system);
	sharer.shared = shared_open(sharer.loop, &options, &notify, &fault);
	if (sharer.shared == NULL)
		log_fatalx("%s", fault);
	loop_io_init(&sharer.input, STDIN_FILENO, on_input, &sharer);
	loop_io_want(sharer.loop, &sharer.input, LOOP_READ);
	loop_turn_init(&turn, 9, flush, NULL);
	loop_turn_start(sharer.loop, &turn);
	loop_run(sharer.loop);
	shared_close(sharer.shared);
	loop_free(sharer.loop);
	buf_release(&sharer.line);
	return 0;
}
