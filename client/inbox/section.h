/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_CLIENT_INBOX_SECTION_H
#define TIDINGS_CLIENT_INBOX_SECTION_H
/*
 * section - the lines that tidings.conf needs for a database
 */
#include "client/exit_status.h"

/* On standard output; the inbox is named as the file, without its folders and
 * ending.  Says what else is to be done. */
enum exit_status section_print(const char *path);

#endif
