/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_TESTS_TORTURE_FORGETFUL_DISK_H
#define TIDINGS_TESTS_TORTURE_FORGETFUL_DISK_H
/*
 * forgetful_disk - the files of FORGETFUL_FOLDER, and what would survive of
 * them
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#pragma GCC visibility push(hidden)

struct file {
	bool tracked, is_wal;
	ino_t inode;
	uint8_t *dirty; /* shared, a bit a page */
};

/* Of a path below the folder what comes behind that; NULL of any other. */
const char *disk_name(const char *path);
/* Is it a file whose bytes are followed? */
bool disk_has(const char *path);
/* NULL if what is open there is none of these. */
struct file *disk_file(int fd);

/* `name` was opened. */
void disk_track(int fd, const char *name, bool created);
void disk_untrack(int fd);
/* These bytes are about to be written. */
void disk_soil(struct file *file, off_t at, off_t length);

/* What was written to it would survive. */
void disk_sync_file(int fd, struct file *file);
/* The names that are there now would. */
void disk_sync_folder(const char *path);
/* Is it the folder, or one below it?  Then also its path. */
bool disk_is_folder(int fd, char *path, size_t size);

#pragma GCC visibility pop

#endif
