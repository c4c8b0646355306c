/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_INBOX_DIAGNOSIS_H
#define TIDINGS_INBOX_DIAGNOSIS_H
/*
 * diagnosis - why a file could not be opened, where SQLite does not say
 *
 * It opens and closes the file, by which all locks of this process on it are
 * gone: nobody here may have it open.
 */

/* A sentence: `otherwise`, what is known so far, if nothing better is found. */
const char *diagnosis(const char *path, const char *otherwise);
/* Why nothing can be written there: the same of the folder. */
const char *diagnosis_unwritable(const char *path, const char *otherwise);

#endif
