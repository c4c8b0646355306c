/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "hub/shared/tally.h"

#include <stdlib.h>
#include <string.h>

#include "hub/shared/command.h"
#include "hub/shared/entry.h"
#include "lib/text.h"

struct told {
	struct table_node node;
	struct node changed;
	uint32_t number;
	unsigned round; /* of an other machine's: when it was read last */
	size_t len;
	char name[];
};

struct other {
	struct node node;
	struct tally *tally;
	uint8_t origin[SHARED_ID];
	uint64_t version; /* that was asked for last */
	bool asked, gone;
	unsigned round;
	struct table told;
};

/* ---- names */

static struct told *entry(struct table_node *node)
{
	return node == NULL ? NULL : table_entry(node, struct told, node);
}

static struct span name_of(const struct table_node *node)
{
	/* It is the first member. */
	const struct told *told = (const struct told *)(const void *)node;

	return span(told->name, told->len);
}

static struct told *add(struct table *table, struct span name)
{
	struct told *told = mem_new(sizeof(*told) + name.len);

	list_init(&told->changed);
	told->len = name.len;
	memcpy(told->name, name.at, name.len);
	table_add(table, &told->node);
	return told;
}

static void drop(struct table *table, struct told *told)
{
	list_remove(&told->changed);
	table_remove(table, &told->node);
	free(told);
}

static void drop_all(struct table *table)
{
	struct table_node *node;

	while ((node = table_first(table)) != NULL)
		drop(table, entry(node));
	table_release(table);
}

/* ---- one's own */

void tally_set(struct tally *tally, struct span name, uint32_t number)
{
	struct told *told = entry(table_find(&tally->own, name));

	if (told == NULL && (number == 0 || tally->own.count >= TALLY_MAX))
		return;
	if (told == NULL)
		told = add(&tally->own, name);
	if (told->number == number)
		return;
	told->number = number;
	list_remove(&told->changed);
	list_append(&tally->changed, &told->changed);
}

static void put_key(
	struct buf *out, const char *prefix, const uint8_t origin[SHARED_ID])
{
	struct buf name = {0};

	buf_add_text(&name, "count:");
	entry_put_id(&name, origin, SHARED_ID);
	buf_add_char(&name, '\0');
	command_key(out, prefix, name.at);
	buf_release(&name);
}

static void send(struct tally *tally, const char *verb, size_t words,
	const struct buf *rest)
{
	struct buf command = {0};

	if (words == 0 && rest != NULL)
		return;
	command_begin(&command, 2 + words);
	command_word(&command, span_of(verb));
	put_key(&command, tally->prefix, tally->origin);
	if (rest != NULL)
		buf_add_span(&command, buf_span(rest));
	conn_ask(tally->conn, &command, NULL, NULL);
	buf_release(&command);
}

/* Writes some of what has changed; those that nobody listens to go. */
static void write_some(struct tally *tally)
{
	struct buf set = {0}, gone = {0};
	size_t sets = 0, goes = 0;

	while (!list_empty(&tally->changed) && sets + goes < TALLY_STEP) {
		struct told *told =
			list_entry(tally->changed.next, struct told, changed);

		list_remove(&told->changed);
		command_word(
			told->number > 0 ? &set : &gone, name_of(&told->node));
		if (told->number > 0) {
			command_number(&set, told->number);
			sets++;
		} else {
			drop(&tally->own, told);
			goes++;
		}
	}
	send(tally, "HSET", 2 * sets, &set);
	send(tally, "HDEL", goes, &gone);
	buf_release(&set);
	buf_release(&gone);
}

void tally_beat(struct tally *tally)
{
	struct buf age = {0};

	if (tally->whole) {
		send(tally, "DEL", 0, NULL);
		for (struct table_node *at = table_first(&tally->own);
			at != NULL; at = table_next(&tally->own, at)) {
			struct told *told = entry(at);

			list_remove(&told->changed);
			list_append(&tally->changed, &told->changed);
		}
	}
	if (tally->whole || !list_empty(&tally->changed))
		tally->version++;
	tally->whole = false;
	while (!list_empty(&tally->changed))
		write_some(tally);
	command_number(&age, TALLY_AGE_MS);
	send(tally, "PEXPIRE", 1, &age);
	buf_release(&age);
}

/* ---- the others' */

static struct other *find(struct tally *tally, const uint8_t origin[SHARED_ID])
{
	for (struct node *at = tally->others.next; at != &tally->others;
		at = at->next) {
		struct other *other = list_entry(at, struct other, node);

		if (memcmp(other->origin, origin, SHARED_ID) == 0)
			return other;
	}
	return NULL;
}

static void tell(struct other *other, struct span name, uint32_t number)
{
	other->tally->counted(other->tally->arg, other->origin, name, number);
}

/* A stranger may have written it. */
static void take(struct other *other, struct span name, struct span text)
{
	struct told *told;
	uint64_t number;

	if (text_topic_fault(name) != NULL || !text_to_u64(text, &number) ||
		number == 0 || number > UINT32_MAX)
		return;
	told = entry(table_find(&other->told, name));
	if (told == NULL)
		told = add(&other->told, name);
	told->round = other->round;
	if (told->number == number)
		return;
	told->number = (uint32_t)number;
	tell(other, name, told->number);
}

/* Those that were not read this time have nobody any more. */
static void sweep(struct other *other)
{
	struct table_node *at = table_first(&other->told), *next;

	for (; at != NULL; at = next) {
		struct told *told = entry(at);

		next = table_next(&other->told, at);
		if (told->round == other->round)
			continue;
		tell(other, name_of(at), 0);
		drop(&other->told, told);
	}
}

static void other_free(struct other *other)
{
	list_remove(&other->node);
	drop_all(&other->told);
	free(other);
}

static void on_reply(void *arg, const struct redis_reply *reply)
{
	struct other *other = arg;
	const struct redis *redis = other->tally->conn->redis;

	other->asked = false;
	if (other->gone) {
		other_free(other);
		return;
	}
	other->round++;
	for (size_t i = 0; i + 1 < redis->count(reply) && i / 2 < TALLY_MAX;
		i += 2)
		take(other, redis->text(redis->item(reply, i)),
			redis->text(redis->item(reply, i + 1)));
	sweep(other);
}

static void ask(struct other *other)
{
	struct tally *tally = other->tally;
	struct buf command = {0};

	other->asked = true;
	command_begin(&command, 2);
	command_word(&command, span_of("HGETALL"));
	put_key(&command, tally->prefix, other->origin);
	conn_ask(tally->conn, &command, on_reply, other);
	buf_release(&command);
}

void tally_hear(
	struct tally *tally, const uint8_t origin[SHARED_ID], uint64_t version)
{
	struct other *other = find(tally, origin);

	if (memcmp(origin, tally->origin, SHARED_ID) == 0)
		return;
	if (other == NULL) {
		other = mem_new(sizeof(*other));
		list_init(&other->node);
		list_append(&tally->others, &other->node);
		other->tally = tally;
		memcpy(other->origin, origin, SHARED_ID);
		table_init(&other->told, name_of, NULL);
	}
	if (other->asked || (other->version == version && !other->gone))
		return;
	other->gone = false;
	other->version = version;
	ask(other);
}

void tally_left(struct tally *tally, const uint8_t origin[SHARED_ID])
{
	struct other *other = find(tally, origin);

	if (other == NULL)
		return;
	/* Its answer may be under way. */
	if (other->asked)
		other->gone = true;
	else
		other_free(other);
}

/* ---- life */

void tally_linked(struct tally *tally)
{
	struct node *next;

	tally->whole = true;
	for (struct node *at = tally->others.next; at != &tally->others;
		at = next) {
		struct other *other = list_entry(at, struct other, node);

		next = at->next;
		other->asked = false;
		other->version = 0;
		if (other->gone)
			other_free(other);
	}
}

void tally_init(struct tally *tally, struct conn *conn,
	const struct shared_options *options, const char *prefix,
	uint64_t version)
{
	*tally = (struct tally){.conn = conn,
		.prefix = prefix,
		.whole = true,
		.version = version};
	memcpy(tally->origin, options->origin, SHARED_ID);
	table_init(&tally->own, name_of, NULL);
	list_init(&tally->changed);
	list_init(&tally->others);
}

void tally_release(struct tally *tally)
{
	drop_all(&tally->own);
	while (!list_empty(&tally->others))
		other_free(list_entry(tally->others.next, struct other, node));
}
