/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "lib/service/old_workers.h"

#include <signal.h>

void old_workers_add(struct old_workers *old_workers, pid_t pid)
{
	if (old_workers->count == OLD_WORKERS_MAX) {
		kill(pid, SIGKILL);
		return;
	}
	old_workers->all[old_workers->count].pid = pid;
	old_workers->all[old_workers->count++].deadline = 0;
}

bool old_workers_remove(struct old_workers *old_workers, pid_t pid)
{
	for (size_t i = 0; i < old_workers->count; i++) {
		if (old_workers->all[i].pid != pid)
			continue;
		old_workers->all[i] = old_workers->all[--old_workers->count];
		return true;
	}
	return false;
}

void old_workers_signal(const struct old_workers *old_workers, int number)
{
	for (size_t i = 0; i < old_workers->count; i++)
		kill(old_workers->all[i].pid, number);
}

void old_workers_ask(
	struct old_workers *old_workers, int number, uint64_t deadline)
{
	for (size_t i = 0; i < old_workers->count; i++) {
		if (old_workers->all[i].deadline != 0)
			continue;
		kill(old_workers->all[i].pid, number);
		old_workers->all[i].deadline = deadline;
	}
}

uint64_t old_workers_kill_late(struct old_workers *old_workers, uint64_t now)
{
	uint64_t next = UINT64_MAX;

	for (size_t i = 0; i < old_workers->count; i++) {
		if (now >= old_workers->all[i].deadline) {
			kill(old_workers->all[i].pid, SIGKILL);
			old_workers->all[i].deadline = UINT64_MAX;
		}
		if (old_workers->all[i].deadline < next)
			next = old_workers->all[i].deadline;
	}
	return next;
}
