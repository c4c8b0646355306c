#ifndef TIDINGS_HELP_H
#define TIDINGS_HELP_H
/*
 * help - what --help shows, from the verbs' tables
 */
#include "client/option_table.h"

void help_verb(const struct verb *verb);
/* Shows all verbs, or the one of that name (`tidings help pub`), or the tables
 * for the shells' completions (`tidings help --words`). */
enum outcome help_all(const struct verb *const *verbs, const char *name);

#endif
