#ifndef TIDINGS_HELP_H
#define TIDINGS_HELP_H
/*
 * help - --help, out of the verbs' tables
 */
#include "client/option.h"

void help_verb(const struct verb *verb);
/* All verbs, or the one of that name (`tidings help pub`), or the tables for
 * the shells' completions (`tidings help --words`). */
enum outcome help_all(const char *name);

#endif
