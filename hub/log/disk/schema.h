/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_HUB_LOG_DISK_SCHEMA_H
#define TIDINGS_HUB_LOG_DISK_SCHEMA_H
/*
 * schema - the tables of log.db, and the checks before they are used
 *
 * ## To change the schema
 * 1. raise SCHEMA_VERSION; 2. change `tables` in schema.c, which makes a new
 * log; 3. add to `steps` the statements that lead there from the version
 * before; 4. store a log made by the version before under tests/logs and add it
 * to tests/integration/test_versions.py.  A log of a newer version is refused.
 */
#include "lib/db/db.h"

enum { SCHEMA_VERSION = 7 };

/* Opens `path`, creates what is missing.  Reads a few pages only, whatever the
 * size of the log; a log of an older version may take longer, once.  Any fault
 * ends the process with one sentence. */
void schema_open(struct db *db, const char *path);

/* Brings a log from version `from` to `to`: steps[v - 1] leads from v to v + 1.
 * All of it or, if the process ends meanwhile, nothing. */
void schema_migrate(struct db *db, const char *path, int64_t from, int64_t to,
	const char *const *steps);

#endif
