/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_CLIENT_OPTION_OPTION_VALUE_H
#define TIDINGS_CLIENT_OPTION_OPTION_VALUE_H
/*
 * option_value - the text of a flag, read as what it must be.  Pure.
 */
#include <stdbool.h>
#include <stdint.h>

#include "client/option/option_table.h"

/* NULL, or what the text should have been: "a number" (static). */
const char *option_fault(enum option_kind kind, const char *text);

/* Each is false if `text` is none. */
bool option_is_on(const char *text, bool *on);
/* "10s", or "10", which is the same. */
bool option_duration(const char *text, uint64_t *ms);

#endif
