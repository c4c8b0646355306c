#include "config.h"

#include "hub/store.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "hub/schema.h"
#include "lib/buf.h"
#include "lib/log.h"

static void note_files(struct store *store)
{
	struct stat now;

	if (stat(store->path, &now) < 0)
		log_fatal("log %s: stat", store->path);
	store->inode = now.st_ino;
	store->device = now.st_dev;
	if (stat(store->wal_path, &now) < 0)
		log_fatal("log %s: stat", store->wal_path);
	store->wal_inode = now.st_ino;
}

void store_open(struct store *store, const char *path)
{
	struct buf wal = {0};

	store->path = path;
	buf_printf(&wal, "%s-wal", path);
	store->wal_path = mem_text(buf_span(&wal));
	buf_release(&wal);
	store->trouble = DB_DONE;
	schema_open(&store->db, path);
	store_prepare(store, &store->begin, "BEGIN IMMEDIATE");
	store_prepare(store, &store->commit, "COMMIT");
	store_prepare(store, &store->rollback, "ROLLBACK");
	note_files(store);
}

void store_close(struct store *store)
{
	assert(!store->writing);
	query_release(&store->begin);
	query_release(&store->commit);
	query_release(&store->rollback);
	db_checkpoint(&store->db, true);
	db_close(&store->db);
	free(store->wal_path);
	store->wal_path = NULL;
}

bool store_ok(struct store *store, enum db_result got)
{
	switch (got) {
	case DB_ROW:
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
	log_fatalx("log %s: %s", store->path, db_error(&store->db));
}

bool store_run(struct store *store, struct query *query)
{
	if (store->trouble != DB_DONE)
		return false;
	return store_ok(store, query_run(query));
}

void store_prepare(struct store *store, struct query *query, const char *sql)
{
	if (db_prepare(&store->db, query, sql) != DB_DONE)
		log_fatalx("log %s: %s", store->path, db_error(&store->db));
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

enum db_result store_commit(struct store *store)
{
	enum db_result trouble;

	assert(store->writing);
	store_run(store, &store->commit);
	trouble = store->trouble;
	/* SQLite has rolled back by itself after some failures. */
	if (trouble != DB_DONE && db_in_transaction(&store->db) &&
		query_run(&store->rollback) != DB_DONE)
		log_fatalx("log %s: roll back: %s", store->path,
			db_error(&store->db));
	store->writing = false;
	store->trouble = DB_DONE;
	if (trouble == DB_DONE)
		store_check_files(store);
	return trouble;
}

void store_checkpoint(struct store *store)
{
	switch (db_checkpoint(&store->db, false)) {
	case DB_ROW:
	case DB_DONE:
	case DB_FULL:
	case DB_BUSY:
		return;
	case DB_TOOBIG:
	case DB_REFUSED:
	case DB_BROKEN:
		log_fatalx("log %s: checkpoint: %s", store->path,
			db_error(&store->db));
	}
}

static bool is_ours(const struct store *store, const char *path, ino_t inode)
{
	struct stat now;

	return stat(path, &now) == 0 && now.st_ino == inode &&
	       now.st_dev == store->device;
}

/* Applied to another database it would ruin that. */
static void move_wal_away(const struct store *store)
{
	struct buf path = {0};

	buf_printf(&path, "%s.orphan", store->wal_path);
	buf_add_char(&path, '\0');
	if (rename(store->wal_path, path.at) == 0)
		log_warnx("log %s: its last changes are in %s", store->path,
			path.at);
	buf_release(&path);
}

void store_check_files(struct store *store)
{
	bool database = is_ours(store, store->path, store->inode);
	bool wal = is_ours(store, store->wal_path, store->wal_inode);

	if (database && wal)
		return;
	if (wal)
		move_wal_away(store);
	log_fatalx("log %s: was removed or replaced while in use",
		database ? store->wal_path : store->path);
}
