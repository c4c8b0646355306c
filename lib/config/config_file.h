/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_LIB_CONFIG_CONFIG_FILE_H
#define TIDINGS_LIB_CONFIG_CONFIG_FILE_H
/*
 * config_file - the lines of tidings.conf
 *
 * inih's room.
 */
struct config;

/* Reads the file into `config`, which holds the defaults.  NULL, or a sentence
 * "FILE:LINE: ..." to be freed; `config` then is to be released. */
char *config_file_read(struct config *config, const char *path);

#endif
