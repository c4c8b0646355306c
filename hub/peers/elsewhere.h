/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_HUB_PEERS_ELSEWHERE_H
#define TIDINGS_HUB_PEERS_ELSEWHERE_H
/*
 * elsewhere - how many listen to what on other machines of the same order
 *
 * Each machine counts as a responder does (counts.h), but what it says is not
 * told to others.
 */
#include <stdint.h>

#include "hub/log/origin.h"
#include "hub/peers/counts.h"
#include "lib/list.h"
#include "lib/span.h"

struct elsewhere {
	struct counts *counts; /* borrowed */
	struct node machines;
};

void elsewhere_open(struct elsewhere *elsewhere, struct counts *counts);
void elsewhere_close(struct elsewhere *elsewhere);

/* So many listen to `name` on that machine; it has left. */
void elsewhere_set(struct elsewhere *elsewhere,
	const uint8_t origin[ORIGIN_HUB], struct span name, uint32_t number);
void elsewhere_leave(
	struct elsewhere *elsewhere, const uint8_t origin[ORIGIN_HUB]);

#endif
