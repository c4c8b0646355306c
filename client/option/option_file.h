/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_CLIENT_OPTION_OPTION_FILE_H
#define TIDINGS_CLIENT_OPTION_OPTION_FILE_H
/*
 * option_file - client.conf, a line at a time
 *
 * INI without quotes; `place` is "FILE:LINE".  inih's room for the client.
 */
#include <stdbool.h>

#include "client/exit_status.h"

typedef enum exit_status option_key(const char *section, const char *name,
	const char *text, const char *place);

/* `path` NULL: $XDG_CONFIG_HOME/tidings/client.conf or
 * ~/.config/tidings/client.conf, which need not be there. */
enum exit_status option_file(const char *path, option_key *key);

#endif
