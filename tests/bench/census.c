#include "config.h"

#include "tests/bench/census.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* "pid (name) state parent ... utime stime": the name may hold anything. */
static bool read_row(struct census_row *row, const char *pid)
{
	char path[64];
	char line[1024];
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
		    "%*c %d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu",
		    &row->parent, &user, &system) != 3)
		return false;
	row->cpu_us = (user + system) *
		      (1000000ul / (unsigned long)sysconf(_SC_CLK_TCK));
	return true;
}

static const struct census_row *find(const struct census *census, pid_t pid)
{
	for (size_t i = 0; i < census->count; i++)
		if (census->rows[i].pid == pid)
			return &census->rows[i];
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
static bool pass(struct census *census, const pid_t *roots, size_t count)
{
	bool more = false;
	struct dirent *entry;
	struct census_row row;
	DIR *proc = opendir("/proc");

	while (proc != NULL && (entry = readdir(proc)) != NULL) {
		pid_t pid = atoi(entry->d_name);
		if (pid <= 0 || find(census, pid) != NULL ||
			census->count == CENSUS_MAX ||
			!read_row(&row, entry->d_name))
			continue;
		if (!is_root(pid, roots, count) &&
			find(census, row.parent) == NULL)
			continue;
		census->rows[census->count++] = row;
		more = true;
	}
	if (proc != NULL)
		closedir(proc);
	return more;
}

void census_take(struct census *census, const pid_t *roots, size_t count)
{
	census->count = 0;
	while (pass(census, roots, count))
		;
}

static uint64_t used(const struct census *from, const struct census_row *row)
{
	const struct census_row *before = find(from, row->pid);

	return row->cpu_us - (before == NULL ? 0 : before->cpu_us);
}

uint64_t census_cpu_us(const struct census *from, const struct census *to)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < to->count; i++)
		sum += used(from, &to->rows[i]);
	return sum;
}

uint64_t census_pss(const struct census *census)
{
	uint64_t sum = 0;
	char path[64];
	char line[256];
	unsigned long kib;

	for (size_t i = 0; i < census->count; i++) {
		snprintf(path, sizeof(path), "/proc/%d/smaps_rollup",
			census->rows[i].pid);
		FILE *file = fopen(path, "re");
		while (file != NULL && fgets(line, sizeof(line), file) != NULL)
			if (sscanf(line, "Pss: %lu", &kib) == 1)
				sum += kib * 1024;
		if (file != NULL)
			fclose(file);
	}
	return sum;
}

void census_print(const struct census *from, const struct census *to)
{
	for (size_t i = 0; i < to->count; i++) {
		const struct census_row *row = &to->rows[i];
		if (used(from, row) != 0)
			printf("cpu.%s.%d_us=%lu\n", row->name, row->pid,
				(unsigned long)used(from, row));
	}
}
