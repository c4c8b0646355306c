/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_TESTS_UNIT_HUB_INBOX_ROOM_H
#define TIDINGS_TESTS_UNIT_HUB_INBOX_ROOM_H
/*
 * hub_inbox_room - a hub with two inboxes, "one" and "other", and what their
 * readers say to it
 */
#include "tests/unit/hub_desk.h"

enum { ROWS_AT_ONCE = 1000 };

extern struct desk desk;
extern struct config_inbox sections[2];

int hub_inbox_setup(void **state);
int hub_inbox_teardown(void **state);
#define TEST(name)                       \
	cmocka_unit_test_setup_teardown( \
		name, hub_inbox_setup, hub_inbox_teardown)

/* The hub is started again, with these sections. */
void start_again(struct config_inbox *from, size_t count);

/* ---- what a reader says */

void claim(struct peer *peer, const char *name);
struct peer *reader_of(const char *name);
/* `mark` tells files apart. */
void say_file(struct peer *peer, uint64_t number, char mark);
void say_excuse(struct peer *peer, const char *why);
void put_row(struct buf *body, uint64_t id, char data);
/* Each letter is a row, ! is a bad one. */
void say_rows(
	struct peer *peer, uint64_t number, uint64_t from, const char *letters);
/* The same, `count` times one letter. */
void say_many(struct peer *peer, uint64_t number, uint64_t from, char letter,
	size_t count);
void say_told(
	struct peer *peer, uint64_t number, uint64_t from, uint32_t count);
/* Somebody waits for an answer in this turn. */
void publish(struct peer *peer, uint64_t number);

/* ---- what becomes of it */

/* A turn whose COMMIT finds no room on the disk. */
void fail_turn(void);
/* The reasons follow. */
struct wire_in heard_taken(
	struct peer *peer, uint64_t number, uint64_t cursor, uint32_t refused);

struct at {
	bool known, stopped, more;
	uint64_t cursor;
	uint32_t reasons;
};

struct wire_in heard_at(struct peer *peer, uint64_t number, struct at wanted);
/* A reader whose file is known to the hub, at its beginning. */
struct peer *opened(const char *name, char mark);
void check_reason(struct wire_in *in, uint64_t row);
/* All that the log holds on the channel of the rows. */
void check_log(const char *wanted);
int64_t count(const char *table);

#endif
