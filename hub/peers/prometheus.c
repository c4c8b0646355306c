/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "hub/peers/prometheus.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hub/peers/inbox_figures.h"
#include "hub/peers/metrics_text.h"
#include "hub/peers/order_figures.h"
#include "hub/peers/presence_figures.h"

struct prometheus {
	struct prometheus_sources from;
	struct metrics_text text;
};

struct row {
	struct metric_family family;
	void (*write)(struct prometheus *prometheus);
};

/* ---- the program */

static void write_build(struct prometheus *prometheus)
{
	metrics_add(&prometheus->text, "{version=\"" PACKAGE_VERSION "\"}", 1);
}

static void write_writable(struct prometheus *prometheus)
{
	metrics_add(&prometheus->text, "", prometheus->from.ledger->writable);
}

static void write_losses(struct prometheus *prometheus)
{
	metrics_add(&prometheus->text, "", prometheus->from.ledger->log.losses);
}

static uint64_t bytes_of(const char *path)
{
	struct stat at;

	return stat(path, &at) < 0 ? 0 : (uint64_t)at.st_size;
}

static void write_log_bytes(struct prometheus *prometheus)
{
	const struct files *files = &prometheus->from.ledger->store.files;

	metrics_add(&prometheus->text, "",
		bytes_of(files->path) + bytes_of(files->wal));
}

static void write_log_events(struct prometheus *prometheus)
{
	const struct channels *channels = &prometheus->from.ledger->channels;
	const struct config *config = prometheus->from.ledger->config;
	uint64_t events = channels->sums.pool_events;

	for (size_t i = 0; i < config->channel_count; i++) {
		const struct channel *channel = channel_find(
			channels, span_of(config->channels[i].name));

		if (channel != NULL)
			events += channel->events;
	}
	metrics_add(&prometheus->text, "", events);
}

static void write_newest(struct prometheus *prometheus)
{
	metrics_add(&prometheus->text, "",
		prometheus->from.ledger->log.newest_event);
}

static void write_events(struct prometheus *prometheus)
{
	metrics_add(
		&prometheus->text, "", prometheus->from.ledger->figures.events);
}

static void write_commits(struct prometheus *prometheus)
{
	metrics_add_histogram(
		&prometheus->text, &prometheus->from.ledger->figures.commits);
}

static void write_responders(struct prometheus *prometheus)
{
	metrics_add(&prometheus->text, "",
		sampler_responders(prometheus->from.sampler));
}

static void write_subscribers(struct prometheus *prometheus)
{
	metrics_add(&prometheus->text, "",
		sampler_subscribers(prometheus->from.sampler));
}

static void write_requests(struct prometheus *prometheus)
{
	static const char *const classes[PEER_CLASSES] = {
		"{class=\"2xx\"}",
		"{class=\"3xx\"}",
		"{class=\"4xx\"}",
		"{class=\"5xx\"}",
	};
	const struct work *work = &prometheus->from.sampler->work;

	for (int i = 0; i < PEER_CLASSES; i++)
		metrics_add(&prometheus->text, classes[i], work->answers[i]);
}

static void write_deliveries(struct prometheus *prometheus)
{
	const struct work *work = &prometheus->from.sampler->work;

	metrics_add(&prometheus->text, "{kind=\"live\"}", work->delivered);
	metrics_add(&prometheus->text, "{kind=\"replayed\"}", work->replayed);
}

static void write_refused(struct prometheus *prometheus)
{
	const struct work *work = &prometheus->from.sampler->work;
	char labels[64];

	for (int i = 0; i < REFUSED_REASONS; i++) {
		snprintf(labels, sizeof(labels), "{reason=\"%s\"}",
			refused_code((enum refused)i));
		metrics_add(&prometheus->text, labels, work->refused[i]);
	}
}

static void write_bad_keys(struct prometheus *prometheus)
{
	metrics_add(&prometheus->text, "",
		sampler_bad_keys(prometheus->from.sampler));
}

static void write_latency(struct prometheus *prometheus)
{
	metrics_add_histogram(
		&prometheus->text, &prometheus->from.sampler->latency);
}

/* ---- the machine, and the hub's process */

static const struct machine *machine_of(const struct prometheus *prometheus)
{
	return &prometheus->from.sampler->machine;
}

static uint64_t ticks_us(uint64_t ticks)
{
	return ticks * 1000000 / (uint64_t)sysconf(_SC_CLK_TCK);
}

static void write_cpu(struct prometheus *prometheus)
{
	const struct machine *machine = machine_of(prometheus);

	metrics_add_seconds(&prometheus->text, "{mode=\"busy\"}",
		ticks_us(machine->busy.sum));
	metrics_add_seconds(&prometheus->text, "{mode=\"idle\"}",
		ticks_us(machine->idle.sum));
}

static void write_memory(struct prometheus *prometheus)
{
	const struct machine *machine = machine_of(prometheus);

	metrics_add(
		&prometheus->text, "{state=\"available\"}", machine->available);
	metrics_add(&prometheus->text, "{state=\"used\"}",
		machine->memory - machine->available);
}

static void write_received(struct prometheus *prometheus)
{
	metrics_add(
		&prometheus->text, "", machine_of(prometheus)->received.sum);
}

static void write_sent(struct prometheus *prometheus)
{
	metrics_add(&prometheus->text, "", machine_of(prometheus)->sent.sum);
}

static void write_own_cpu(struct prometheus *prometheus)
{
	metrics_add_seconds(
		&prometheus->text, "", machine_of(prometheus)->own_busy);
}

static void write_own_memory(struct prometheus *prometheus)
{
	metrics_add(&prometheus->text, "", machine_of(prometheus)->own_memory);
}

static void write_start(struct prometheus *prometheus)
{
	metrics_add_seconds(
		&prometheus->text, "", prometheus->from.sampler->began * 1000);
}

/* ---- the table */

static const struct row rows[] = {
	{{"tidings_build", INFO, NULL, "The version of the hub."}, write_build},
	{{"tidings_subscribers", GAUGE, NULL, "Streams that are open."},
		write_subscribers},
	{{"tidings_responders", GAUGE, NULL,
		 "Responders that follow the hub's log."},
		write_responders},
	{{"tidings_events", COUNTER, NULL,
		 "Events stored; volatile ones are not counted."},
		write_events},
	{{"tidings_deliveries", COUNTER, NULL,
		 "Stored events written to streams: live, or replayed to one "
		 "that is catching up."},
		write_deliveries},
	{{"tidings_delivery_latency_seconds", HISTOGRAM, "seconds",
		 "Time from when the hub takes an event in hand until it is "
		 "written to the web server, for a sample of the live "
		 "deliveries."},
		write_latency},
	{{"tidings_commit_duration_seconds", HISTOGRAM, "seconds",
		 "Time that a COMMIT of events takes."},
		write_commits},
	{{"tidings_http_requests", COUNTER, NULL,
		 "Requests that responders have answered, by status."},
		write_requests},
	{{"tidings_refused", COUNTER, NULL,
		 "Requests refused because who asks may not, or has too much, "
		 "by the code of the answer; streams that are told to come "
		 "back included."},
		write_refused},
	{{"tidings_key_files_bad", GAUGE, NULL,
		 "Files of sections [keys NAME] that could not be used when "
		 "they were last read."},
		write_bad_keys},
	{{"tidings_log_writable", GAUGE, NULL,
		 "1 if the hub can store events, 0 if it cannot."},
		write_writable},
	{{"tidings_log_events", GAUGE, NULL, "Events held in the log."},
		write_log_events},
	{{"tidings_log_size_bytes", GAUGE, "bytes",
		 "Size of the log's files, the write-ahead log included."},
		write_log_bytes},
	{{"tidings_log_newest_id", GAUGE, NULL,
		 "Id of the newest event, 0 if there never was one."},
		write_newest},
	{{"tidings_log_lost_events", COUNTER, NULL,
		 "Events that were found changed or gone in the log since the "
		 "hub started."},
		write_losses},
	{{"tidings_machine_cpu_seconds", COUNTER, "seconds",
		 "Processor time of the whole machine."},
		write_cpu},
	{{"tidings_machine_memory_bytes", GAUGE, "bytes",
		 "Memory of the whole machine."},
		write_memory},
	{{"tidings_machine_network_receive_bytes", COUNTER, "bytes",
		 "Received on all interfaces, loopback included."},
		write_received},
	{{"tidings_machine_network_transmit_bytes", COUNTER, "bytes",
		 "Sent on all interfaces, loopback included."},
		write_sent},
	{{"process_cpu_seconds", COUNTER, "seconds",
		 "Processor time of the hub."},
		write_own_cpu},
	{{"process_resident_memory_bytes", GAUGE, "bytes",
		 "Memory of the hub that is not swapped out."},
		write_own_memory},
	{{"process_start_time_seconds", GAUGE, "seconds",
		 "When the hub started, since 1970."},
		write_start},
};

static void write_all(struct prometheus *prometheus)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		metrics_begin(&prometheus->text, &rows[i].family);
		rows[i].write(prometheus);
	}
	presence_figures_write(prometheus->from.presence, &prometheus->text);
	inbox_figures_write(prometheus->from.inboxes, &prometheus->text);
	order_figures_write(prometheus->from.ledger, &prometheus->text);
	metrics_end(&prometheus->text);
}

void prometheus_put(
	const struct prometheus_sources *sources, struct buf *out, bool open)
{
	struct prometheus prometheus = {
		.from = *sources,
		.text = {.out = out, .open = open},
	};

	write_all(&prometheus);
}
