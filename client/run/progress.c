/* SPDX-License-Identifier: MIT */
/*
 *   caller     progress_add -> queue            (under the lock, never waits)
 *   publisher  queue -> batch -> POST         (waits for work, and for answers)
 */
#include <config.h>

#include "client/run/progress.h"

#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "client/exit_status.h"
#include "client/http/backoff.h"
#include "client/http/get_json.h"
#include "client/http/http.h"
#include "client/http/url.h"
#include "lib/buf.h"

enum { BATCH_MAX = 200, BATCH_BYTES = 256 << 10, POST_MS = 10000 };

struct entry {
	struct entry *next;
	const char *type;
	bool replaceable;
	struct buf data;
};

struct progress {
	const char *channel;
	struct http *http;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t changed; /* the queue, or `ending` */
	struct entry *first, **end, *last;
	unsigned count;		 /* in the queue */
	uint64_t dropped;	 /* progress, for want of room */
	bool busy, ending, gone; /* gone: progress_end waits no longer */
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

static struct entry *take_first(struct progress *progress)
{
	struct entry *entry = progress->first;

	progress->first = entry->next;
	if (progress->first == NULL) {
		progress->end = &progress->first;
		progress->last = NULL;
	}
	progress->count--;
	return entry;
}

static void drop_progress(struct progress *progress)
{
	struct entry **at = &progress->first;

	while (*at != NULL && strcmp((*at)->type, "progress") != 0)
		at = &(*at)->next;
	if (*at == NULL || (*at)->next == NULL)
		return; /* the last one is still in the caller's hands */
	struct entry *entry = *at;

	*at = entry->next;
	entry_free(entry);
	progress->count--;
	progress->dropped++;
}

static void append(struct progress *progress, struct entry *entry)
{
	*progress->end = entry;
	progress->end = &entry->next;
	progress->last = entry;
	if (++progress->count > PROGRESS_MAX)
		drop_progress(progress);
}

/* ---- the publisher */

static void make_path(
	struct progress *progress, struct buf *path, const char *type)
{
	buf_clear(path);
	buf_add_span(path, span_of("/realtime/"));
	url_encode(path, span_of(progress->channel));
	buf_printf(path, "?lines=1&event=%s&id=%s-%u", type, progress->run,
		progress->batches++);
	buf_add_char(path, '\0');
}

static bool may_help(const struct http_answer *answer)
{
	return answer->exit_status != EXIT_REFUSED || answer->status == 429;
}

static bool is_gone(struct progress *progress)
{
	bool gone;

	pthread_mutex_lock(&progress->lock);
	gone = progress->gone;
	pthread_mutex_unlock(&progress->lock);
	return gone;
}

/* Once: a server that is away is so for each line. */
static void tell(struct progress *progress, const char *why)
{
	pthread_mutex_lock(&progress->lock);
	if (!progress->told)
		say("not published: %s", why);
	progress->told = true;
	pthread_mutex_unlock(&progress->lock);
}

/* Until it is acknowledged, or never will be. */
static void post(struct progress *progress, const char *type, struct span body,
	uint64_t lines)
{
	struct http_answer answer = {0};
	struct buf path = {0};

	make_path(progress, &path, type);
	for (unsigned tries = 1; !is_gone(progress); tries++) {
		http_perform(progress->http,
			&(struct http_request){.method = "POST",
				.path = path.at,
				.body = body,
				.deadline_ms = POST_MS},
			&answer);
		if (answer.exit_status == EXIT_OK &&
			get_json_is_stored(&answer, lines, NULL))
			break;
		tell(progress, answer.exit_status == EXIT_OK
				       ? "the answer is not from Tidings"
				       : answer.sentence.at);
		if (!may_help(&answer)) {
			progress->lost = true;
			break;
		}
		backoff_wait(backoff_ms(tries), 0);
	}
	answer_release(&answer);
	buf_release(&path);
}

/* As many of one type as are there: one request. */
static const char *take_batch(
	struct progress *progress, struct buf *body, uint64_t *lines)
{
	const char *type = progress->first->type;

	for (*lines = 0; *lines < BATCH_MAX && body->len < BATCH_BYTES &&
			 progress->first != NULL &&
			 strcmp(progress->first->type, type) == 0;
		++*lines) {
		struct entry *entry = take_first(progress);

		buf_add_span(body, buf_span(&entry->data));
		entry_free(entry);
	}
	return type;
}

static void *publish(void *arg)
{
	struct progress *progress = arg;
	struct buf body = {0};

	pthread_mutex_lock(&progress->lock);
	for (;;) {
		const char *type;
		uint64_t lines;

		while (progress->first == NULL && !progress->ending)
			pthread_cond_wait(&progress->changed, &progress->lock);
		if (progress->first == NULL || progress->gone)
			break;
		buf_clear(&body);
		type = take_batch(progress, &body, &lines);
		progress->busy = true;
		pthread_mutex_unlock(&progress->lock);
		post(progress, type, buf_span(&body), lines);
		pthread_mutex_lock(&progress->lock);
		progress->busy = false;
		pthread_cond_broadcast(&progress->changed);
	}
	pthread_mutex_unlock(&progress->lock);
	buf_release(&body);
	return NULL;
}

/* ---- the caller */

/* Signals are the caller's business. */
static bool start_thread(struct progress *progress)
{
	sigset_t all, before;
	int error;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	error = pthread_create(&progress->thread, NULL, publish, progress);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return error == 0;
}

struct progress *progress_new(const char *channel)
{
	struct progress *progress = mem_new(sizeof(*progress));
	unsigned char random[16] = {0};
	pthread_condattr_t monotonic;

	progress->channel = channel;
	progress->end = &progress->first;
	progress->http = http_new();
	(void)!getrandom(random, sizeof(random), 0);
	for (size_t i = 0; i < sizeof(random); i++)
		snprintf(progress->run + 2 * i, 3, "%02x", random[i]);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_mutex_init(&progress->lock, NULL);
	pthread_cond_init(&progress->changed, &monotonic);
	if (progress->http != NULL && start_thread(progress))
		return progress;
	http_free(progress->http);
	free(progress);
	return NULL;
}

void progress_add(struct progress *progress, const char *type, struct span data,
	bool replaces)
{
	struct entry *entry;

	pthread_mutex_lock(&progress->lock);
	entry = progress->last;
	if (replaces && entry != NULL && entry->replaceable) {
		buf_clear(&entry->data);
	} else {
		entry = mem_new(sizeof(*entry));
		entry->type = type;
		entry->replaceable = replaces;
		append(progress, entry);
	}
	buf_add_span(&entry->data, data);
	pthread_cond_broadcast(&progress->changed);
	pthread_mutex_unlock(&progress->lock);
}

static bool wait_until_empty(struct progress *progress, uint64_t wait_ms)
{
	struct timespec end;

	clock_gettime(CLOCK_MONOTONIC, &end);
	end.tv_sec += (time_t)(wait_ms / 1000);
	end.tv_nsec += (long)(wait_ms % 1000) * 1000000;
	if (end.tv_nsec >= 1000000000) {
		end.tv_nsec -= 1000000000;
		end.tv_sec++;
	}
	while (progress->first != NULL || progress->busy)
		if (pthread_cond_timedwait(
			    &progress->changed, &progress->lock, &end) != 0)
			break;
	return progress->first == NULL && !progress->busy;
}

bool progress_end(struct progress *progress, uint64_t wait_ms)
{
	bool all, lost;

	pthread_mutex_lock(&progress->lock);
	progress->ending = true;
	pthread_cond_broadcast(&progress->changed);
	all = wait_until_empty(progress, wait_ms);
	progress->gone = true;
	if (progress->dropped > 0)
		say("%" PRIu64
		    " lines were not published: too many were waiting",
			progress->dropped);
	if (!all && !progress->told)
		say("not everything is published: the server has not answered "
		    "in time");
	progress->told = true;
	lost = progress->lost || progress->dropped > 0;
	pthread_mutex_unlock(&progress->lock);
	if (!all)
		return false; /* the thread may be waiting for the server: it
				 ends with the process, and keeps its memory */
	pthread_join(progress->thread, NULL);
	http_free(progress->http);
	pthread_cond_destroy(&progress->changed);
	pthread_mutex_destroy(&progress->lock);
	free(progress);
	return !lost;
}
