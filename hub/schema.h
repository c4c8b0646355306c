#ifndef TIDINGS_SCHEMA_H
#define TIDINGS_SCHEMA_H
/*
 * schema - the tables of log.db, and the checks before they are used
 *
 * ## To change the schema
 * 1. raise SCHEMA_VERSION; 2. change `tables` in schema.c, which makes a new
 * log; 3. add the statements that lead from the version before to `steps`,
 * which are run in one transaction on a log of that version; 4. add a test that
 * opens a log made by the version before.  A log of a newer version is refused.
 */
#include "lib/db.h"

enum { SCHEMA_VERSION = 1 };

/* Opens `path`, creates what is missing.  Reads a few pages only, whatever the
 * size of the log.  Any fault ends the process with one sentence. */
void schema_open(struct db *db, const char *path);

#endif
