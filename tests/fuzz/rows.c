/* SPDX-License-Identifier: MIT */
/*
 * rows - what a row, or a publish, sees of SQLite and of the hub
 *
 * Every statement succeeds and says nothing; the row that is read is
 * rows.all[rows.at].
 */
#include <config.h>

/* a stub takes more than it needs */
#pragma GCC diagnostic ignored "-Wunused-parameter"

#include "tests/fuzz/rows.h"

#include <stdlib.h>
#include <string.h>

#include "hub/log/ledger.h"
#include "lib/db/db.h"
#include "lib/text.h"
#include "tests/fuzz/fuzz.h"

struct key {
	const struct channel *channel;
	char name[UINT8_MAX]; /* a copy: its frame may be gone */
	size_t name_len;
	struct digest digest;
};

struct rows rows;
static struct key keys[ROWS_MAX];
static size_t key_count;
static struct channel *made[ROWS_MAX];
static size_t made_count;
static struct party party;     /* who joined last */
static size_t kept, keys_kept; /* as of the last COMMIT */

void rows_clear(void)
{
	for (size_t i = 0; i < made_count; i++)
		free(made[i]);
	rows.count = rows.stored_count = key_count = made_count = 0;
	rows.acks = 0;
	rows.fails = false;
	kept = keys_kept = 0;
}

/* ---- SQLite */

struct span query_bytes(const struct query *query, int column)
{
	return rows.all[rows.at].values[column].bytes;
}

int query_type(const struct query *query, int column)
{
	return rows.all[rows.at].values[column].type;
}

uint64_t query_int(const struct query *query, int column)
{
	return rows.all[rows.at].id;
}

void query_bind_int(struct query *query, int at, uint64_t value)
{
}

void query_bind_blob(struct query *query, int at, struct span bytes)
{
}

void query_bind_text(struct query *query, int at, struct span text)
{
}

bool query_next(struct query *query)
{
	return false;
}

enum db_result query_end(struct query *query)
{
	return DB_DONE;
}

enum db_result query_run(struct query *query)
{
	return DB_DONE;
}

void query_release(struct query *query)
{
}

enum db_result db_run(struct db *db, const char *sql)
{
	return DB_DONE;
}

void db_limit(struct db *db, int bytes)
{
}

void db_roll_back(struct db *db)
{
}

bool db_in_transaction(const struct db *db)
{
	return false;
}

const char *db_error(const struct db *db)
{
	return "";
}

/* ---- the hub */

bool store_begin(struct store *store)
{
	store->writing = true;
	return true;
}

void store_prepare(struct store *store, struct query *query, const char *sql)
{
}

bool store_run(struct store *store, struct query *query)
{
	return store->writing;
}

bool store_step(struct store *store, struct query *query)
{
	return false;
}

void store_end(struct query *query)
{
}

bool ledger_begin(struct ledger *ledger)
{
	return store_begin(&ledger->store);
}

uint64_t ledger_append(struct ledger *ledger, struct channel *channel,
	struct span type, struct span traits, struct span data)
{
	MUST(ledger->store.writing && rows.stored_count < ROWS_MAX);
	rows.stored[rows.stored_count++] = (struct stored_event){
		rows.at, channel_name(channel), type, data};
	return rows.stored_count;
}

void ledger_join(struct ledger *ledger, const struct party *joining)
{
	party = *joining;
}

void ledger_commit(struct ledger *ledger)
{
	if (!ledger->store.writing)
		return;
	party.write(party.arg);
	ledger->store.writing = false;
	if (rows.fails) {
		rows.stored_count = kept;
		key_count = keys_kept;
		party.revert(party.arg);
	} else {
		kept = rows.stored_count;
		keys_kept = key_count;
		party.settle(party.arg);
	}
}

void ledger_mention(struct ledger *ledger, struct span channel,
	struct span type, struct span data)
{
	MUST(text_event_fault(channel, type, data) == NULL);
}

void ledger_ack(struct ledger *ledger, const struct ack *ack)
{
	rows.ack = *ack;
	rows.acks++;
}

struct channel *channel_find(const struct channels *all, struct span name)
{
	for (size_t i = 0; i < made_count; i++)
		if (span_equal(channel_name(made[i]), name))
			return made[i];
	return NULL;
}

struct channel *channel_get(struct channels *all, struct span name)
{
	struct channel *channel = channel_find(all, name);

	if (channel != NULL)
		return channel;
	MUST(made_count < ROWS_MAX && name.len <= TOPIC_MAX);
	channel = mem_new(sizeof(*channel) + name.len);
	channel->name_len = (uint16_t)name.len;
	memcpy(channel->name, name.at, name.len);
	made[made_count++] = channel;
	return channel;
}

enum key_state keys_look(struct keys *all, const struct channel *channel,
	struct span name, struct digest digest, struct keyed *keyed)
{
	*keyed = (struct keyed){.id = 1, .at = INT64_MAX};
	for (size_t i = 0; i < key_count; i++)
		if (keys[i].channel == channel &&
			span_equal(span(keys[i].name, keys[i].name_len), name))
			return keys[i].digest.high == digest.high &&
					       keys[i].digest.low == digest.low
				       ? KEY_REPEATED
				       : KEY_CONFLICT;
	return KEY_NEW;
}

void keys_add(struct keys *all, struct channel *channel, struct span name,
	struct digest digest, uint64_t id, uint64_t at)
{
	struct key *key = &keys[key_count++];

	MUST(id != 0 && key_count <= ROWS_MAX && name.len <= UINT8_MAX);
	*key = (struct key){channel, .name_len = name.len, .digest = digest};
	memcpy(key->name, name.at, name.len);
}

/* ---- what neither has anything to do with */

#define NEVER                \
	{                    \
		MUST(false); \
		abort();     \
	}

/* clang-format off */
void ledger_refuse(const struct ledger *ledger, struct ack *ack) NEVER
enum db_result store_commit(struct store *store) NEVER
struct channel *channel_numbered(
	const struct channels *channels, uint64_t number) NEVER
void eventlog_read(struct eventlog *log, uint64_t after, uint64_t upto) NEVER
enum eventlog_found eventlog_next(struct eventlog *log, uint64_t from,
	struct wire_event *event) NEVER
bool eventlog_time(struct eventlog *log, uint64_t *id, uint64_t *at) NEVER
void eventlog_check_ends(struct eventlog *log, uint64_t after) NEVER
uint64_t channel_oldest(
	struct channels *channels, struct channel *channel) NEVER
struct mark channels_mark(
	struct channels *channels, struct span name, bool all) NEVER
uint64_t eventlog_since(struct eventlog *log, uint64_t at) NEVER
void eventlog_walk(struct eventlog *log, const struct channel *channel,
	uint64_t after) NEVER
enum eventlog_found eventlog_step(struct eventlog *log,
	struct channel *channel, uint64_t upto, struct wire_event *event) NEVER
void eventlog_rest(struct eventlog *log) NEVER
const struct epoch *epochs_find(const struct epochs *epochs, uint64_t id) NEVER
enum db_result db_open(
	struct db *db, const char *path, enum db_kind kind) NEVER
void db_close(struct db *db) NEVER
void db_forsake_wal(struct db *db) NEVER
const char *db_path(const struct db *db) NEVER
const char *db_wal_path(const struct db *db) NEVER
bool db_not_a_database(const struct db *db) NEVER
enum db_result db_ask(struct db *db, const char *sql, int64_t *value) NEVER
enum db_result db_answers(
	struct db *db, const char *sql, const char *expected, bool *yes) NEVER
bool db_passes(enum db_result result) NEVER
void db_wait(struct db *db, int ms) NEVER
enum db_result db_checkpoint(struct db *db, bool all) NEVER
enum db_result db_prepare(
	struct db *db, struct query *query, const char *sql) NEVER
	/* clang-format on */
