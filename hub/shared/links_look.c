/* SPDX-License-Identifier: MIT */
/*
 * links_look - what it says of itself, at first and now and then (links.h)
 */
#include <config.h>

#include "hub/lines.h"
#include "hub/shared/command.h"
#include "hub/shared/fault.h"
#include "hub/shared/info.h"
#include "hub/shared/links.h"
#include "lib/log.h"

static void look_at(struct shared *shared, struct span info)
{
	struct buf *why = &shared->scratch;
	bool evicts;

	buf_clear(why);
	evicts = info_evicts(info, why);
	buf_add_char(why, '\0');
	if (evicts && !shared->evicts)
		log_warnx(LINE_SHARED_AWAY, why->at);
	shared->evicts = evicts;
}

static void on_info_again(void *arg, const struct redis_reply *reply)
{
	struct shared *shared = arg;

	look_at(shared, shared->first.conn.redis->text(reply));
}

static void on_info(void *arg, const struct redis_reply *reply)
{
	struct shared *shared = arg;
	const struct redis *redis = shared->first.conn.redis;
	struct span info = redis->text(reply);
	struct buf *why = &shared->scratch;

	buf_clear(why);
	if (redis->kind(reply) == REDIS_KIND_ERROR) {
		fault_of_error(why, info);
	} else if (!info_is_unfit(info, why)) {
		if (info_lacks_aof(info) && !shared->said_aof)
			log_warnx(LINE_SHARED_NO_AOF, shared->first.address);
		shared->said_aof = info_lacks_aof(info);
		shared->evicts = false;
		machines_linked(&shared->machines);
		tally_linked(&shared->tally);
		append_greet(&shared->append);
		return;
	}
	buf_add_char(why, '\0');
	links_give_up(shared, why->at);
}

void links_ask_info(struct shared *shared, bool again)
{
	struct buf command = {0};

	command_text(&command, "INFO");
	conn_ask(&shared->first.conn, &command, again ? on_info_again : on_info,
		shared);
	buf_release(&command);
}
