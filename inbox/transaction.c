/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "inbox/transaction.h"

#include <string.h>

bool inbox_file_switched(struct inbox_file *file)
{
	bool wal = query_next(&file->mode) &&
		   span_is(query_bytes(&file->mode, 0), "wal");

	/* One that cannot be read is found out by the next look. */
	return query_end(&file->mode) == DB_DONE && wal != file->wal;
}

/* To roll back would take the sentence away. */
static void leave(struct inbox_file *file, enum db_result got)
{
	if (got != DB_DONE)
		strncpy(file->fault, db_error(&file->db),
			sizeof(file->fault) - 1);
	db_roll_back(&file->db);
	locks_open_up(&file->locks);
}

enum db_result transaction_begin(struct inbox_file *file)
{
	enum db_result got;

	if (!locks_shut(&file->locks))
		return DB_BUSY;
	got = db_run(
		&file->db, file->wal ? "BEGIN IMMEDIATE" : "BEGIN EXCLUSIVE");
	/* In another mode these are not the locks that count. */
	if (got == DB_DONE && inbox_file_switched(file))
		got = DB_BUSY;
	if (got != DB_DONE)
		leave(file, got);
	return got;
}

enum db_result transaction_end(struct inbox_file *file, enum db_result done)
{
	if (done == DB_DONE)
		done = db_run(&file->db, "COMMIT");
	leave(file, done);
	return done;
}
