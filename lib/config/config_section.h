/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_LIB_CONFIG_CONFIG_SECTION_H
#define TIDINGS_LIB_CONFIG_CONFIG_SECTION_H
/*
 * config_section - the section of tidings.conf that is being read
 *
 * Knows from its head which keys it may have and which struct they fill, and
 * on which line each was given.  Faults are sentences without file and line.
 */
#include <stdbool.h>

#include "lib/buf.h"
#include "lib/config/setting.h"

struct config;

/* All zero: no section has begun. */
struct config_section {
	const struct setting_section *table; /* NULL = before any */
	void *target;			     /* its struct; NULL at a fault */
	int line;			     /* of its head */
	int lines[SETTING_MOST]; /* where its keys were given; 0 = not */
	bool seen[SETTING_KINDS];
};

/* Begins the section whose head, on `line`, is `text` from its bracket on.
 * False if there can be no such section; `fault` then says why. */
bool config_section_begin(struct config_section *section, struct config *config,
	int line, const char *text, struct buf *fault);

/* No further key comes.  False if the keys do not fit together; `fault` then
 * says why, and *line where.  True if no section has begun. */
bool config_section_end(struct config_section *section,
	const struct config *config, int *line, struct buf *fault);

#endif
