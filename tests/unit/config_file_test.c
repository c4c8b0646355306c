/* SPDX-License-Identifier: MIT */
/* config: how a file is read: its lists, sections and lines */
#include <config.h>

#include "tests/unit/config_room.h"

static void test_an_empty_list_takes_the_default_away(void **state)
{
	struct config config;

	(void)state;
	must_load(&config, "[responder]\npublish_from =\n");
	assert_int_equal(config.publish_from_count, 0);
	config_release(&config);
}

static void test_a_list_goes_on_in_lines_that_begin_with_space(void **state)
{
	struct config config;

	(void)state;
	must_load(&config, "[responder]\n"
			   "origins = https://a.example,\n"
			   "    https://b.example\n"
			   "\thttps://c.example ; the last\n"
			   "workers = 2\n");
	assert_int_equal(config.origin_count, 3);
	assert_string_equal(config.origins[0], "https://a.example");
	assert_string_equal(config.origins[2], "https://c.example");
	assert_int_equal(config.workers, 2);
	config_release(&config);
}

static void test_a_channel_has_the_shared_limits_where_it_names_none(
	void **state)
{
	struct config config;

	(void)state;
	/* The shared ones stand behind it: order is free. */
	must_load(&config, "[channel n\xc3\xa4hte und \"alles]\" ]\n"
			   "keep_events = 5\n"
			   "[channel  x ]  # a comment\n"
			   "keep_age=0\nkeep_bytes=2K\n"
			   "[hub]\nkeep_age = 1h\nkeep_events = 77\n");
	assert_int_equal(config.channel_count, 2);
	assert_string_equal(
		config.channels[0].name, "n\xc3\xa4hte und \"alles]\"");
	assert_true(config.channels[0].keep.age_ms == 3600000);
	assert_true(config.channels[0].keep.events == 5);
	assert_true(config.channels[0].keep.bytes == 1 << 30);
	assert_string_equal(config.channels[1].name, "x");
	assert_true(config.channels[1].keep.age_ms == 0);
	assert_true(config.channels[1].keep.events == 77);
	assert_true(config.channels[1].keep.bytes == 2048);
	config_release(&config);
}

static void test_a_channel_name_of_255_bytes_is_not_cut(void **state)
{
	struct buf text = {0};
	struct config config;

	(void)state;
	buf_add_span(&text, span_of("[channel "));
	for (int i = 0; i < 255; i++)
		buf_add_char(&text, (char)('a' + i % 26));
	buf_add_span(&text, span_of("]\n"));
	buf_add_char(&text, '\0');
	must_load(&config, text.at);
	assert_int_equal(config.channel_count, 1);
	assert_int_equal(strlen(config.channels[0].name), 255);
	config_release(&config);
	buf_release(&text);
}

static void test_inboxes_have_a_path_and_may_be_created(void **state)
{
	struct config config;

	(void)state;
	must_load(&config, "[inbox default]\npath = /a/inbox.db\ncreate = yes\n"
			   "[inbox shop]\npath = /b/shop with space.db\n");
	assert_int_equal(config.inbox_count, 2);
	assert_string_equal(config.inboxes[0].name, "default");
	assert_string_equal(config.inboxes[0].path, "/a/inbox.db");
	assert_true(config.inboxes[0].create);
	assert_string_equal(config.inboxes[1].path, "/b/shop with space.db");
	assert_false(config.inboxes[1].create);
	config_release(&config);
}

static void test_windows_files_are_read_too(void **state)
{
	struct config config;

	(void)state;
	must_load(&config, "\xef\xbb\xbf[responder]\r\nworkers = "
			   "3\r\n[log]\r\nlevel=debug");
	assert_int_equal(config.workers, 3);
	assert_true(config.debug);
	config_release(&config);
}

static void test_a_nul_byte_does_not_hide_what_is_behind_it(void **state)
{
	struct config config;
	char *fault = try_text(&config, span("[log]\nlevel = info\0x\n", 20));

	(void)state;
	assert_string_equal(fault, ":2: the line has a NUL byte");
	free(fault);
}

static void test_a_line_that_is_too_long_is_not_cut(void **state)
{
	struct buf text = {0};
	struct config config;
	char *fault;

	(void)state;
	buf_add_span(&text, span_of("[hub]\nlog = /"));
	memset(buf_reserve(&text, 5000), 'x', 5000);
	text.len += 5000;
	buf_add_span(&text, span_of("\n[log]\n"));
	fault = try_text(&config, buf_span(&text));
	assert_non_null(fault);
	assert_non_null(strstr(fault, ":2: the line is longer than "));
	free(fault);
	buf_release(&text);
}

static void test_a_file_that_is_not_there_is_named(void **state)
{
	struct config config;
	char *fault = config_try(&config, "/nonexistent/tidings.conf");

	(void)state;
	assert_string_equal(
		fault, "/nonexistent/tidings.conf: No such file or directory");
	free(fault);
}

static void test_a_folder_is_no_configuration(void **state)
{
	struct config config;
	char *fault = config_try(&config, "/");

	(void)state;
	assert_non_null(fault);
	free(fault);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_an_empty_list_takes_the_default_away),
		cmocka_unit_test(
			test_a_list_goes_on_in_lines_that_begin_with_space),
		cmocka_unit_test(
			test_a_channel_has_the_shared_limits_where_it_names_none),
		cmocka_unit_test(test_a_channel_name_of_255_bytes_is_not_cut),
		cmocka_unit_test(test_inboxes_have_a_path_and_may_be_created),
		cmocka_unit_test(test_windows_files_are_read_too),
		cmocka_unit_test(
			test_a_nul_byte_does_not_hide_what_is_behind_it),
		cmocka_unit_test(test_a_line_that_is_too_long_is_not_cut),
		cmocka_unit_test(test_a_file_that_is_not_there_is_named),
		cmocka_unit_test(test_a_folder_is_no_configuration),
	};

	return cmocka_run_group_tests_name("config, a file", tests, NULL, NULL);
}
