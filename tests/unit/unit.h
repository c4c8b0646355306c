/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_TESTS_UNIT_UNIT_H
#define TIDINGS_TESTS_UNIT_UNIT_H
/*
 * unit - cmocka, and what our unit tests add to it
 *
 * A test's name is a sentence.  Where the input varies, cases stand in a table
 * whose first column is the sentence, and CHECK says which one failed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "lib/span.h"

/* Ends the test unless `ok`, naming the case. */
#define CHECK(name, ok) unit_check((name), (ok), #ok, __FILE__, __LINE__)
#define CHECK_TEXT(name, got, want) \
	unit_check_text((name), (got), (want), __FILE__, __LINE__)

static inline void unit_check(
	const char *name, bool ok, const char *what, const char *file, int line)
{
	if (ok)
		return;
	print_error("case \"%s\": not so: %s\n", name, what);
	_fail(file, line);
}

static inline void unit_check_text(const char *name, struct span got,
	const char *want, const char *file, int line)
{
	if (span_is(got, want))
		return;
	print_error("case \"%s\"\n got: %.*s\nwant: %s\n", name, (int)got.len,
		got.len == 0 ? "" : got.at, want);
	_fail(file, line);
}

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

#endif
