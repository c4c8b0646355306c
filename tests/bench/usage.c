/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "tests/bench/usage.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Of a process of one thread, to the nanosecond: `stat` has 10 ms. */
static bool read_exactly(struct usage_row *row)
{
	char path[64];
	unsigned long ns;

	snprintf(path, sizeof(path), "/proc/%d/schedstat", row->pid);
	FILE *file = fopen(path, "re");
	if (file == NULL)
		return false;
	bool got = fscanf(file, "%lu", &ns) == 1;
	fclose(file);
	row->cpu_us = ns / 1000;
	return got;
}

/* "pid (name) state parent ... utime stime": the name may hold anything. */
static bool read_row(struct usage_row *row, const char *pid)
{
	char path[64];
	char line[1024];
	int threads;
	unsigned long user;
	unsigned long system;

	snprintf(path, sizeof(path), "/proc/%.20s/stat", pid);
	FILE *file = fopen(path, "re");
	if (file == NULL)
		return false;
	bool got = fgets(line, sizeof(line), file) != NULL;
	fclose(file);
	char *name = got ? strchr(line, '(') : NULL;
	char *rest = got ? strrchr(line, ')') : NULL;
	if (name == NULL || rest == NULL)
		return false;
	*rest = '\0';
	snprintf(row->name, sizeof(row->name), "%s", name + 1);
	row->pid = atoi(line);
	if (sscanf(rest + 2,
		    "%*c %d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu %*d "
		    "%*d %*d %*d %d",
		    &row->parent, &user, &system, &threads) != 4)
		return false;
	if (threads == 1 && read_exactly(row))
		return true;
	row->cpu_us = (user + system) *
		      (1000000ul / (unsigned long)sysconf(_SC_CLK_TCK));
	return true;
}

static const struct usage_row *find(const struct usage *usage, pid_t pid)
{
	for (size_t i = 0; i < usage->count; i++)
		if (usage->rows[i].pid == pid)
			return &usage->rows[i];
	return NULL;
}

static bool is_root(pid_t pid, const pid_t *roots, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (roots[i] == pid)
			return true;
	return false;
}

/* One pass over /proc; true if somebody new belongs to us. */
static bool pass(struct usage *usage, const pid_t *roots, size_t count)
{
	bool more = false;
	struct dirent *entry;
	struct usage_row row;
	DIR *proc = opendir("/proc");

	while (proc != NULL && (entry = readdir(proc)) != NULL) {
		pid_t pid = atoi(entry->d_name);
		if (pid <= 0 || find(usage, pid) != NULL ||
			usage->count == USAGE_MAX ||
			!read_row(&row, entry->d_name))
			continue;
		if (!is_root(pid, roots, count) &&
			find(usage, row.parent) == NULL)
			continue;
		usage->rows[usage->count++] = row;
		more = true;
	}
	if (proc != NULL)
		closedir(proc);
	return more;
}

void usage_take(struct usage *usage, const pid_t *roots, size_t count)
{
	usage->count = 0;
	while (pass(usage, roots, count))
		;
}

static uint64_t used(const struct usage *from, const struct usage_row *row)
{
	const struct usage_row *before = find(from, row->pid);

	return row->cpu_us - (before == NULL ? 0 : before->cpu_us);
}

uint64_t usage_cpu_us(const struct usage *from, const struct usage *to)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < to->count; i++)
		sum += used(from, &to->rows[i]);
	return sum;
}

uint64_t usage_pss(const struct usage *usage)
{
	uint64_t sum = 0;
	char path[64];
	char line[256];
	unsigned long kib;

	for (size_t i = 0; i < usage->count; i++) {
		snprintf(path, sizeof(path), "/proc/%d/smaps_rollup",
			usage->rows[i].pid);
		FILE *file = fopen(path, "re");
		while (file != NULL && fgets(line, sizeof(line), file) != NULL)
			if (sscanf(line, "Pss: %lu", &kib) == 1)
				sum += kib * 1024;
		if (file != NULL)
			fclose(file);
	}
	return sum;
}

void usage_print(const struct usage *from, const struct usage *to)
{
	for (size_t i = 0; i < to->count; i++) {
		const struct usage_row *row = &to->rows[i];
		if (used(from, row) != 0)
			printf("cpu.%s.%d_us=%lu\n", row->name, row->pid,
				(unsigned long)used(from, row));
	}
}
