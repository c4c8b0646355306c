#include "config.h"

#include "hub/meter.h"

#include <inttypes.h>
#include <stdio.h>

/* ---- what comes in */

static struct work get_work(struct wire_in *in)
{
	struct work work = {0};

	for (int i = 0; i < PEER_CLASSES; i++)
		work.answers[i] = wire_get_u64(in);
	work.delivered = wire_get_u64(in);
	work.replayed = wire_get_u64(in);
	return work;
}

static void add_work(struct work *to, const struct work *more)
{
	for (int i = 0; i < PEER_CLASSES; i++)
		to->answers[i] += more->answers[i];
	to->delivered += more->delivered;
	to->replayed += more->replayed;
}

bool meter_measured(struct meter *meter, struct peer *peer, struct wire_in *in)
{
	uint64_t us = wire_get_u64(in);
	uint32_t subscribers = wire_get_u32(in);
	struct work work = get_work(in);
	struct histogram latency = {0};

	if (!histogram_get(in, &latency) || !wire_done(in))
		return false;
	peer->measured.us += us;
	peer->measured.subscribers = subscribers;
	add_work(&peer->measured.work, &work);
	add_work(&meter->work, &work);
	histogram_merge(&meter->latency, &latency);
	histogram_merge(&meter->latency_now, &latency);
	return true;
}

void meter_depart(struct meter *meter, struct peer *peer)
{
	add_work(&meter->departed, &peer->measured.work);
	peer->measured = (struct measured){0};
}

uint32_t meter_responders(const struct meter *meter)
{
	uint32_t count = 0;

	for (struct peer *at = meter->peers->first; at != NULL; at = at->next)
		count += at->follow != NOT && !at->closed;
	return count;
}

uint64_t meter_subscribers(const struct meter *meter)
{
	uint64_t count = 0;

	for (struct peer *at = meter->peers->first; at != NULL; at = at->next)
		if (!at->closed)
			count += at->measured.subscribers;
	return count;
}

/* ---- rates, a second */

struct rates {
	double requests, deliveries, events;
	double received, sent;
	double errors, cpu, memory; /* percent; below 0 = not known */
};

static uint64_t sum_answers(const struct work *work)
{
	uint64_t sum = 0;

	for (int i = 0; i < PEER_CLASSES; i++)
		sum += work->answers[i];
	return sum;
}

static void add_rates(
	struct rates *rates, const struct work *work, double seconds)
{
	rates->requests += (double)sum_answers(work) / seconds;
	rates->deliveries +=
		(double)(work->delivered + work->replayed) / seconds;
}

/* Adds up what each responder did in the time that its reports cover, and
 * begins anew. */
static void take_reports(
	struct meter *meter, struct rates *rates, double seconds)
{
	struct work all = meter->departed;
	uint64_t answers;

	add_rates(rates, &meter->departed, seconds);
	meter->departed = (struct work){0};
	for (struct peer *at = meter->peers->first; at != NULL; at = at->next) {
		struct measured *measured = &at->measured;

		if (measured->us > 0)
			add_rates(rates, &measured->work,
				(double)measured->us / 1e6);
		add_work(&all, &measured->work);
		measured->us = 0;
		measured->work = (struct work){0};
	}
	answers = sum_answers(&all);
	if (answers > 0)
		rates->errors = (double)(all.answers[2] + all.answers[3]) *
				100 / (double)answers;
}

static double rate(uint64_t now, uint64_t before, double seconds)
{
	return (double)(now - before) / seconds;
}

static void read_machine(
	struct meter *meter, struct rates *rates, double seconds)
{
	struct machine last = meter->machine;
	struct machine *now = &meter->machine;
	double busy, idle;

	machine_read(now);
	busy = rate(now->busy.sum, last.busy.sum, seconds);
	idle = rate(now->idle.sum, last.idle.sum, seconds);
	if (busy + idle > 0)
		rates->cpu = 100 * busy / (busy + idle);
	if (now->memory > 0)
		rates->memory = 100 - (double)now->available * 100 /
					      (double)now->memory;
	rates->received = rate(now->received.sum, last.received.sum, seconds);
	rates->sent = rate(now->sent.sum, last.sent.sum, seconds);
}

static struct rates take_rates(struct meter *meter)
{
	struct rates rates = {.errors = -1, .cpu = -1, .memory = -1};
	uint64_t events = meter->ledger->figures.events;
	uint64_t now = clock_now_us(meter->ledger->clock);
	double seconds = (double)(now - meter->sampled + 1) / 1e6;

	take_reports(meter, &rates, seconds);
	read_machine(meter, &rates, seconds);
	rates.events = rate(events, meter->events, seconds);
	meter->events = events;
	meter->sampled = now;
	return rates;
}

/* ---- the sample */

static void add_percent(struct buf *out, const char *name, double percent)
{
	if (percent < 0)
		buf_printf(out, ",\"%s\":null", name);
	else
		buf_printf(out, ",\"%s\":%.1f", name, percent);
}

static void add_latency(struct buf *out, const char *name,
	const struct histogram *histogram, double part)
{
	if (histogram->count == 0)
		buf_printf(out, ",\"%s\":null", name);
	else
		buf_printf(out, ",\"%s\":%.2f", name,
			histogram_at(histogram, part) / 1e3);
}

static void compose(struct meter *meter, const struct rates *rates)
{
	struct buf *out = &meter->text;

	buf_clear(out);
	buf_printf(out, "{\"timestamp\":\"");
	clock_rfc3339(out, clock_date_ms(meter->ledger->clock));
	buf_add_char(out, '"');
	add_percent(out, "cpu_percent", rates->cpu);
	add_percent(out, "memory_percent", rates->memory);
	buf_printf(out, ",\"requests_per_second\":%.1f", rates->requests);
	add_percent(out, "error_percent", rates->errors);
	buf_printf(out,
		",\"network_in_bytes_per_second\":%.0f"
		",\"network_out_bytes_per_second\":%.0f"
		",\"subscribers\":%" PRIu64 ",\"events_per_second\":%.1f"
		",\"deliveries_per_second\":%.1f",
		rates->received, rates->sent, meter_subscribers(meter),
		rates->events, rates->deliveries);
	add_latency(out, "delivery_p50_ms", &meter->latency_now, 0.5);
	add_latency(out, "delivery_p99_ms", &meter->latency_now, 0.99);
	add_latency(out, "commit_p50_ms", &meter->ledger->figures.recent, 0.5);
	add_latency(out, "commit_p99_ms", &meter->ledger->figures.recent, 0.99);
	buf_printf(
		out, ",\"responders\":%" PRIu32 "}", meter_responders(meter));
}

static void on_sample(void *arg)
{
	struct meter *meter = arg;
	struct rates rates = take_rates(meter);

	compose(meter, &rates);
	meter->latency_now = (struct histogram){0};
	meter->ledger->figures.recent = (struct histogram){0};
	if (meter_responders(meter) > 0)
		ledger_mention(meter->ledger, span_of("metrics"), span(NULL, 0),
			buf_span(&meter->text));
}

static void on_beat(void *arg)
{
	struct meter *meter = arg;

	for (struct peer *at = meter->peers->first; at != NULL; at = at->next)
		if (at->follow != NOT && !peer_is_stalled(at)) {
			link_begin(&at->link, WIRE_MEASURE);
			link_end(&at->link);
		}
	/* It may still be set, if this beat comes late. */
	timer_set(loop_timers(meter->peers->loop), &meter->sample,
		METER_PATIENCE_MS * 1000ull, 0);
}

/* ---- life */

void meter_open(struct meter *meter, struct ledger *ledger, struct peers *peers)
{
	meter->ledger = ledger;
	meter->peers = peers;
	meter->began = clock_date_ms(meter->ledger->clock);
	meter->sampled = clock_now_us(meter->ledger->clock);
	machine_read(&meter->machine);
	timer_init(&meter->beat, on_beat, meter);
	timer_init(&meter->sample, on_sample, meter);
	timer_set(loop_timers(peers->loop), &meter->beat,
		WIRE_MEASURE_MS * 1000ull, WIRE_MEASURE_MS * 1000ull);
}

void meter_close(struct meter *meter)
{
	struct timers *timers = loop_timers(meter->peers->loop);

	timer_stop(timers, &meter->beat);
	timer_stop(timers, &meter->sample);
	buf_release(&meter->text);
}
