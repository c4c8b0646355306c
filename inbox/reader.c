/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "inbox/reader.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "inbox/inbox.h"
#include "inbox/watch.h"
#include "lib/log.h"
#include "lib/path.h"
#include "lib/service/supervisor.h"

enum {
	POLL_US = 250000,
	TIDY_US = 50000, /* while published rows or reasons are left */
	ALIVE_US = 1000000,
};

struct reader {
	struct loop *loop;
	const struct config_inbox *config;
	struct inbox inbox;
	struct uplink uplink;
	struct watch watch;
	struct timer poll, tidy, alive;
	struct loop_turn turn;
	dev_t device; /* of the folder that it is shut in with */
	ino_t inode;  /* 0 = it is not yet */
};

/* ---- a turn */

static void turn(void *arg)
{
	struct reader *reader = arg;
	bool more = inbox_pull(&reader->inbox);

	link_flush(&reader->uplink.link);
	if (more)
		loop_again(reader->loop);
}

static void on_look(void *arg)
{
	struct reader *reader = arg;

	reader->inbox.due = true;
}

/* ---- the folder */

static int stat_folder(const struct reader *reader, struct stat *at)
{
	char *folder = path_folder(reader->config->path);
	int got = stat(folder, at);
	int kept = errno;

	free(folder);
	errno = kept;
	return got;
}

/* Before the file is opened for the first time. */
static const char *enter(void *arg)
{
	struct reader *reader = arg;
	struct stat at;

	if (reader->inode != 0)
		return NULL;
	if (stat_folder(reader, &at) < 0)
		return strerror(errno);
	reader->device = at.st_dev;
	reader->inode = at.st_ino;
	return NULL;
}

/* What it is shut in with is not where the inbox is. */
static bool has_moved(const struct reader *reader)
{
	struct stat at;

	return reader->inode != 0 && stat_folder(reader, &at) == 0 &&
	       (at.st_dev != reader->device || at.st_ino != reader->inode);
}

/* ---- now and then */

static void on_poll(void *arg)
{
	struct reader *reader = arg;

	if (has_moved(reader)) {
		loop_stop(reader->loop);
		return;
	}
	watch_tend(&reader->watch);
	inbox_look(&reader->inbox);
	if (!timer_is_set(&reader->tidy))
		timer_set(loop_timers(reader->loop), &reader->tidy, TIDY_US,
			TIDY_US);
}

static void on_tidy(void *arg)
{
	struct reader *reader = arg;

	if (!inbox_tidy(&reader->inbox))
		timer_stop(loop_timers(reader->loop), &reader->tidy);
}

static void on_alive(void *arg)
{
	(void)arg;
	supervisor_alive();
}

static void on_gone(void *arg, const char *why)
{
	struct reader *reader = arg;

	if (why != NULL)
		log_warnx("inbox %s: the hub is away: %s", reader->config->name,
			why);
	loop_stop(reader->loop);
}

static void on_signal(void *arg)
{
	struct reader *reader = arg;

	loop_stop(reader->loop);
}

/* ---- beginning and end */

static void start(struct reader *reader)
{
	struct timers *timers = loop_timers(reader->loop);

	timer_init(&reader->poll, on_poll, reader);
	timer_init(&reader->tidy, on_tidy, reader);
	timer_init(&reader->alive, on_alive, reader);
	timer_set(timers, &reader->poll, 0, POLL_US);
	timer_set(timers, &reader->alive, 0, ALIVE_US);
	loop_turn_init(&reader->turn, 0, turn, reader);
	loop_turn_start(reader->loop, &reader->turn);
	loop_on_signal(reader->loop, SIGTERM, on_signal, reader);
	loop_on_signal(reader->loop, SIGINT, on_signal, reader);
}

static void stop(struct reader *reader)
{
	struct timers *timers = loop_timers(reader->loop);

	timer_stop(timers, &reader->poll);
	timer_stop(timers, &reader->tidy);
	timer_stop(timers, &reader->alive);
	loop_turn_stop(reader->loop, &reader->turn);
}

int reader_run(const struct config *config, const struct config_inbox *inbox,
	int hub)
{
	struct reader reader = {
		.loop = loop_new(&clock_system),
		.config = inbox,
	};
	const struct uplink_sink sink = {
		.reason = inbox_on_reason,
		.at = inbox_on_at,
		.refused = inbox_on_refused,
		.taken = inbox_on_taken,
		.arg = &reader.inbox,
		.gone = on_gone,
		.owner = &reader,
	};

	inbox_init(&reader.inbox, config, inbox, &clock_system,
		&reader.uplink);
	reader.inbox.enter = enter;
	reader.inbox.arg = &reader;
	uplink_open(&reader.uplink, reader.loop, hub, &sink);
	watch_open(&reader.watch, reader.loop, inbox->path, on_look, &reader);
	start(&reader);
	loop_run(reader.loop);
	stop(&reader);
	watch_close(&reader.watch);
	uplink_close(&reader.uplink);
	inbox_release(&reader.inbox);
	loop_free(reader.loop);
	return 0;
}
