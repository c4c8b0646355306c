/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_HUB_PEERS_ORDER_FIGURES_H
#define TIDINGS_HUB_PEERS_ORDER_FIGURES_H
/*
 * order_figures - what Prometheus is told of an order that is shared; nothing
 * where there is none
 */
struct ledger;
struct metrics_text;

void order_figures_write(
	const struct ledger *ledger, struct metrics_text *text);

#endif
