/*
 *   caller     report_add -> queue            (under the lock, never waits)
 *   publisher  queue -> batch -> POST         (waits for work, and for answers)
 */
#include <config.h>

#include "client/report.h"

#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "client/ask.h"
#include "client/backoff.h"
#include "client/http.h"
#include "client/outcome.h"
#include "client/url.h"
#include "lib/buf.h"

enum { BATCH_MAX = 200, BATCH_BYTES = 256 << 10, POST_MS = 10000 };

struct entry {
	struct entry *next;
	const char *type;
	bool replaceable;
	struct buf data;
};

struct report {
	const char *channel;
	struct http *http;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t changed; /* the queue, or `ending` */
	struct entry *first, **end, *last;
	unsigned count;		 /* in the queue */
	uint64_t dropped;	 /* progress, for want of room */
	bool busy, ending, gone; /* gone: report_end waits no longer */
	bool told, lost;	 /* that the server is away; for good */
	char run[33];		 /* random, hexadecimal */
	unsigned batches;
};

/* ---- the queue; its lock is held */

static void entry_free(struct entry *entry)
{
	buf_release(&entry->data);
	free(entry);
}

static struct entry *take_first(struct report *report)
{
	struct entry *entry = report->first;

	report->first = entry->next;
	if (report->first == NULL) {
		report->end = &report->first;
		report->last = NULL;
	}
	report->count--;
	return entry;
}

static void drop_progress(struct report *report)
{
	struct entry **at = &report->first;

	while (*at != NULL && strcmp((*at)->type, "progress") != 0)
		at = &(*at)->next;
	if (*at == NULL || (*at)->next == NULL)
		return; /* the last one is still in the caller's hands */
	struct entry *entry = *at;

	*at = entry->next;
	entry_free(entry);
	report->count--;
	report->dropped++;
}

static void append(struct report *report, struct entry *entry)
{
	*report->end = entry;
	report->end = &entry->next;
	report->last = entry;
	if (++report->count > REPORT_MAX)
		drop_progress(report);
}

/* ---- the publisher */

static void make_path(struct report *report, struct buf *path, const char *type)
{
	buf_clear(path);
	buf_add_span(path, span_of("/realtime/"));
	url_encode(path, span_of(report->channel));
	buf_printf(path, "?lines=1&event=%s&id=%s-%u", type, report->run,
		report->batches++);
	buf_add_char(path, '\0');
}

static bool may_help(const struct http_answer *answer)
{
	return answer->outcome != OUT_REFUSED || answer->status == 429;
}

static bool is_gone(struct report *report)
{
	bool gone;

	pthread_mutex_lock(&report->lock);
	gone = report->gone;
	pthread_mutex_unlock(&report->lock);
	return gone;
}

/* Once: a server that is away is so for each line. */
static void tell(struct report *report, const char *why)
{
	pthread_mutex_lock(&report->lock);
	if (!report->told)
		say("not published: %s", why);
	report->told = true;
	pthread_mutex_unlock(&report->lock);
}

/* Until it is acknowledged, or never will be. */
static void post(struct report *report, const char *type, struct span body,
	uint64_t lines)
{
	struct http_answer answer = {0};
	struct buf path = {0};

	make_path(report, &path, type);
	for (unsigned tries = 1; !is_gone(report); tries++) {
		http_perform(report->http,
			&(struct http_request){.method = "POST",
				.path = path.at,
				.body = body,
				.deadline_ms = POST_MS},
			&answer);
		if (answer.outcome == OUT_OK &&
			ask_is_stored(&answer, lines, NULL))
			break;
		tell(report, answer.outcome == OUT_OK
				     ? "the answer is not from Tidings"
				     : answer.sentence.at);
		if (!may_help(&answer)) {
			report->lost = true;
			break;
		}
		backoff_wait(backoff_ms(tries), 0);
	}
	answer_release(&answer);
	buf_release(&path);
}

/* As many of one type as are there: one request. */
static const char *take_batch(
	struct report *report, struct buf *body, uint64_t *lines)
{
	const char *type = report->first->type;

	for (*lines = 0;
		*lines < BATCH_MAX && body->len < BATCH_BYTES &&
		report->first != NULL && strcmp(report->first->type, type) == 0;
		++*lines) {
		struct entry *entry = take_first(report);

		buf_add_span(body, buf_span(&entry->data));
		entry_free(entry);
	}
	return type;
}

static void *publish(void *arg)
{
	struct report *report = arg;
	struct buf body = {0};

	pthread_mutex_lock(&report->lock);
	for (;;) {
		const char *type;
		uint64_t lines;

		while (report->first == NULL && !report->ending)
			pthread_cond_wait(&report->changed, &report->lock);
		if (report->first == NULL || report->gone)
			break;
		buf_clear(&body);
		type = take_batch(report, &body, &lines);
		report->busy = true;
		pthread_mutex_unlock(&report->lock);
		post(report, type, buf_span(&body), lines);
		pthread_mutex_lock(&report->lock);
		report->busy = false;
		pthread_cond_broadcast(&report->changed);
	}
	pthread_mutex_unlock(&report->lock);
	buf_release(&body);
	return NULL;
}

/* ---- the caller */

/* Signals are the caller's business. */
static bool start_thread(struct report *report)
{
	sigset_t all, before;
	int error;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	error = pthread_create(&report->thread, NULL, publish, report);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return error == 0;
}

struct report *report_new(const char *channel)
{
	struct report *report = mem_new(sizeof(*report));
	unsigned char random[16] = {0};
	pthread_condattr_t monotonic;

	report->channel = channel;
	report->end = &report->first;
	report->http = http_new();
	(void)!getrandom(random, sizeof(random), 0);
	for (size_t i = 0; i < sizeof(random); i++)
		snprintf(report->run + 2 * i, 3, "%02x", random[i]);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_mutex_init(&report->lock, NULL);
	pthread_cond_init(&report->changed, &monotonic);
	if (report->http != NULL && start_thread(report))
		return report;
	http_free(report->http);
	free(report);
	return NULL;
}

void report_add(struct report *report, const char *type, struct span data,
	bool replaces)
{
	struct entry *entry;

	pthread_mutex_lock(&report->lock);
	entry = report->last;
	if (replaces && entry != NULL && entry->replaceable) {
		buf_clear(&entry->data);
	} else {
		entry = mem_new(sizeof(*entry));
		entry->type = type;
		entry->replaceable = replaces;
		append(report, entry);
	}
	buf_add_span(&entry->data, data);
	pthread_cond_broadcast(&report->changed);
	pthread_mutex_unlock(&report->lock);
}

static bool wait_until_empty(struct report *report, uint64_t wait_ms)
{
	struct timespec end;

	clock_gettime(CLOCK_MONOTONIC, &end);
	end.tv_sec += (time_t)(wait_ms / 1000);
	end.tv_nsec += (long)(wait_ms % 1000) * 1000000;
	if (end.tv_nsec >= 1000000000) {
		end.tv_nsec -= 1000000000;
		end.tv_sec++;
	}
	while (report->first != NULL || report->busy)
		if (pthread_cond_timedwait(
			    &report->changed, &report->lock, &end) != 0)
			break;
	return report->first == NULL && !report->busy;
}

bool report_end(struct report *report, uint64_t wait_ms)
{
	bool all, lost;

	pthread_mutex_lock(&report->lock);
	report->ending = true;
	pthread_cond_broadcast(&report->changed);
	all = wait_until_empty(report, wait_ms);
	report->gone = true;
	if (report->dropped > 0)
		say("%" PRIu64
		    " lines were not published: too many were waiting",
			report->dropped);
	if (!all && !report->told)
		say("not everything is published: the server has not answered "
		    "in time");
	report->told = true;
	lost = report->lost || report->dropped > 0;
	pthread_mutex_unlock(&report->lock);
	if (!all)
		return false; /* the thread may be waiting for the server: it
				 ends with the process, and keeps its memory */
	pthread_join(report->thread, NULL);
	http_free(report->http);
	pthread_cond_destroy(&report->changed);
	pthread_mutex_destroy(&report->lock);
	free(report);
	return !lost;
}
