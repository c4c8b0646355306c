/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "inbox/rejects.h"

#include <inttypes.h>
#include <stdlib.h>

#include "inbox/transaction.h"
#include "lib/log.h"
#include "lib/wire.h"

enum {
	LINES = 20,	      /* log lines about rows, a second */
	VALUE_MAX = 64 << 20, /* as long a row can still be changed */
};

struct reject {
	uint64_t row;
	char *reason;
};

static struct reject *all(const struct rejects *rejects)
{
	return (struct reject *)(void *)rejects->all.at;
}

size_t rejects_count(const struct rejects *rejects)
{
	return rejects->all.len / sizeof(struct reject);
}

void rejects_add(struct rejects *rejects, uint64_t row, struct span reason)
{
	struct reject reject = {row, mem_text(reason)};

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
}

void rejects_say(struct rejects *rejects, const char *inbox, uint64_t row,
	struct span reason, uint64_t now_us)
{
	uint64_t second = now_us / 1000000;

	if (second != rejects->lines_second)
		rejects->lines = 0;
	rejects->lines_second = second;
	if (rejects->lines++ < LINES)
		log_warnx("inbox %s: row %" PRId64 " not published: %.*s",
			inbox, (int64_t)row, (int)reason.len, reason.at);
	else if (rejects->lines == LINES + 1)
		log_warnx("inbox %s: more rows not published: see their column "
			  "error",
			inbox);
}

/* ---- into the rows */

/* DB_DONE also if the row will never hold it. */
static enum db_result tell_one(
	struct inbox_file *file, const struct reject *reject)
{
	struct query *set = &file->set_error;
	enum db_result got;

	query_bind_text(set, 1, span_of(reject->reason));
	query_bind_int(set, 2, reject->row);
	got = query_run(set);
	/* Their own rule, for one; it has been logged. */
	return got == DB_REFUSED || got == DB_TOOBIG ? DB_DONE : got;
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

uint32_t rejects_tell(
	struct rejects *rejects, struct inbox_file *file, struct buf *rows)
{
	size_t count = rejects_count(rejects);

	if (count > REJECTS_TOLD)
		count = REJECTS_TOLD;
	if (count == 0 || !tell_for_good(rejects, file, count))
		return 0;
	for (size_t i = 0; i < count; i++)
		wire_put_u64(rows, all(rejects)[i].row);
	drop(rejects, count);
	return (uint32_t)count;
}
