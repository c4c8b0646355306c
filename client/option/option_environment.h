/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_CLIENT_OPTION_OPTION_ENVIRONMENT_H
#define TIDINGS_CLIENT_OPTION_OPTION_ENVIRONMENT_H
/*
 * option_environment - flags as variables of the environment
 *
 * A flag of all verbs is TIDINGS_URL, one of a single verb TIDINGS_PUB_EVENT.
 */
#include "client/option/option_table.h"

/* Reads the variables; EXIT_OK, or the sentence was said. */
enum exit_status option_environment(struct option_values *values);

/* Sets the variables of the flags of all verbs to what has been said, for
 * programs that are started. */
void option_environment_set(const struct option_values *values);

#endif
