/* SPDX-License-Identifier: MIT */
/* files: whose news wakes the hub, and is never missed before a commit */
#include <config.h>

#include "hub/log/disk/files.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/unit.h"

struct room {
	struct files files;
	char folder[32];
	char path[48];
};

static void touch(const struct room *room, const char *name)
{
	char path[80];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", room->folder, name);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	close(fd);
}

static void take_away(const struct room *room, const char *name)
{
	char path[80];

	snprintf(path, sizeof(path), "%s/%s", room->folder, name);
	assert_int_equal(unlink(path), 0);
}

static int room_open(void **state)
{
	struct room *room = calloc(1, sizeof(*room));

	strcpy(room->folder, "/tmp/tidings-XXXXXX");
	assert_non_null(mkdtemp(room->folder));
	snprintf(room->path, sizeof(room->path), "%s/log.db", room->folder);
	touch(room, "log.db");
	touch(room, "log.db-wal");
	files_open(&room->files, room->path);
	*state = room;
	return 0;
}

static int room_close(void **state)
{
	struct room *room = *state;
	char command[64];

	files_close(&room->files);
	snprintf(command, sizeof(command), "rm -r %s", room->folder);
	assert_int_equal(system(command), 0);
	free(room);
	return 0;
}

static void others(const struct room *room, int count)
{
	for (int i = 0; i < count; i++) {
		touch(room, "hub.cursor.new");
		take_away(room, "hub.cursor.new");
	}
}

static void test_what_happens_to_others_in_the_folder_is_no_news(void **state)
{
	struct room *room = *state;

	assert_false(files_have_news(&room->files));
	others(room, 10);
	assert_false(files_have_news(&room->files));
}

static void test_a_log_that_goes_is_news_behind_however_much_of_others(
	void **state)
{
	static const char *const names[] = {"log.db", "log.db-wal"};
	struct room *room = *state;

	for (size_t i = 0; i < COUNT(names); i++)
		for (int count = 0; count <= 1000; count += 200) {
			others(room, count);
			take_away(room, names[i]);
			CHECK(names[i], files_have_news(&room->files));
			touch(room, names[i]);
			CHECK(names[i], files_have_news(&room->files));
			while (files_have_news(&room->files))
				;
		}
}

static void test_more_than_is_read_counts_as_news(void **state)
{
	struct room *room = *state;

	others(room, 4000);
	assert_true(files_have_news(&room->files));
}

static void test_a_folder_that_is_moved_is_news(void **state)
{
	struct room *room = *state;
	char away[40];

	snprintf(away, sizeof(away), "%s.away", room->folder);
	assert_int_equal(rename(room->folder, away), 0);
	assert_true(files_have_news(&room->files));
	assert_int_equal(rename(away, room->folder), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, room_open, room_close)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(test_what_happens_to_others_in_the_folder_is_no_news),
		TEST(test_a_log_that_goes_is_news_behind_however_much_of_others),
		TEST(test_more_than_is_read_counts_as_news),
		TEST(test_a_folder_that_is_moved_is_news),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
