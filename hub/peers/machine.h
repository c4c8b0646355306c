/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_HUB_PEERS_MACHINE_H
#define TIDINGS_HUB_PEERS_MACHINE_H
/*
 * machine - what the whole machine is doing, from /proc
 *
 * Processor time and network bytes are counted since the machine started, the
 * latter over all interfaces, loopback included.  They never fall, although the
 * kernel's own may: an interface that goes takes its figures along.  What /proc
 * does not say stays zero.
 */
#include <stdbool.h>
#include <stdint.h>

struct total {
	uint64_t sum;
	uint64_t seen; /* the kernel's figure, last time */
};

struct machine {
	struct total busy, idle;     /* ticks of all processors; waiting for a
					disk is idle */
	uint64_t memory, available;  /* bytes */
	struct total received, sent; /* bytes */
	uint64_t own_busy;	     /* us of processor time of this process */
	uint64_t own_memory;	     /* its bytes in memory */
};

void machine_read(struct machine *machine);

/* The texts of /proc/stat, /proc/meminfo and /proc/net/dev. */
void machine_read_stat(struct machine *machine, const char *text);
void machine_read_meminfo(struct machine *machine, const char *text);
void machine_read_net(struct machine *machine, const char *text);

#endif
