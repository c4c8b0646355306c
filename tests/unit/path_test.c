/* SPDX-License-Identifier: MIT */
/* path: a folder and a name */
#include <config.h>

#include <stdlib.h>

#include "lib/path.h"
#include "tests/unit/unit.h"

static const struct {
	const char *path, *folder, *name;
} cases[] = {
	{"/var/lib/tidings/log.db", "/var/lib/tidings/", "log.db"},
	{"log.db", ".", "log.db"},
	{"./log.db", "./", "log.db"},
	{"/log.db", "/", "log.db"},
	{"//log.db", "//", "log.db"},
	{"a/b/", "a/b/", ""},
	{"/", "/", ""},
	{"", ".", ""},
};

static void test_a_path_is_a_folder_and_a_name(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const char *path = cases[i].path;
		char *folder = path_folder(path);

		CHECK_TEXT(path, span_of(folder), cases[i].folder);
		CHECK_TEXT(path, span_of(path_name(path)), cases[i].name);
		free(folder);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_path_is_a_folder_and_a_name),
	};

	return cmocka_run_group_tests_name("path", tests, NULL, NULL);
}
