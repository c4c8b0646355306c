/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "hub/peers/order_figures.h"

#include "hub/log/ledger.h"
#include "hub/log/order.h"
#include "hub/peers/metrics_text.h"

static const struct metric_family connected = {"tidings_order_connected", GAUGE,
	NULL, "1 if the order that machines share is to be had, 0 if not."};
static const struct metric_family behind = {"tidings_order_behind_seconds",
	GAUGE, "seconds",
	"For how long this machine has not had what it knows to be in that "
	"order."};
static const struct metric_family append = {"tidings_order_append_seconds",
	GAUGE, "seconds", "Time that the newest append to that order took."};
static const struct metric_family orphans = {"tidings_order_orphans", GAUGE,
	NULL,
	"Events that the order has forgotten, and that are still to be put "
	"back."};
static const struct metric_family machines = {"tidings_order_machines", GAUGE,
	NULL,
	"Machines that share the order and were heard in the last 10 seconds, "
	"this one too."};

void order_figures_write(const struct ledger *ledger, struct metrics_text *text)
{
	const struct order *order = ledger->order;
	struct order_figures figures;

	if (order == NULL)
		return;
	order->figures(order->arg, &figures);
	metrics_begin(text, &connected);
	metrics_add(text, "", figures.connected);
	metrics_begin(text, &behind);
	metrics_add_seconds(text, "", figures.behind_us);
	metrics_begin(text, &append);
	metrics_add_seconds(text, "", figures.append_us);
	metrics_begin(text, &orphans);
	metrics_add(text, "", figures.orphans);
	metrics_begin(text, &machines);
	metrics_add(text, "", figures.machines);
}
