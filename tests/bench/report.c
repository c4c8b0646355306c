/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "tests/bench/report.h"

#include <inttypes.h>
#include <stdio.h>

#include "tests/bench/publishers.h"
#include "tests/bench/streams.h"

static void print_opening(const struct load *load)
{
	const struct options *options = &load->options;

	printf("streams=%u\nchannels=%u\npublishers=%u\nsize=%u\n",
		options->streams, options->channels, options->publishers,
		options->size);
	printf("opened_per_s=%.0f\n",
		options->streams / (double)load->opening_ns * 1e9);
	printf("opening_cpu_us_per_stream=%.2f\n",
		(double)load->opening_cpu_us / options->streams);
	printf("rested_cpu_us_per_stream=%.2f\n",
		(double)load->rested_cpu_us / options->streams);
	printf("pss_before=%" PRIu64 "\npss_after=%" PRIu64 "\n",
		load->pss_before, load->pss_after);
	printf("pss_per_stream=%.0f\n",
		((double)load->pss_after - (double)load->pss_before) /
			options->streams);
}

static void print_killed(const struct load *load)
{
	if (load->killed == 0)
		return;
	printf("back_s=%.3f\ncomplete_s=%.3f\n",
		load->back == 0 ? -1
				: (double)(load->back - load->killed) / 1e9,
		load->whole == 0 ? -1
				 : (double)(load->whole - load->killed) / 1e9);
}

static void print_publishing(const struct load *load)
{
	const struct ledger *ledger = &load->ledger;
	double all = (double)(load->ended - load->began);
	double span = (double)(ledger->last - load->began);
	double server = (double)usage_cpu_us(&load->before, &load->after);

	printf("published=%u\ndeliveries=%" PRIu64 "\nlost=%" PRIu64
	       "\ndoubled=%" PRIu64 "\nreordered=%" PRIu64 "\nforeign=%" PRIu64
	       "\n",
		ledger->published, ledger->delivered,
		ledger_owed(ledger) - ledger->delivered, ledger->doubled,
		ledger->reordered, ledger->foreign);
	printf("seconds=%.3f\n", all / 1e9);
	if (ledger->delivered > 0) {
		printf("deliveries_per_s=%.0f\nevents_per_s=%.0f\n",
			(double)ledger->delivered / span * 1e9,
			ledger->published / span * 1e9);
		printf("cpu_us_per_delivery=%.3f\ncpu_us_per_event=%.2f\n",
			server / (double)ledger->delivered,
			server / ledger->published);
	}
	if (ledger->stalled > 0)
		printf("stalled=%u\nlate=%" PRIu64 "\ncaught_up_s=%.3f\n",
			ledger->stalled, ledger->late,
			(double)load->caught_up_ns / 1e9);
	histogram_print(&ledger->latency, "latency");
	histogram_print(&ledger->until_all, "until_all");
	printf("server_util=%.3f\nclient_util=%.3f\n", server * 1e3 / all,
		(double)load->client_us * 1e3 / all);
	usage_print(&load->before, &load->after);
}

void report(const struct load *load)
{
	print_opening(load);
	if (load->options.seconds > 0) {
		print_publishing(load);
		print_killed(load);
		if (load->inserter == 0)
			publishers_print(load->publishers);
	}
	streams_print(load->streams);
}
