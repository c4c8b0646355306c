/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "hub/shared/trim.h"

#include <string.h>

#include "hub/shared/command.h"
#include "hub/shared/entry.h"

static void on_reply(void *arg, const struct redis_reply *reply)
{
	struct trim *trim = arg;

	script_is_gone(&trim->script, reply);
}

static void on_due(void *arg)
{
	struct trim *trim = arg;
	struct buf command = {0}, origin = {0};

	script_call(&trim->script, &command, 1 + 2 + 4);
	command_number(&command, 2);
	command_key(&command, trim->prefix, "log");
	command_key(&command, trim->prefix, "trim");
	entry_put_id(&origin, trim->origin, SHARED_ID);
	command_word(&command, buf_span(&origin));
	command_number(&command, TRIM_HOLD_MS);
	command_number(&command, trim->keep_age_ms);
	command_number(&command, trim->keep_bytes);
	conn_ask(trim->conn, &command, on_reply, trim);
	buf_release(&origin);
	buf_release(&command);
}

void trim_init(struct trim *trim, struct loop *loop, struct conn *conn,
	const struct shared_options *options, const char *prefix)
{
	*trim = (struct trim){
		.loop = loop,
		.conn = conn,
		.prefix = prefix,
		.keep_age_ms = options->keep_age_ms,
		.keep_bytes = options->keep_bytes,
		.script = {.text = script_trim},
	};
	memcpy(trim->origin, options->origin, SHARED_ID);
	timer_init(&trim->timer, on_due, trim);
}

void trim_start(struct trim *trim)
{
	script_load(&trim->script, trim->conn);
	timer_set(loop_timers(trim->loop), &trim->timer,
		TRIM_EVERY_MS * 1000ull, TRIM_EVERY_MS * 1000ull);
}

void trim_stop(struct trim *trim)
{
	timer_stop(loop_timers(trim->loop), &trim->timer);
}
