/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "hub/peers/sampler.h"

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
	for (int i = 0; i < REFUSED_REASONS; i++)
		work.refused[i] = wire_get_u64(in);
	return work;
}

static void add_work(struct work *to, const struct work *more)
{
	for (int i = 0; i < PEER_CLASSES; i++)
		to->answers[i] += more->answers[i];
	to->delivered += more->delivered;
	to->replayed += more->replayed;
	for (int i = 0; i < REFUSED_REASONS; i++)
		to->refused[i] += more->refused[i];
}

bool sampler_take_report(
	struct sampler *sampler, struct peer *peer, struct wire_in *in)
{
	uint64_t us = wire_get_u64(in);
	uint32_t subscribers = wire_get_u32(in);
	uint32_t bad_keys = wire_get_u32(in);
	struct work work = get_work(in);
	struct histogram latency = {0};

	if (!histogram_get(in, &latency) || !wire_done(in))
		return false;
	peer->report.us += us;
	peer->report.subscribers = subscribers;
	peer->report.bad_keys = bad_keys;
	add_work(&peer->report.work, &work);
	add_work(&sampler->work, &work);
	histogram_merge(&sampler->latency, &latency);
	histogram_merge(&sampler->latency_now, &latency);
	return true;
}

void sampler_depart(struct sampler *sampler, struct peer *peer)
{
	add_work(&sampler->departed, &peer->report.work);
	peer->report = (struct stats_report){0};
}

uint32_t sampler_responders(const struct sampler *sampler)
{
	uint32_t count = 0;

	for (struct peer *at = sampler->peers->first; at != NULL; at = at->next)
		count += at->follow != NOT && !at->closed;
	return count;
}

uint64_t sampler_subscribers(const struct sampler *sampler)
{
	uint64_t count = 0;

	for (struct peer *at = sampler->peers->first; at != NULL; at = at->next)
		if (!at->closed)
			count += at->report.subscribers;
	return count;
}

uint32_t sampler_bad_keys(const struct sampler *sampler)
{
	uint32_t most = 0;

	for (struct peer *at = sampler->peers->first; at != NULL; at = at->next)
		if (!at->closed && at->report.bad_keys > most)
			most = at->report.bad_keys;
	return most;
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
	struct sampler *sampler, struct rates *rates, double seconds)
{
	struct work all = sampler->departed;
	uint64_t answers;

	add_rates(rates, &sampler->departed, seconds);
	sampler->departed = (struct work){0};
	for (struct peer *at = sampler->peers->first; at != NULL;
		at = at->next) {
		struct stats_report *report = &at->report;

		if (report->us > 0)
			add_rates(
				rates, &report->work, (double)report->us / 1e6);
		add_work(&all, &report->work);
		report->us = 0;
		report->work = (struct work){0};
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
	struct sampler *sampler, struct rates *rates, double seconds)
{
	struct machine last = sampler->machine;
	struct machine *now = &sampler->machine;
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

static struct rates take_rates(struct sampler *sampler)
{
	struct rates rates = {.errors = -1, .cpu = -1, .memory = -1};
	uint64_t events = sampler->ledger->figures.events;
	uint64_t now = clock_now_us(sampler->clock);
	double seconds = (double)(now - sampler->sampled + 1) / 1e6;

	take_reports(sampler, &rates, seconds);
	read_machine(sampler, &rates, seconds);
	rates.events = rate(events, sampler->events, seconds);
	sampler->events = events;
	sampler->sampled = now;
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

static void compose(struct sampler *sampler, const struct rates *rates)
{
	struct buf *out = &sampler->text;

	buf_clear(out);
	buf_printf(out, "{\"timestamp\":\"");
	clock_rfc3339(out, clock_date_ms(sampler->clock));
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
		rates->received, rates->sent, sampler_subscribers(sampler),
		rates->events, rates->deliveries);
	add_latency(out, "delivery_p50_ms", &sampler->latency_now, 0.5);
	add_latency(out, "delivery_p99_ms", &sampler->latency_now, 0.99);
	add_latency(
		out, "commit_p50_ms", &sampler->ledger->figures.recent, 0.5);
	add_latency(
		out, "commit_p99_ms", &sampler->ledger->figures.recent, 0.99);
	buf_printf(out, ",\"responders\":%" PRIu32 "}",
		sampler_responders(sampler));
}

static void on_sample(void *arg)
{
	struct sampler *sampler = arg;
	struct rates rates = take_rates(sampler);

	compose(sampler, &rates);
	samples_keep(&sampler->samples, buf_span(&sampler->text));
	sampler->latency_now = (struct histogram){0};
	sampler->ledger->figures.recent = (struct histogram){0};
	if (sampler_responders(sampler) > 0)
		ledger_mention(sampler->ledger, span_of("metrics"),
			span(NULL, 0), buf_span(&sampler->text));
}

static void on_beat(void *arg)
{
	struct sampler *sampler = arg;

	for (struct peer *at = sampler->peers->first; at != NULL; at = at->next)
		if (at->follow != NOT && !peer_is_stalled(at)) {
			link_begin(&at->link, WIRE_MEASURE);
			link_end(&at->link);
		}
	/* It may still be set, if this beat comes late. */
	timer_set(loop_timers(sampler->peers->loop), &sampler->sample,
		SAMPLER_PATIENCE_MS * 1000ull, 0);
}

void sampler_put_samples(const struct sampler *sampler, struct buf *out)
{
	samples_put(&sampler->samples, out, clock_date_ms(sampler->clock),
		WIRE_MEASURE_MS);
}

/* ---- life */

void sampler_open(
	struct sampler *sampler, struct ledger *ledger, struct peers *peers)
{
	sampler->ledger = ledger;
	sampler->clock = loop_clock(peers->loop);
	sampler->peers = peers;
	sampler->began = clock_date_ms(sampler->clock);
	sampler->sampled = clock_now_us(sampler->clock);
	machine_read(&sampler->machine);
	timer_init(&sampler->beat, on_beat, sampler);
	timer_init(&sampler->sample, on_sample, sampler);
	timer_set(loop_timers(peers->loop), &sampler->beat,
		WIRE_MEASURE_MS * 1000ull, WIRE_MEASURE_MS * 1000ull);
}

void sampler_close(struct sampler *sampler)
{
	struct timers *timers = loop_timers(sampler->peers->loop);

	timer_stop(timers, &sampler->beat);
	timer_stop(timers, &sampler->sample);
	buf_release(&sampler->text);
	samples_release(&sampler->samples);
}
