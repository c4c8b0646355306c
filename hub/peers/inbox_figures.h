/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_HUB_PEERS_INBOX_FIGURES_H
#define TIDINGS_HUB_PEERS_INBOX_FIGURES_H
/*
 * inbox_figures - each inbox as text for Prometheus, by its name
 */
#include "hub/peers/inbox.h"
#include "hub/peers/metrics_text.h"

/* Appends the families of inboxes; none if there are no inboxes. */
void inbox_figures_write(
	const struct inboxes *inboxes, struct metrics_text *text);

#endif
