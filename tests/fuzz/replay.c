/* SPDX-License-Identifier: MIT */
/*
 * replay - a fuzz target without a fuzzer
 *
 * fuzz_NAME [FILE...] runs the target on the files, or on all of corpus/NAME,
 * and on each beginning of them: what is cut off anywhere must be handled too.
 */
#include <config.h>

#include <dirent.h>
#include <errno.h>
#include <string.h>

#include "lib/buf.h"
#include "tests/fuzz/fuzz.h"

enum { CUT_MAX = 2000 }; /* longer files are not cut everywhere */

/* A copy of exactly `size` bytes, so that reading beyond them is seen. */
static void run(const char *bytes, size_t size)
{
	uint8_t *copy = mem_new(size);

	if (size > 0)
		memcpy(copy, bytes, size);
	LLVMFuzzerTestOneInput(copy, size);
	free(copy);
}

static int replay(const char *path)
{
	FILE *file = fopen(path, "rb");
	struct buf bytes = {0};
	size_t n;

	if (file == NULL) {
		fprintf(stderr, "%s: %s\n", path, strerror(errno));
		return -1;
	}
	while ((n = fread(buf_reserve(&bytes, 65536), 1, 65536, file)) > 0)
		bytes.len += n;
	fclose(file);
	run(bytes.at, bytes.len);
	if (bytes.len <= CUT_MAX)
		for (size_t size = 0; size < bytes.len; size++)
			run(bytes.at, size);
	buf_release(&bytes);
	return 0;
}

/* The number of files replayed, -1 if one could not be. */
static int replay_folder(const char *folder)
{
	DIR *dir = opendir(folder);
	const struct dirent *entry;
	char path[4096 + 256];
	int count = 0;

	if (dir == NULL) {
		fprintf(stderr, "%s: %s\n", folder, strerror(errno));
		return -1;
	}
	while ((entry = readdir(dir)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
		if (replay(path) != 0) {
			count = -1;
			break;
		}
		count++;
	}
	closedir(dir);
	return count;
}

int main(int argc, char **argv)
{
	const char *root = getenv("srcdir");
	const char *name = strstr(argv[0], "fuzz_");
	char folder[4096];
	int count;

	for (int i = 1; i < argc; i++)
		if (replay(argv[i]) != 0)
			return 1;
	if (argc > 1)
		return 0;
	if (name == NULL)
		return 2;
	snprintf(folder, sizeof(folder), "%s/tests/fuzz/corpus/%s",
		root == NULL ? "." : root, name + strlen("fuzz_"));
	count = replay_folder(folder);
	printf("%s: %d files\n", folder, count);
	return count > 0 ? 0 : 1;
}
