/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "hub/shared/script.h"

#include "hub/shared/command.h"
#include "hub/shared/scripts.h"

/* Without the NULs that end them. */
const struct span script_append = {append_lua, sizeof(append_lua) - 1};
const struct span script_trim = {trim_lua, sizeof(trim_lua) - 1};
const struct span script_found = {found_lua, sizeof(found_lua) - 1};
const struct span script_machine = {machine_lua, sizeof(machine_lua) - 1};

static void on_loaded(void *arg, const struct redis_reply *reply)
{
	struct script *script = arg;
	const struct redis *redis = script->redis;
	struct span name = redis->text(reply);

	if (redis->kind(reply) != REDIS_KIND_TEXT || name.len != SCRIPT_NAME)
		return;
	memcpy(script->name, name.at, SCRIPT_NAME);
	script->name[SCRIPT_NAME] = '\0';
}

void script_load(struct script *script, struct conn *conn)
{
	struct buf command = {0};

	script->name[0] = '\0';
	script->redis = conn->redis;
	command_begin(&command, 3);
	command_word(&command, span_of("SCRIPT"));
	command_word(&command, span_of("LOAD"));
	command_word(&command, script->text);
	conn_ask(conn, &command, on_loaded, script);
	buf_release(&command);
}

void script_call(const struct script *script, struct buf *out, size_t words)
{
	bool there = script->name[0] != '\0';

	command_begin(out, 2 + words);
	command_word(out, span_of(there ? "EVALSHA" : "EVAL"));
	command_word(out, there ? span_of(script->name) : script->text);
}

bool script_is_gone(struct script *script, const struct redis_reply *reply)
{
	const struct redis *redis = script->redis;
	static const char begins[] = "NOSCRIPT";
	struct span text = redis->text(reply);

	if (redis->kind(reply) != REDIS_KIND_ERROR ||
		text.len < sizeof(begins) - 1 ||
		memcmp(text.at, begins, sizeof(begins) - 1) != 0)
		return false;
	script->name[0] = '\0';
	return true;
}
