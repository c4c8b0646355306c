/* SPDX-License-Identifier: MIT */
/*
 * insert - publishes by INSERT, as an application would
 *
 *     insert INBOX.db EVENTS PER_TRANSACTION SIZE CHANNEL [CHANNELS]
 *
 * Event n goes to CHANNEL with every {} replaced by n modulo CHANNELS.  The
 * data are those of payload.h, so that the load generator knows them again.
 */
#include "config.h"

#include <err.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/bench/options.h"
#include "tests/bench/payload.h"

enum { BUSY_MS = 10000 };

static void run(sqlite3 *db, const char *sql)
{
	if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
		errx(1, "%s: %s", sql, sqlite3_errmsg(db));
}

static sqlite3_stmt *prepare(sqlite3 *db)
{
	sqlite3_stmt *insert;

	if (sqlite3_prepare_v2(db,
		    "INSERT INTO broadcast(channel, data) VALUES(?1, ?2)", -1,
		    &insert, NULL) != SQLITE_OK)
		errx(1, "insert: %s", sqlite3_errmsg(db));
	return insert;
}

static void add(
	sqlite3_stmt *insert, const char *channel, uint32_t number, size_t size)
{
	static char data[PAYLOAD_MAX];
	struct payload payload = {number, 0, payload_now()};

	payload_write(data, size, &payload);
	sqlite3_bind_text(insert, 1, channel, -1, SQLITE_STATIC);
	sqlite3_bind_text(insert, 2, data, (int)size, SQLITE_STATIC);
	if (sqlite3_step(insert) != SQLITE_DONE)
		errx(1, "insert: %s",
			sqlite3_errmsg(sqlite3_db_handle(insert)));
	sqlite3_reset(insert);
}

int main(int argc, char **argv)
{
	sqlite3 *db;
	char channel[256];

	if (argc != 6 && argc != 7)
		errx(2, "insert INBOX EVENTS BATCH SIZE CHANNEL [CHANNELS]");
	uint32_t events = (uint32_t)strtoul(argv[2], NULL, 10);
	uint32_t batch = (uint32_t)strtoul(argv[3], NULL, 10);
	size_t size = strtoul(argv[4], NULL, 10);
	uint32_t channels =
		argc == 7 ? (uint32_t)strtoul(argv[6], NULL, 10) : 1;
	if (events == 0 || batch == 0 || channels == 0 || size < PAYLOAD_MIN ||
		size > PAYLOAD_MAX)
		errx(2, "insert: impossible numbers");

	if (sqlite3_open_v2(argv[1], &db, SQLITE_OPEN_READWRITE, NULL) !=
		SQLITE_OK)
		errx(1, "%s: %s", argv[1], sqlite3_errmsg(db));
	sqlite3_busy_timeout(db, BUSY_MS);
	sqlite3_stmt *insert = prepare(db);
	for (uint32_t i = 0; i < events; i++) {
		if (i % batch == 0)
			run(db, "BEGIN IMMEDIATE");
		options_path(
			channel, sizeof(channel), argv[5], i % channels, i);
		add(insert, channel, i, size);
		if (i % batch == batch - 1 || i == events - 1)
			run(db, "COMMIT");
	}
	sqlite3_finalize(insert);
	sqlite3_close(db);
	return 0;
}
