/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "hub/log/disk/store.h"

#include <assert.h>

#include "hub/lines.h"
#include "hub/log/disk/schema.h"
#include "lib/log.h"

/* What SQLite moves or deletes leaves no copy where it was, as far as SQLite
 * sees to that: also of what is deleted only later. */
static void overwrite(struct store *store)
{
	if (db_run(&store->db, "PRAGMA secure_delete = ON") != DB_DONE)
		log_fatalx(LINE_LOG_SQLITE, store->path, db_error(&store->db));
}

void store_open(struct store *store, const char *path)
{
	store->path = path;
	store->trouble = DB_DONE;
	schema_open(&store->db, path);
	overwrite(store);
	store_prepare(store, &store->begin, "BEGIN IMMEDIATE");
	store_prepare(store, &store->commit, "COMMIT");
	store_prepare(store, &store->rollback, "ROLLBACK");
	files_open(&store->files, db_path(&store->db));
}

void store_close(struct store *store)
{
	assert(!store->writing);
	query_release(&store->begin);
	query_release(&store->commit);
	query_release(&store->rollback);
	store_check_files(store);
	db_checkpoint(&store->db, true);
	db_close(&store->db);
	files_close(&store->files);
}

bool store_ok(struct store *store, enum db_result got)
{
	switch (got) {
	case DB_DONE:
		return true;
	case DB_FULL:
	case DB_BUSY:
		if (store->trouble == DB_DONE)
			store->trouble = got;
		return false;
	case DB_TOOBIG:
	case DB_REFUSED:
	case DB_BROKEN:
		break;
	}
	log_fatalx(LINE_LOG_SQLITE, store->path, db_error(&store->db));
}

bool store_run(struct store *store, struct query *query)
{
	if (store->trouble != DB_DONE)
		return false;
	return store_ok(store, query_run(query));
}

bool store_step(struct store *store, struct query *query)
{
	if (query_next(query))
		return true;
	if (query_end(query) != DB_DONE)
		log_fatalx(LINE_LOG_READ, store->path, db_error(&store->db));
	return false;
}

void store_end(struct query *query)
{
	enum db_result got = query_end(query);

	assert(got == DB_DONE); /* store_step would have ended the process */
	(void)got;
}

void store_prepare(struct store *store, struct query *query, const char *sql)
{
	if (db_prepare(&store->db, query, sql) != DB_DONE)
		log_fatalx(LINE_LOG_SQLITE, store->path, db_error(&store->db));
}

bool store_begin(struct store *store)
{
	if (!store->writing) {
		store->writing = true;
		store->trouble = DB_DONE;
		store_run(store, &store->begin);
	}
	return store->trouble == DB_DONE;
}

void store_secure(struct store *store)
{
	assert(store->writing);
	store->tainted = true;
}

/* Nothing is acknowledged that went into a file that is gone. */
static void look_for_news(struct store *store)
{
	if (files_have_news(&store->files))
		store_check_files(store);
}

enum db_result store_commit(struct store *store)
{
	enum db_result trouble;

	assert(store->writing);
	store_run(store, &store->commit);
	trouble = store->trouble;
	/* SQLite has rolled back by itself after some failures. */
	if (trouble != DB_DONE && db_in_transaction(&store->db) &&
		query_run(&store->rollback) != DB_DONE)
		log_fatalx(
			LINE_LOG_ROLL_BACK, store->path, db_error(&store->db));
	store->writing = false;
	store->trouble = DB_DONE;
	if (trouble == DB_DONE)
		look_for_news(store);
	return trouble;
}

void store_checkpoint(struct store *store)
{
	store_check_files(store);
	switch (db_checkpoint(&store->db, false)) {
	case DB_DONE:
	case DB_FULL:
	case DB_BUSY:
		return;
	case DB_TOOBIG:
	case DB_REFUSED:
	case DB_BROKEN:
		log_fatalx(
			LINE_LOG_CHECKPOINT, store->path, db_error(&store->db));
	}
}

void store_wipe(struct store *store)
{
	if (!store->tainted)
		return;
	store_check_files(store);
	if (db_checkpoint(&store->db, true) != DB_DONE)
		return; /* at another time */
	store->tainted = false;
	files_renew_wal(&store->files);
}

void store_check_files(struct store *store)
{
	enum files_state state = files_look(&store->files);

	if (state == FILES_FINE)
		return;
	if (state == FILES_DB_CUT || state == FILES_WAL_CUT)
		log_fatalx(LINE_LOG_CUT,
			state == FILES_DB_CUT ? store->path : store->files.wal);
	db_checkpoint(&store->db, false);
	if (state == FILES_DB_GONE)
		files_move_wal_away(&store->files);
	log_fatalx(LINE_LOG_REPLACED,
		state == FILES_DB_GONE ? store->path : store->files.wal);
}
