#include <config.h>

#include "lib/former.h"

#include <signal.h>

void former_add(struct former *former, pid_t pid)
{
	if (former->count == FORMER_MAX) {
		kill(pid, SIGKILL);
		return;
	}
	former->all[former->count].pid = pid;
	former->all[former->count++].deadline = 0;
}

bool former_remove(struct former *former, pid_t pid)
{
	for (size_t i = 0; i < former->count; i++) {
		if (former->all[i].pid != pid)
			continue;
		former->all[i] = former->all[--former->count];
		return true;
	}
	return false;
}

void former_signal(const struct former *former, int number)
{
	for (size_t i = 0; i < former->count; i++)
		kill(former->all[i].pid, number);
}

void former_ask(struct former *former, int number, uint64_t deadline)
{
	for (size_t i = 0; i < former->count; i++) {
		if (former->all[i].deadline != 0)
			continue;
		kill(former->all[i].pid, number);
		former->all[i].deadline = deadline;
	}
}

uint64_t former_kill_late(struct former *former, uint64_t now)
{
	uint64_t next = UINT64_MAX;

	for (size_t i = 0; i < former->count; i++) {
		if (now >= former->all[i].deadline) {
			kill(former->all[i].pid, SIGKILL);
			former->all[i].deadline = UINT64_MAX;
		}
		if (former->all[i].deadline < next)
			next = former->all[i].deadline;
	}
	return next;
}
