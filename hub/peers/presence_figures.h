/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_HUB_PEERS_PRESENCE_FIGURES_H
#define TIDINGS_HUB_PEERS_PRESENCE_FIGURES_H
/*
 * presence_figures - who is there, and who comes and goes, as text for
 * Prometheus
 */
#include "hub/peers/metrics_text.h"

struct presence;

void presence_figures_write(
	const struct presence *presence, struct metrics_text *text);

#endif
