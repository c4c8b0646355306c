/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_LIB_PATH_H
#define TIDINGS_LIB_PATH_H
/*
 * path - the two halves of a file's path: its folder and its name
 *
 * As text only: nothing is looked up.
 */

/* What comes before the name, with its slash; "." if that is nothing.  Freed
 * with free(). */
char *path_folder(const char *path);
/* What comes after the last slash; borrowed, empty for a path that ends in
 * one. */
const char *path_name(const char *path);

#endif
