/* SPDX-License-Identifier: MIT */
/*
 * inboxes - do the databases of this machine still publish what they did?
 *
 * Goes by tidings.conf and looks into the files themselves: that a table has
 * lost its triggers shows nowhere else, since no event is no fault.
 */
#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/check/tools_room.h"
#include "lib/config/config.h"
#include "lib/db/outbox_triggers.h"

struct look {
	struct check *check;
	size_t files, closed; /* looked at; not for this user to read */
	size_t tables, unrecorded;
	struct buf wrong; /* sentences */
};

static void add_wrong(struct look *look, const char *inbox, const char *table,
	const char *sentence)
{
	buf_printf(&look->wrong, "%s%s: %s%s%s",
		look->wrong.len > 0 ? "; " : "", inbox, table,
		table[0] == '\0' ? "" : ": ", sentence);
}

static void add_faults(struct look *look, const char *inbox,
	const struct outbox_faults *faults)
{
	char more[64];

	for (size_t i = 0; i < faults->count; i++) {
		add_wrong(look, inbox, faults->items[i].table,
			faults->items[i].wrong);
		buf_printf(
			&look->check->advice, "%s\n", faults->items[i].command);
	}
	snprintf(more, sizeof(more), "%zu more tables", faults->more);
	if (faults->more > 0)
		add_wrong(look, inbox, "", more);
	look->tables += faults->tables;
	look->unrecorded += faults->unrecorded;
}

/* SQLite would wait for the writer of a FIFO, and read a device without end.
 * NULL, or a sentence. */
static const char *look_at_files(const char *path)
{
	static const char *const endings[] = {"-wal", "-shm", "-journal"};
	struct stat at;
	bool fit = true;

	if (stat(path, &at) < 0 || access(path, R_OK) < 0)
		return strerror(errno);
	if (!S_ISREG(at.st_mode))
		return "is not a regular file";
	for (size_t i = 0; i < 3; i++) {
		struct buf side = {0};

		buf_printf(&side, "%s%s%c", path, endings[i], '\0');
		if (lstat(side.at, &at) == 0)
			fit = fit && S_ISREG(at.st_mode);
		buf_release(&side);
	}
	return fit ? NULL : "a file beside it is not a regular file";
}

static void look_inside(struct look *look, const struct config_inbox *inbox)
{
	struct outbox_faults faults = {0};
	struct db db = {0};
	enum db_result got = db_open(&db, inbox->path, DB_READ_ONLY);

	if (got == DB_DONE) {
		db_wait(&db, (int)look->check->patience_ms);
		got = outbox_triggers_look(&db, &faults);
	}
	if (got == DB_DONE)
		add_faults(look, inbox->name, &faults);
	else
		add_wrong(look, inbox->name, inbox->path, db_error(&db));
	outbox_faults_release(&faults);
	db_close(&db);
}

static void look_at(struct look *look, const struct config_inbox *inbox)
{
	const char *wrong = look_at_files(inbox->path);

	if (wrong != NULL && errno == EACCES) {
		look->closed++;
		return;
	}
	look->files++;
	if (wrong != NULL)
		add_wrong(look, inbox->name, inbox->path, wrong);
	else
		look_inside(look, inbox);
}

static bool tell(struct look *look)
{
	struct buf note = {0};
	bool good = look->wrong.len == 0;

	if (good)
		buf_printf(&note, "%zu, tables with triggers: %zu", look->files,
			look->tables + look->unrecorded);
	else
		buf_add_span(&note, buf_span(&look->wrong));
	if (look->closed > 0)
		buf_printf(
			&note, "; %zu not for this user to read", look->closed);
	if (look->unrecorded > 0)
		buf_printf(&note,
			"; %zu tables have triggers whose loss would not be "
			"seen: tidings inbox init FILE --on TABLE once more",
			look->unrecorded);
	buf_clear(&look->check->note);
	buf_add_span(&look->check->note, buf_span(&note));
	buf_release(&note);
	return good;
}

bool check_inboxes(struct check *check)
{
	struct config config = {0};
	struct look look = {.check = check};
	char *wrong = check_config(&config);
	bool good;

	if (wrong != NULL) {
		good = check_wrong(check, NULL, "%s", wrong);
		free(wrong);
		return good;
	}
	for (size_t i = 0; i < config.inbox_count; i++) {
		errno = 0;
		look_at(&look, &config.inboxes[i]);
	}
	good = tell(&look);
	buf_release(&look.wrong);
	config_release(&config);
	return good;
}
