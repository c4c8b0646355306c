/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "inbox/reader.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "inbox/inbox.h"
#include "inbox/lines.h"
#include "inbox/walls/shut_in.h"
#include "inbox/watch.h"
#include "lib/log.h"
#include "lib/path.h"
#include "lib/service/supervisor.h"

enum {
	POLL_US = 250000,
	TIDY_US = 50000, /* while published rows or reasons are left */
	ALIVE_US = 1000000,
	STOCK_US = 5000000,
	MEMORY_MAX = 512 << 20,
};

#define FILE_SIZE_MAX ((uint64_t)1 << 30)

struct reader {
	struct loop *loop;
	const struct config_inbox *config;
	struct inbox inbox;
	struct uplink uplink;
	struct watch watch;
	struct timer poll, tidy, alive, stock;
	struct loop_turn turn;
	dev_t device;  /* of the folder that it is shut in with */
	ino_t inode;   /* 0 = it is not yet */
	bool confined; /* by Landlock too */
};

/* ---- a turn */

static void turn(void *arg)
{
	struct reader *reader = arg;
	bool more = inbox_pull(&reader->inbox);

	link_flush(&reader->uplink.link);
	if (more)
		loop_again(reader->loop);
	/* Whoever has just committed may have nothing open for a moment. */
	else if (timer_is_set(&reader->tidy))
		(void)inbox_tidy(&reader->inbox);
}

static void on_look(void *arg)
{
	struct reader *reader = arg;

	reader->inbox.due = true;
}

/* ---- the folder */

/* Nothing that this application writes may fail by us; a file of our own grows
 * to four times what it is. */
static uint64_t file_size_max(const struct config_inbox *config)
{
	struct stat at;
	uint64_t most = FILE_SIZE_MAX;

	if (!config->create)
		return 0;
	if (stat(config->path, &at) == 0 && (uint64_t)at.st_size > most / 4)
		most = (uint64_t)at.st_size * 4;
	return most;
}

static const char *shut(struct reader *reader, struct stat *folder)
{
	const struct shut_in how = {
		.file = reader->config->path,
		.own_folder = reader->config->create,
		.file_size_max = file_size_max(reader->config),
		.memory_max = MEMORY_MAX,
	};
	struct shut_in_report report;
	const char *why = shut_in(&how, &report);

	if (report.folder[0] == '\0' || stat(report.folder, folder) < 0)
		return why == NULL ? strerror(errno) : why;
	if (why != NULL)
		log_fatalx(LINE_NOT_SHUT_IN, reader->config->name,
			reader->config->path, why);
	reader->confined = report.landlock > 0;
	if (report.lacks[0] != '\0')
		log_warnx(LINE_WALLS_LACK, reader->config->name, report.lacks);
	return NULL;
}

static void say_stock(struct reader *reader)
{
	const struct uplink_stock stock = {
		.confined = reader->confined,
		.rows = inbox_stock(&reader->inbox),
		.lost = reader->inbox.losses.count,
	};

	uplink_stock(&reader->uplink, &stock);
}

/* To the inbox's own files, by their real name; it may still be to be made. */
static const char *confine(const struct reader *reader)
{
	const char *path = reader->config->path;
	char real[PATH_MAX];
	struct buf name = {0};
	char *folder;
	bool found = realpath(path, real) != NULL;

	if (found) {
		db_confine(real);
		return NULL;
	}
	folder = path_folder(path);
	found = realpath(folder, real) != NULL;
	free(folder);
	if (!found)
		return strerror(errno);
	buf_printf(&name, "%s/%s", real, path_name(path));
	buf_add_char(&name, '\0');
	db_confine(name.at);
	buf_release(&name);
	return NULL;
}

static const char *shut_once(struct reader *reader)
{
	struct stat at = {0};
	const char *why;

	if (reader->inode != 0)
		return NULL;
	why = shut(reader, &at);
	if (why != NULL)
		return why;
	reader->device = at.st_dev;
	reader->inode = at.st_ino;
	say_stock(reader);
	return NULL;
}

/* Before the file is opened. */
static const char *enter(void *arg)
{
	struct reader *reader = arg;
	const char *why = shut_once(reader);

	return why != NULL ? why : confine(reader);
}

static int stat_folder(const struct reader *reader, struct stat *at)
{
	char real[PATH_MAX];
	char *folder;
	int got = -1;

	if (realpath(reader->config->path, real) == NULL)
		return -1;
	folder = path_folder(real);
	got = stat(folder, at);
	free(folder);
	return got;
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

static void on_stock(void *arg)
{
	struct reader *reader = arg;

	say_stock(reader);
}

static void on_gone(void *arg, const char *why)
{
	struct reader *reader = arg;

	if (why != NULL)
		log_warnx(LINE_HUB_AWAY, reader->config->name, why);
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
	timer_init(&reader->stock, on_stock, reader);
	timer_set(timers, &reader->poll, 0, POLL_US);
	timer_set(timers, &reader->stock, STOCK_US, STOCK_US);
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
	timer_stop(timers, &reader->stock);
	loop_turn_stop(reader->loop, &reader->turn);
}

int reader_run(
	const struct config *config, const struct config_inbox *inbox, int hub)
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

	inbox_init(&reader.inbox, config, inbox, &clock_system, &reader.uplink);
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
