/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "inbox/rejects.h"

#include <stdlib.h>

#include "inbox/lines.h"
#include "inbox/transaction.h"
#include "lib/log.h"
#include "lib/wire.h"

enum {
	LINES = 20,	      /* log lines about rows, a minute */
	VALUE_MAX = 64 << 20, /* as long a row can still be changed */
};

struct reject {
	uint64_t row;
	char *reason;
	bool kept; /* the row will not hold it */
};

static struct reject *all(const struct rejects *rejects)
{
	return (struct reject *)(void *)rejects->all.at;
}

static uint64_t *kept(const struct rejects *rejects)
{
	return (uint64_t *)(void *)rejects->kept.at;
}

size_t rejects_count(const struct rejects *rejects)
{
	return rejects->all.len / sizeof(struct reject);
}

size_t rejects_count_kept(const struct rejects *rejects)
{
	return rejects->kept.len / sizeof(uint64_t);
}

static bool is_kept(const struct rejects *rejects, uint64_t row)
{
	for (size_t i = 0; i < rejects_count_kept(rejects); i++)
		if (kept(rejects)[i] == row)
			return true;
	return false;
}

void rejects_add(struct rejects *rejects, uint64_t row, struct span reason)
{
	struct reject reject = {.row = row};

	if (is_kept(rejects, row))
		return; /* told once more, together with others */
	reject.reason = mem_text(reason);
	buf_add(&rejects->all, &reject, sizeof(reject));
}

static void drop(struct rejects *rejects, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(all(rejects)[i].reason);
	buf_drop(&rejects->all, count * sizeof(struct reject));
}

void rejects_forget(struct rejects *rejects)
{
	drop(rejects, rejects_count(rejects));
	buf_release(&rejects->all);
	buf_release(&rejects->kept);
}

void rejects_say(struct rejects *rejects, const char *inbox, uint64_t row,
	struct span reason, uint64_t now_us)
{
	uint64_t minute = now_us / 60000000;

	if (minute != rejects->lines_minute)
		rejects->lines = 0;
	rejects->lines_minute = minute;
	if (rejects->lines++ < LINES)
		log_warnx(LINE_REJECT, inbox, (long long)row, (int)reason.len,
			reason.at);
	else if (rejects->lines == LINES + 1)
		log_warnx(LINE_MORE_REJECTS, inbox);
}

/* ---- into the rows */

/* One reason, in a transaction of ours; DB_DONE also where the row will never
 * hold it: their own rule forbids it, or there is no memory to write the row
 * anew.  It stays with the hub then, and the row where it is. */
static enum db_result tell_one(struct inbox_file *file, struct reject *reject)
{
	struct query *set = &file->set_error;
	enum db_result got;

	if (reject->kept)
		return DB_DONE;
	query_bind_text(set, 1, span_of(reject->reason));
	query_bind_int(set, 2, reject->row);
	got = query_run(set);
	if (got == DB_REFUSED || got == DB_TOOBIG ||
		(got == DB_BROKEN && db_no_memory(&file->db)))
		reject->kept = true;
	/* For want of memory SQLite may have given up all of it. */
	return reject->kept && db_in_transaction(&file->db) ? DB_DONE : got;
}

/* One transaction in the inbox; false if it has to wait. */
static bool tell_some(
	const struct rejects *rejects, struct inbox_file *file, size_t count)
{
	enum db_result got = transaction_begin(file);

	if (got != DB_DONE)
		return false;
	for (size_t i = 0; got == DB_DONE && i < count; i++)
		got = tell_one(file, &all(rejects)[i]);
	return transaction_end(file, got) == DB_DONE;
}

/* This one must outlive a power cut, as the log forgets it next; and to change
 * a row that is too long is to write it whole. */
static bool tell_for_good(
	const struct rejects *rejects, struct inbox_file *file, size_t count)
{
	bool done;

	db_limit(&file->db, VALUE_MAX);
	done = tell_some(rejects, file, count);
	db_limit(&file->db, INBOX_VALUE_MAX);
	/* If not, they are told once more. */
	return done && inbox_file_sync(file);
}

/* It is never taken for a published one. */
static void keep(struct rejects *rejects, struct inbox_file *file, uint64_t row)
{
	buf_add(&rejects->kept, &row, sizeof(row));
	query_bind_int(&file->keep, 1, row);
	/* In memory, which nobody else has locked. */
	if (query_run(&file->keep) != DB_DONE)
		log_fatalx(LINE_NO_MEMORY_ROW, (long long)row);
}

uint32_t rejects_tell(
	struct rejects *rejects, struct inbox_file *file, struct buf *rows)
{
	size_t count = rejects_count(rejects);
	uint32_t told = 0;

	if (count > REJECTS_TOLD)
		count = REJECTS_TOLD;
	if (count == 0 || !tell_for_good(rejects, file, count))
		return 0;
	for (size_t i = 0; i < count; i++) {
		if (all(rejects)[i].kept)
			keep(rejects, file, all(rejects)[i].row);
		told += !all(rejects)[i].kept;
		if (!all(rejects)[i].kept)
			wire_put_u64(rows, all(rejects)[i].row);
	}
	drop(rejects, count);
	return told;
}
