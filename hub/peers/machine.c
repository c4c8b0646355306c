/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "hub/peers/machine.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "lib/buf.h"

static void count(struct total *total, uint64_t now)
{
	if (now > total->seen)
		total->sum += now - total->seen;
	total->seen = now;
}

void machine_read_stat(struct machine *machine, const char *text)
{
	/* user nice system idle iowait irq softirq steal; what guests use is in
	 * user already. */
	uint64_t ticks[8] = {0};
	char *at;

	if (strncmp(text, "cpu ", 4) != 0)
		return;
	at = (char *)(uintptr_t)(text + 4);
	for (int i = 0; i < 8; i++)
		ticks[i] = strtoull(at, &at, 10);
	count(&machine->idle, ticks[3] + ticks[4]);
	count(&machine->busy, ticks[0] + ticks[1] + ticks[2] + ticks[5] +
				      ticks[6] + ticks[7]);
}

static uint64_t kilobytes(const char *text, const char *name)
{
	const char *at = strstr(text, name);

	return at == NULL ? 0 : strtoull(at + strlen(name), NULL, 10) * 1024;
}

void machine_read_meminfo(struct machine *machine, const char *text)
{
	machine->memory = kilobytes(text, "MemTotal:");
	machine->available = kilobytes(text, "MemAvailable:");
	if (machine->available > machine->memory) /* in some containers */
		machine->available = machine->memory;
}

void machine_read_net(struct machine *machine, const char *text)
{
	/* A line is "name: received, seven other figures, sent, ...". */
	static const char format[] = "%" SCNu64 " %*u %*u %*u %*u %*u %*u %*u "
				     "%" SCNu64;
	uint64_t received_all = 0, sent_all = 0;
	bool any = false;

	for (const char *at = strchr(text, ':'); at != NULL;
		at = strchr(at + 1, ':')) {
		uint64_t received, sent;

		if (sscanf(at + 1, format, &received, &sent) != 2)
			continue;
		received_all += received;
		sent_all += sent;
		any = true;
	}
	if (!any)
		return;
	count(&machine->received, received_all);
	count(&machine->sent, sent_all);
}

/* ---- where the texts are */

static void read_file(struct machine *machine, const char *path,
	void (*parse)(struct machine *machine, const char *text))
{
	enum { PIECE = 8192 };
	struct buf text = {0};
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got;

	if (fd < 0)
		return;
	do {
		got = read(fd, buf_reserve(&text, PIECE), PIECE);
		if (got > 0)
			text.len += (size_t)got;
	} while (got > 0);
	close(fd);
	buf_add_char(&text, '\0');
	parse(machine, text.at);
	buf_release(&text);
}

static void read_statm(struct machine *machine, const char *text)
{
	uint64_t pages;

	if (sscanf(text, "%*u %" SCNu64, &pages) == 1)
		machine->own_memory = pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

static uint64_t microseconds(struct timeval time)
{
	return (uint64_t)time.tv_sec * 1000000 + (uint64_t)time.tv_usec;
}

void machine_read(struct machine *machine)
{
	struct rusage usage = {0};

	read_file(machine, "/proc/stat", machine_read_stat);
	read_file(machine, "/proc/meminfo", machine_read_meminfo);
	read_file(machine, "/proc/net/dev", machine_read_net);
	read_file(machine, "/proc/self/statm", read_statm);
	getrusage(RUSAGE_SELF, &usage);
	machine->own_busy =
		microseconds(usage.ru_utime) + microseconds(usage.ru_stime);
}
