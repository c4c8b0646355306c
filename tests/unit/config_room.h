/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_TESTS_UNIT_CONFIG_ROOM_H
#define TIDINGS_TESTS_UNIT_CONFIG_ROOM_H
/*
 * config_room - a text as a configuration file
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/buf.h"
#include "lib/config/config.h"
#include "tests/unit/unit.h"

/* Tries `text` as a file; the sentence comes back without the file's name. */
static inline char *try_text(struct config *config, struct span text)
{
	char path[] = "/tmp/config_test.XXXXXX";
	int fd = mkstemp(path);
	char *fault;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text.at, text.len), text.len);
	close(fd);
	fault = config_try(config, path);
	unlink(path);
	if (fault != NULL) {
		assert_memory_equal(fault, path, strlen(path));
		memmove(fault, fault + strlen(path),
			strlen(fault) - strlen(path) + 1);
	}
	return fault;
}

/* It is right, or the test ends. */
static inline void must_load(struct config *config, const char *text)
{
	char *fault = try_text(config, span_of(text));

	if (fault != NULL)
		fail_msg("%s\nin: %s", fault, text);
}

#endif
