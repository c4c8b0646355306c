/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "hub/shared/machines.h"

#include <inttypes.h>
#include <string.h>

#include "hub/shared/command.h"
#include "hub/shared/entry.h"
#include "lib/text.h"

static const struct machine *all(const struct buf *there, size_t *count)
{
	*count = there->len / sizeof(struct machine);
	return (const struct machine *)(const void *)there->at;
}

static const struct machine *find(
	const struct buf *there, const uint8_t origin[SHARED_ID])
{
	size_t count;
	const struct machine *machine = all(there, &count);

	for (size_t i = 0; i < count; i++)
		if (memcmp(machine[i].origin, origin, SHARED_ID) == 0)
			return &machine[i];
	return NULL;
}

/* ---- what is heard */

/* The next number of those with spaces between them. */
static bool read_word(struct span *text, uint64_t *number)
{
	const char *space =
		text->len > 0 ? memchr(text->at, ' ', text->len) : NULL;
	size_t len = space == NULL ? text->len : (size_t)(space - text->at);
	struct span word = span(text->at, len);

	*text = space == NULL ? span("", 0)
			      : span(space + 1, text->len - len - 1);
	return text_to_u64(word, number);
}

static bool read_words(struct span text, struct machine *machine)
{
	/* A hub of before says two. */
	machine->blind = 0;
	return read_word(&text, &machine->newest) &&
	       read_word(&text, &machine->version) &&
	       (text.len == 0 || read_word(&text, &machine->blind)) &&
	       text.len == 0;
}

static void read_all(struct buf *there, const struct redis *redis,
	const struct redis_reply *reply)
{
	for (size_t i = 0; i + 1 < redis->count(reply) && i / 2 < MACHINES_MAX;
		i += 2) {
		struct machine machine;

		if (entry_read_id(redis->text(redis->item(reply, i)),
			    machine.origin, SHARED_ID) &&
			read_words(redis->text(redis->item(reply, i + 1)),
				&machine))
			buf_add(there, &machine, sizeof(machine));
	}
}

static void tell_left(const struct machines *machines, const struct buf *before)
{
	size_t count;
	const struct machine *machine = all(before, &count);

	for (size_t i = 0; i < count; i++)
		if (find(&machines->there, machine[i].origin) == NULL)
			machines->left(machines->arg, machine[i].origin);
}

static void on_reply(void *arg, const struct redis_reply *reply)
{
	struct machines *machines = arg;
	struct buf before = machines->there;

	machines->asked = false;
	if (script_is_gone(&machines->script, reply) ||
		machines->conn->redis->count(reply) == 0)
		return;
	machines->there = (struct buf){0};
	read_all(&machines->there, machines->conn->redis, reply);
	tell_left(machines, &before);
	buf_release(&before);
	machines->heard(machines->arg);
}

/* ---- what is said */

void machines_linked(struct machines *machines)
{
	machines->asked = false;
	machines->since_us = 0;
	script_load(&machines->script, machines->conn);
}

void machines_beat(struct machines *machines, uint64_t newest, uint64_t version)
{
	struct buf command = {0}, origin = {0}, text = {0};

	if (machines->asked)
		return;
	machines->asked = true;
	script_call(&machines->script, &command, 1 + 1 + 3);
	command_number(&command, 1);
	command_key(&command, machines->prefix, "machine");
	entry_put_id(&origin, machines->origin, SHARED_ID);
	command_word(&command, buf_span(&origin));
	buf_printf(&text, "%" PRIu64 " %" PRIu64 " %" PRIu64, newest, version,
		machines->blind);
	command_word(&command, buf_span(&text));
	command_number(&command, MACHINES_GONE_MS);
	conn_ask(machines->conn, &command, on_reply, machines);
	buf_release(&origin);
	buf_release(&text);
	buf_release(&command);
}

void machines_forget(struct machines *machines)
{
	struct buf before = machines->there;

	machines->there = (struct buf){0};
	machines->since_us = 0;
	tell_left(machines, &before);
	buf_release(&before);
}

/* ---- what is known */

const struct machine *machines_all(
	const struct machines *machines, size_t *count)
{
	return all(&machines->there, count);
}

size_t machines_count(const struct machines *machines)
{
	size_t count;

	all(&machines->there, &count);
	return count;
}

bool machines_is_newest(const struct machines *machines)
{
	const struct machine *own = find(&machines->there, machines->origin);
	size_t count;
	const struct machine *machine = all(&machines->there, &count);

	if (own == NULL)
		return false;
	for (size_t i = 0; i < count; i++)
		if (machine[i].newest > own->newest ||
			(machine[i].newest == own->newest &&
				memcmp(machine[i].origin, own->origin,
					SHARED_ID) < 0))
			return false;
	return true;
}

static bool is_first(const struct machines *machines)
{
	size_t count;
	const struct machine *machine = all(&machines->there, &count);

	for (size_t i = 0; i < count; i++)
		if (memcmp(machine[i].origin, machines->origin, SHARED_ID) < 0)
			return false;
	return true;
}

enum shared_there machines_there(const struct machines *machines,
	const uint8_t origin[SHARED_ID], uint64_t now_us)
{
	if (machines->since_us == 0 ||
		now_us - machines->since_us < MACHINES_GONE_MS * 1000ull ||
		find(&machines->there, origin) != NULL)
		return SHARED_THERE;
	return is_first(machines) ? SHARED_GONE_OURS : SHARED_GONE;
}

uint64_t machines_blind(const struct machines *machines)
{
	size_t count;
	const struct machine *machine = all(&machines->there, &count);
	uint64_t most = 0;

	for (size_t i = 0; i < count; i++)
		if (machine[i].blind > most)
			most = machine[i].blind;
	return most;
}

void machines_init(struct machines *machines, struct conn *conn,
	const struct shared_options *options, const char *prefix)
{
	*machines = (struct machines){
		.conn = conn,
		.prefix = prefix,
		.script = {.text = script_machine},
	};
	memcpy(machines->origin, options->origin, SHARED_ID);
}

void machines_release(struct machines *machines)
{
	buf_release(&machines->there);
}
