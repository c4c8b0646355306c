#include "config.h"

#include "hub/exposition.h"

#include <inttypes.h>
#include <sys/stat.h>
#include <unistd.h>

struct exposition {
	const struct meter *meter;
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
	void (*write)(struct exposition *exposition);
};

/* ---- one sample: `labels` with their braces, or "" */

static void add_name(struct exposition *exposition, const char *labels)
{
	static const char *const suffixes[] = {
		[COUNTER] = "_total",
		[GAUGE] = "",
		[INFO] = "_info",
		[HISTOGRAM] = "",
	};
	const struct family *family = exposition->family;

	buf_printf(exposition->out, "%s%s%s ", family->name,
		suffixes[family->type], labels);
}

static void add_count(
	struct exposition *exposition, const char *labels, uint64_t value)
{
	add_name(exposition, labels);
	buf_printf(exposition->out, "%" PRIu64 "\n", value);
}

static void add_seconds(
	struct exposition *exposition, const char *labels, uint64_t us)
{
	add_name(exposition, labels);
	buf_printf(exposition->out, "%" PRIu64 ".%06u\n", us / 1000000,
		(unsigned)(us % 1000000));
}

static void add_histogram(
	struct exposition *exposition, const struct histogram *histogram)
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
	const char *name = exposition->family->name;
	struct buf *out = exposition->out;

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

static void write_build(struct exposition *exposition)
{
	add_count(exposition, "{version=\"" PACKAGE_VERSION "\"}", 1);
}

static void write_writable(struct exposition *exposition)
{
	add_count(exposition, "", exposition->ledger->writable);
}

static void write_losses(struct exposition *exposition)
{
	add_count(exposition, "", exposition->ledger->log.losses);
}

static uint64_t bytes_of(const char *path)
{
	struct stat at;

	return stat(path, &at) < 0 ? 0 : (uint64_t)at.st_size;
}

static void write_log_bytes(struct exposition *exposition)
{
	const struct files *files = &exposition->ledger->store.files;

	add_count(exposition, "", bytes_of(files->path) + bytes_of(files->wal));
}

static void write_log_events(struct exposition *exposition)
{
	const struct channels *channels = &exposition->ledger->channels;
	const struct config *config = exposition->ledger->config;
	uint64_t events = channels->pool_events;

	for (size_t i = 0; i < config->channel_count; i++) {
		const struct channel *channel = channel_find(
			channels, span_of(config->channels[i].name));

		if (channel != NULL)
			events += channel->events;
	}
	add_count(exposition, "", events);
}

static void write_newest(struct exposition *exposition)
{
	add_count(exposition, "", exposition->ledger->log.newest_event);
}

static void write_events(struct exposition *exposition)
{
	add_count(exposition, "", exposition->ledger->figures.events);
}

static void write_commits(struct exposition *exposition)
{
	add_histogram(exposition, &exposition->ledger->figures.commits);
}

static void write_responders(struct exposition *exposition)
{
	add_count(exposition, "", meter_responders(exposition->meter));
}

static void write_subscribers(struct exposition *exposition)
{
	add_count(exposition, "", meter_subscribers(exposition->meter));
}

static void write_requests(struct exposition *exposition)
{
	static const char *const classes[PEER_CLASSES] = {
		"{class=\"2xx\"}",
		"{class=\"3xx\"}",
		"{class=\"4xx\"}",
		"{class=\"5xx\"}",
	};
	const struct work *work = &exposition->meter->work;

	for (int i = 0; i < PEER_CLASSES; i++)
		add_count(exposition, classes[i], work->answers[i]);
}

static void write_deliveries(struct exposition *exposition)
{
	const struct work *work = &exposition->meter->work;

	add_count(exposition, "{kind=\"live\"}", work->delivered);
	add_count(exposition, "{kind=\"replayed\"}", work->replayed);
}

static void write_latency(struct exposition *exposition)
{
	add_histogram(exposition, &exposition->meter->latency);
}

/* ---- the machine, and the hub's process */

static const struct machine *machine_of(const struct exposition *exposition)
{
	return &exposition->meter->machine;
}

static uint64_t ticks_us(uint64_t ticks)
{
	return ticks * 1000000 / (uint64_t)sysconf(_SC_CLK_TCK);
}

static void write_cpu(struct exposition *exposition)
{
	const struct machine *machine = machine_of(exposition);

	add_seconds(exposition, "{mode=\"busy\"}", ticks_us(machine->busy.sum));
	add_seconds(exposition, "{mode=\"idle\"}", ticks_us(machine->idle.sum));
}

static void write_memory(struct exposition *exposition)
{
	const struct machine *machine = machine_of(exposition);

	add_count(exposition, "{state=\"available\"}", machine->available);
	add_count(exposition, "{state=\"used\"}",
		machine->memory - machine->available);
}

static void write_received(struct exposition *exposition)
{
	add_count(exposition, "", machine_of(exposition)->received.sum);
}

static void write_sent(struct exposition *exposition)
{
	add_count(exposition, "", machine_of(exposition)->sent.sum);
}

static void write_own_cpu(struct exposition *exposition)
{
	add_seconds(exposition, "", machine_of(exposition)->own_busy);
}

static void write_own_memory(struct exposition *exposition)
{
	add_count(exposition, "", machine_of(exposition)->own_memory);
}

static void write_start(struct exposition *exposition)
{
	add_seconds(exposition, "", exposition->meter->began * 1000);
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
static void add_head(struct exposition *exposition)
{
	static const char *const types[][2] = {
		[COUNTER] = {"counter", "counter"},
		[GAUGE] = {"gauge", "gauge"},
		[INFO] = {"gauge", "info"},
		[HISTOGRAM] = {"histogram", "histogram"},
	};
	const struct family *family = exposition->family;
	struct buf *out = exposition->out;
	const char *suffix = "";

	if (!exposition->open && family->type == COUNTER)
		suffix = "_total";
	if (!exposition->open && family->type == INFO)
		suffix = "_info";
	buf_printf(out, "# HELP %s%s %s\n# TYPE %s%s %s\n", family->name,
		suffix, family->help, family->name, suffix,
		types[family->type][exposition->open]);
	if (exposition->open && family->unit != NULL)
		buf_printf(out, "# UNIT %s %s\n", family->name, family->unit);
}

static void write_all(struct exposition *exposition)
{
	for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++) {
		exposition->family = &families[i];
		add_head(exposition);
		families[i].write(exposition);
	}
	if (exposition->open)
		buf_printf(exposition->out, "# EOF\n");
}

bool exposition_ask(
	const struct meter *meter, struct peer *peer, struct wire_in *in)
{
	uint64_t tag = wire_get_u64(in);
	uint8_t format = wire_get_u8(in);
	struct exposition exposition = {
		.meter = meter,
		.ledger = meter->ledger,
		.open = format == WIRE_OPENMETRICS,
	};

	if (!wire_done(in) || format > WIRE_OPENMETRICS)
		return false;
	exposition.out = link_begin(&peer->link, WIRE_METERED);
	wire_put_u64(exposition.out, tag);
	write_all(&exposition);
	link_end(&peer->link);
	return true;
}
