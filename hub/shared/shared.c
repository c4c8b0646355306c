/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "hub/shared/shared.h"

#include <stdlib.h>
#include <string.h>

#include "hub/shared/links.h"

static char *copy(const char *text)
{
	return text == NULL ? NULL : mem_text(span_of(text));
}

/* A client's name may not have spaces, nor anything that is no letter. */
static char *name_of(const char *machine)
{
	struct buf name = {0};
	char *text;

	buf_add_text(&name, "tidings:");
	for (; *machine != '\0'; machine++)
		buf_add_char(&name,
			*machine > ' ' && *machine <= '~' ? *machine : '-');
	text = mem_text(buf_span(&name));
	buf_release(&name);
	return text;
}

struct shared *shared_open(struct loop *loop,
	const struct shared_options *options,
	const struct shared_notify *notify, const char **fault)
{
	static struct buf why;
	const struct redis *redis;
	struct shared *shared;

	buf_clear(&why);
	redis = redis_open(&why);
	if (redis == NULL) {
		buf_add_char(&why, '\0');
		*fault = why.at;
		return NULL;
	}
	shared = mem_new(sizeof(*shared));
	shared->loop = loop;
	shared->notify = *notify;
	shared->options = *options;
	shared->options.redis = copy(options->redis);
	shared->options.user = copy(options->user);
	shared->options.password_file = copy(options->password_file);
	shared->options.prefix = copy(options->prefix);
	shared->options.machine = copy(options->machine);
	shared->client_name = name_of(options->machine);
	links_open(shared, redis);
	return shared;
}

static void release(const char *text)
{
	free((void *)(uintptr_t)text);
}

void shared_close(struct shared *shared)
{
	if (shared == NULL)
		return;
	links_close(shared);
	release(shared->options.redis);
	release(shared->options.user);
	release(shared->options.password_file);
	release(shared->options.prefix);
	release(shared->options.machine);
	free(shared->client_name);
	free(shared);
}

/* ---- the order */

void shared_append(struct shared *shared,
	const struct shared_proposal *proposal, void *whose)
{
	append_add(&shared->append, proposal, whose);
}

size_t shared_waiting(const struct shared *shared)
{
	return shared->append.count;
}

void shared_follow(struct shared *shared, uint64_t from,
	const uint8_t origin[SHARED_ID], const struct shared_hole *known,
	size_t count)
{
	append_raise_floor(&shared->append, from);
	follow_from(&shared->follow, from, origin, known, count);
}

void shared_pause(struct shared *shared)
{
	follow_pause(&shared->follow);
}

/* ---- questions */

uint64_t shared_look(struct shared *shared)
{
	return ++shared->append.look;
}

void shared_ask_cursor(struct shared *shared, struct span name,
	const uint8_t identity[SHARED_ID], void *whose)
{
	cursors_ask(&shared->cursors, name, identity, whose);
}

void shared_count(struct shared *shared, struct span name, uint32_t number)
{
	tally_set(&shared->tally, name, number);
}

enum shared_there shared_there(
	const struct shared *shared, const uint8_t origin[SHARED_ID])
{
	return machines_there(
		&shared->machines, origin, loop_now_us(shared->loop));
}

void shared_blind(struct shared *shared, uint64_t id)
{
	if (shared->machines.blind < id)
		shared->machines.blind = id;
}

uint64_t shared_blindest(const struct shared *shared)
{
	return machines_blind(&shared->machines);
}

bool shared_identity(const struct shared *shared, uint8_t identity[SHARED_ID],
	uint8_t secret[SHARED_SECRET])
{
	if (shared->phase != LINKS_HERE && shared->phase != LINKS_LINKING)
		return false;
	memcpy(identity, shared->append.identity, SHARED_ID);
	memcpy(secret, shared->append.secret, SHARED_SECRET);
	return true;
}

/* ---- to found it */

void shared_found(struct shared *shared, const struct shared_founding *founding)
{
	founding_begin(&shared->founding, founding);
}
