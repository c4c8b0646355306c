/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "hub/peers/prometheus.h"

#include <inttypes.h>
#include <sys/stat.h>
#include <unistd.h>

struct metrics_text {
	const struct sampler *sampler;
	const struct ledger *ledger;
	struct buf *out;
	bool open; /* OpenMetrics */
	const struct family *family;
};

enum type { COUNTER, GAUGE, INFO, HISTOGRAM };

/* The name is without `_total` or `_info`; a unit is part of it, at its end. */
struct family {
	const char *name;
	enum type type;
	const char *unit, *help;
	void (*write)(struct metrics_text *metrics);
};

/* ---- one sample: `labels` with their braces, or "" */

static void add_name(struct metrics_text *metrics, const char *labels)
{
	static const char *const suffixes[] = {
		[COUNTER] = "_total",
		[GAUGE] = "",
		[INFO] = "_info",
		[HISTOGRAM] = "",
	};
	const struct family *family = metrics->family;

	buf_printf(metrics->out, "%s%s%s ", family->name,
		suffixes[family->type], labels);
}

static void add_count(
	struct metrics_text *metrics, const char *labels, uint64_t value)
{
	add_name(metrics, labels);
	buf_printf(metrics->out, "%" PRIu64 "\n", value);
}

static void add_seconds(
	struct metrics_text *metrics, const char *labels, uint64_t us)
{
	add_name(metrics, labels);
	buf_printf(metrics->out, "%" PRIu64 ".%06u\n", us / 1000000,
		(unsigned)(us % 1000000));
}

static void add_histogram(
	struct metrics_text *metrics, const struct histogram *histogram)
{
	static const struct {
		uint64_t us;
		const char *seconds;
	} bounds[] = {
		{100, "0.0001"},
		{250, "0.00025"},
		{500, "0.0005"},
		{1000, "0.001"},
		{2500, "0.0025"},
		{5000, "0.005"},
		{10000, "0.01"},
		{25000, "0.025"},
		{50000, "0.05"},
		{100000, "0.1"},
		{250000, "0.25"},
		{500000, "0.5"},
		{1000000, "1.0"},
		{2500000, "2.5"},
		{5000000, "5.0"},
		{10000000, "10.0"},
	};
	const char *name = metrics->family->name;
	struct buf *out = metrics->out;

	for (size_t i = 0; i < sizeof(bounds) / sizeof(bounds[0]); i++)
		buf_printf(out, "%s_bucket{le=\"%s\"} %" PRIu64 "\n", name,
			bounds[i].seconds,
			histogram_within(histogram, bounds[i].us));
	buf_printf(out, "%s_bucket{le=\"+Inf\"} %" PRIu64 "\n", name,
		histogram->count);
	buf_printf(out, "%s_sum %" PRIu64 ".%06u\n", name,
		histogram->sum / 1000000, (unsigned)(histogram->sum % 1000000));
	buf_printf(out, "%s_count %" PRIu64 "\n", name, histogram->count);
}

/* ---- the program */

static void write_build(struct metrics_text *metrics)
{
	add_count(metrics, "{version=\"" PACKAGE_VERSION "\"}", 1);
}

static void write_writable(struct metrics_text *metrics)
{
	add_count(metrics, "", metrics->ledger->writable);
}

static void write_losses(struct metrics_text *metrics)
{
	add_count(metrics, "", metrics->ledger->log.losses);
}

static uint64_t bytes_of(const char *path)
{
	struct stat at;

	return stat(path, &at) < 0 ? 0 : (uint64_t)at.st_size;
}

static void write_log_bytes(struct metrics_text *metrics)
{
	const struct files *files = &metrics->ledger->store.files;

	add_count(metrics, "", bytes_of(files->path) + bytes_of(files->wal));
}

static void write_log_events(struct metrics_text *metrics)
{
	const struct channels *channels = &metrics->ledger->channels;
	const struct config *config = metrics->ledger->config;
	uint64_t events = channels->pool_events;

	for (size_t i = 0; i < config->channel_count; i++) {
		const struct channel *channel = channel_find(
			channels, span_of(config->channels[i].name));

		if (channel != NULL)
			events += channel->events;
	}
	add_count(metrics, "", events);
}

static void write_newest(struct metrics_text *metrics)
{
	add_count(metrics, "", metrics->ledger->log.newest_event);
}

static void write_events(struct metrics_text *metrics)
{
	add_count(metrics, "", metrics->ledger->figures.events);
}

static void write_commits(struct metrics_text *metrics)
{
	add_histogram(metrics, &metrics->ledger->figures.commits);
}

static void write_responders(struct metrics_text *metrics)
{
	add_count(metrics, "", sampler_responders(metrics->sampler));
}

static void write_subscribers(struct metrics_text *metrics)
{
	add_count(metrics, "", sampler_subscribers(metrics->sampler));
}

static void write_requests(struct metrics_text *metrics)
{
	static const char *const classes[PEER_CLASSES] = {
		"{class=\"2xx\"}",
		"{class=\"3xx\"}",
		"{class=\"4xx\"}",
		"{class=\"5xx\"}",
	};
	const struct work *work = &metrics->sampler->work;

	for (int i = 0; i < PEER_CLASSES; i++)
		add_count(metrics, classes[i], work->answers[i]);
}

static void write_deliveries(struct metrics_text *metrics)
{
	const struct work *work = &metrics->sampler->work;

	add_count(metrics, "{kind=\"live\"}", work->delivered);
	add_count(metrics, "{kind=\"replayed\"}", work->replayed);
}

static void write_latency(struct metrics_text *metrics)
{
	add_histogram(metrics, &metrics->sampler->latency);
}

/* ---- the machine, and the hub's process */

static const struct machine *machine_of(const struct metrics_text *metrics)
{
	return &metrics->sampler->machine;
}

static uint64_t ticks_us(uint64_t ticks)
{
	return ticks * 1000000 / (uint64_t)sysconf(_SC_CLK_TCK);
}

static void write_cpu(struct metrics_text *metrics)
{
	const struct machine *machine = machine_of(metrics);

	add_seconds(metrics, "{mode=\"busy\"}", ticks_us(machine->busy.sum));
	add_seconds(metrics, "{mode=\"idle\"}", ticks_us(machine->idle.sum));
}

static void write_memory(struct metrics_text *metrics)
{
	const struct machine *machine = machine_of(metrics);

	add_count(metrics, "{state=\"available\"}", machine->available);
	add_count(metrics, "{state=\"used\"}",
		machine->memory - machine->available);
}

static void write_received(struct metrics_text *metrics)
{
	add_count(metrics, "", machine_of(metrics)->received.sum);
}

static void write_sent(struct metrics_text *metrics)
{
	add_count(metrics, "", machine_of(metrics)->sent.sum);
}

static void write_own_cpu(struct metrics_text *metrics)
{
	add_seconds(metrics, "", machine_of(metrics)->own_busy);
}

static void write_own_memory(struct metrics_text *metrics)
{
	add_count(metrics, "", machine_of(metrics)->own_memory);
}

static void write_start(struct metrics_text *metrics)
{
	add_seconds(metrics, "", metrics->sampler->began * 1000);
}

/* ---- the table */

static const struct family families[] = {
	{"tidings_build", INFO, NULL, "The version of the hub.", write_build},
	{"tidings_subscribers", GAUGE, NULL, "Streams that are open.",
		write_subscribers},
	{"tidings_responders", GAUGE, NULL,
		"Responders that follow the hub's log.", write_responders},
	{"tidings_events", COUNTER, NULL,
		"Events stored; volatile ones are not counted.", write_events},
	{"tidings_deliveries", COUNTER, NULL,
		"Stored events written to streams: live, or replayed to one "
		"that is catching up.",
		write_deliveries},
	{"tidings_delivery_latency_seconds", HISTOGRAM, "seconds",
		"Time from when the hub takes an event in hand until it is "
		"written to the web server, for a sample of the live "
		"deliveries.",
		write_latency},
	{"tidings_commit_duration_seconds", HISTOGRAM, "seconds",
		"Time that a COMMIT of events takes.", write_commits},
	{"tidings_http_requests", COUNTER, NULL,
		"Requests that responders have answered, by status.",
		write_requests},
	{"tidings_log_writable", GAUGE, NULL,
		"1 if the hub can store events, 0 if it cannot.",
		write_writable},
	{"tidings_log_events", GAUGE, NULL, "Events held in the log.",
		write_log_events},
	{"tidings_log_size_bytes", GAUGE, "bytes",
		"Size of the log's files, the write-ahead log included.",
		write_log_bytes},
	{"tidings_log_newest_id", GAUGE, NULL,
		"Id of the newest event, 0 if there never was one.",
		write_newest},
	{"tidings_log_lost_events", COUNTER, NULL,
		"Events that were found changed or gone in the log since the "
		"hub started.",
		write_losses},
	{"tidings_machine_cpu_seconds", COUNTER, "seconds",
		"Processor time of the whole machine.", write_cpu},
	{"tidings_machine_memory_bytes", GAUGE, "bytes",
		"Memory of the whole machine.", write_memory},
	{"tidings_machine_network_receive_bytes", COUNTER, "bytes",
		"Received on all interfaces, loopback included.",
		write_received},
	{"tidings_machine_network_transmit_bytes", COUNTER, "bytes",
		"Sent on all interfaces, loopback included.", write_sent},
	{"process_cpu_seconds", COUNTER, "seconds",
		"Processor time of the hub.", write_own_cpu},
	{"process_resident_memory_bytes", GAUGE, "bytes",
		"Memory of the hub that is not swapped out.", write_own_memory},
	{"process_start_time_seconds", GAUGE, "seconds",
		"When the hub started, since 1970.", write_start},
};

/* The two forms differ in the name of the family, and in what it may say. */
static void add_head(struct metrics_text *metrics)
{
	static const char *const types[][2] = {
		[COUNTER] = {"counter", "counter"},
		[GAUGE] = {"gauge", "gauge"},
		[INFO] = {"gauge", "info"},
		[HISTOGRAM] = {"histogram", "histogram"},
	};
	const struct family *family = metrics->family;
	struct buf *out = metrics->out;
	const char *suffix = "";

	if (!metrics->open && family->type == COUNTER)
		suffix = "_total";
	if (!metrics->open && family->type == INFO)
		suffix = "_info";
	buf_printf(out, "# HELP %s%s %s\n# TYPE %s%s %s\n", family->name,
		suffix, family->help, family->name, suffix,
		types[family->type][metrics->open]);
	if (metrics->open && family->unit != NULL)
		buf_printf(out, "# UNIT %s %s\n", family->name, family->unit);
}

static void write_all(struct metrics_text *metrics)
{
	for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++) {
		metrics->family = &families[i];
		add_head(metrics);
		families[i].write(metrics);
	}
	if (metrics->open)
		buf_printf(metrics->out, "# EOF\n");
}

bool prometheus_ask(
	const struct sampler *sampler, struct peer *peer, struct wire_in *in)
{
	uint64_t tag = wire_get_u64(in);
	uint8_t format = wire_get_u8(in);
	struct metrics_text metrics = {
		.sampler = sampler,
		.ledger = sampler->ledger,
		.open = format == WIRE_OPENMETRICS,
	};

	if (!wire_done(in) || format > WIRE_OPENMETRICS)
		return false;
	metrics.out = link_begin(&peer->link, WIRE_METERED);
	wire_put_u64(metrics.out, tag);
	write_all(&metrics);
	link_end(&peer->link);
	return true;
}
