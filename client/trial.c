#include <config.h>

#include "client/trial.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>

#include "client/ear.h"
#include "client/interrupt.h"
#include "client/option.h"
#include "lib/clock.h"
#include "lib/json.h"

enum {
	SAMPLE_MS = 2000, /* metrics come so often */
	LEAVE_MS = 40000, /* two keep-alives and some: a reader who has left */
	APART_MS = 400,	  /* between two publishes that must not come as one */
};

/* ---- words */

static bool wrong(struct trial *trial, const char *hint, const char *format,
	...) __attribute__((format(printf, 3, 4)));

/* Always false. */
static bool wrong(
	struct trial *trial, const char *hint, const char *format, ...)
{
	char text[512];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	buf_clear(&trial->note);
	buf_add_span(&trial->note, span_of(text));
	trial->hint = hint;
	return false;
}

static bool fine(struct trial *trial, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Always true. */
static bool fine(struct trial *trial, const char *format, ...)
{
	char text[512];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	buf_clear(&trial->note);
	buf_add_span(&trial->note, span_of(text));
	return true;
}

static double seconds(const struct trial *trial)
{
	return (double)trial->patience_ms / 1e3;
}

/* ---- asking */

static struct json_object *ask(struct trial *trial, const char *method,
	const char *path, struct span body)
{
	struct http_request request = {.method = method,
		.path = path,
		.body = body,
		.deadline_ms = trial->patience_ms};

	http_perform(trial->http, &request, &trial->answer);
	return json_parse(buf_span(&trial->answer.body));
}

/* Publishes `text` on the check's channel. */
static bool post(struct trial *trial, const char *text)
{
	static const char may_not[] =
		"this machine may not publish: name its address in "
		"publish_from of tidings.conf";

	buf_clear(&trial->path);
	buf_printf(&trial->path, "/realtime/%s", trial->channel);
	buf_add_char(&trial->path, '\0');
	json_free(ask(trial, "POST", trial->path.at, span_of(text)));
	if (trial->answer.outcome == OUT_OK)
		return true;
	return wrong(trial, trial->answer.status == 403 ? may_not : NULL,
		"not published: %s", trial->answer.sentence.at);
}

/* ---- listening */

static void on_event(void *arg, const struct sse_event *event)
{
	struct trial *trial = arg;

	buf_clear(&trial->heard);
	buf_add_span(&trial->heard, event->data);
	trial->heard_at = clock_mono_us();
}

static void listen(struct trial *trial, struct ear *ear, const char *path)
{
	buf_clear(&trial->heard);
	ear->event = on_event;
	ear->arg = trial;
	ear_open(ear, trial->http, span_of(path));
}

static bool is_connected(struct trial *trial, const struct ear *ear)
{
	(void)trial;
	return ear->connected;
}

static bool has_event(struct trial *trial, const struct ear *ear)
{
	(void)trial;
	return ear->events > 0;
}

static bool has_heard(struct trial *trial, const struct ear *ear)
{
	(void)ear;
	return span_equal(buf_span(&trial->heard), buf_span(&trial->text));
}

/* Until `condition`; false if it does not come true in time. */
static bool wait_for(struct trial *trial, struct ear *ear,
	bool (*condition)(struct trial *, const struct ear *), uint64_t ms)
{
	uint64_t end = clock_mono_us() + ms * 1000;

	while (!condition(trial, ear)) {
		if (clock_mono_us() > end || ear_has_ended(ear) ||
			interrupt_caught())
			return false;
		http_turn(trial->http, 50);
	}
	return true;
}

/* What holds streams back, by the name that the web server gives itself. */
static const char *hold_hint(const struct trial *trial)
{
	static const struct {
		const char *server, *hint;
	} hints[] = {
		{"lighttpd", "lighttpd collects the whole answer first: set "
			     "server.stream-response-body = 2"},
		{"apache", "Apache collects answers: set flushpackets=on for "
			   "this backend (ProxyPass ... or <Proxy ...> "
			   "ProxySet flushpackets=on), and no mod_deflate"},
		{"nginx", "nginx collects answers: set proxy_buffering off (or "
			  "fastcgi_buffering off), and gzip off"},
	};

	for (size_t i = 0; i < sizeof(hints) / sizeof(hints[0]); i++)
		if (strncasecmp(trial->server, hints[i].server,
			    strlen(hints[i].server)) == 0)
			return hints[i].hint;
	return "something between here and tidings.fcgi collects answers: "
	       "turn its buffering off for streams";
}

static bool no_beginning(struct trial *trial, const struct ear *ear)
{
	const struct http_answer *answer = &ear->answer;

	if (answer->sentence.len > 1)
		return wrong(trial,
			answer->status == 404
				? "the web server does not pass this path to "
				  "tidings.fcgi: see part 3 of lighttpd.conf"
				: NULL,
			"%s", answer->sentence.at);
	if (ear_has_ended(ear))
		return wrong(trial, NULL,
			"the stream ended at once: the server is being "
			"stopped, or has too many streams");
	if (ear->bytes == 0)
		return wrong(trial, hold_hint(trial),
			"nothing of the stream came within %.1f s",
			seconds(trial));
	return wrong(trial, NULL, "that is no stream of Tidings");
}

/* ---- the checks */

static bool try_health(struct trial *trial)
{
	struct json_object *health = ask(trial, NULL, "/health", span(NULL, 0));
	const struct http_answer *answer = &trial->answer;
	struct span status = {0}, reason = {0};
	bool good;

	snprintf(trial->server, sizeof(trial->server), "%s",
		answer->server.len > 1 ? answer->server.at : "");
	good = json_text(health, "status", &status) && span_is(status, "ok");
	json_text(health, "reason", &reason);
	if (reason.len > 0)
		wrong(trial, "is tidings-hub running, and its disk not full?",
			"%.*s", (int)reason.len, reason.at);
	else if (answer->status == 0)
		wrong(trial, "is the web server running there? (--url)", "%s",
			answer->sentence.at);
	else if (answer->status == 502 || answer->status == 503 ||
		 answer->status == 500)
		wrong(trial,
			"is tidings.fcgi running, at the socket that the "
			"web server knows, and may the web server open "
			"it?",
			"status %ld, from the web server", answer->status);
	else if (!good)
		wrong(trial,
			"the web server does not pass /health to "
			"tidings.fcgi: see part 3 of lighttpd.conf",
			"status %ld, and no answer of Tidings", answer->status);
	json_free(health);
	return good && fine(trial, "%.1f ms", answer->seconds * 1e3);
}

static bool begins(struct trial *trial, const char *path)
{
	uint64_t began = clock_mono_us();
	struct ear ear = {0};
	bool good;

	listen(trial, &ear, path);
	good = wait_for(trial, &ear, is_connected, trial->patience_ms);
	if (good)
		fine(trial, "begins after %.1f ms",
			(double)(clock_mono_us() - began) / 1e3);
	else
		no_beginning(trial, &ear);
	ear_close(&ear);
	return good;
}

static bool try_main(struct trial *trial)
{
	return begins(trial, "/stream");
}

static bool try_metrics(struct trial *trial)
{
	struct ear ear = {0};
	bool good;

	listen(trial, &ear, "/metrics");
	good = wait_for(trial, &ear, is_connected, trial->patience_ms);
	if (!good)
		no_beginning(trial, &ear);
	else if (!wait_for(trial, &ear, has_event,
			 trial->patience_ms + SAMPLE_MS))
		good = wrong(trial, hold_hint(trial),
			"no sample came within %.1f s", seconds(trial));
	else
		fine(trial, "a sample came");
	ear_close(&ear);
	return good;
}

static void own_path(struct trial *trial, struct buf *path, struct span after)
{
	buf_printf(path, "/realtime/%s", trial->channel);
	if (after.len > 0)
		buf_printf(path, "?lastEventId=%.*s", (int)after.len, after.at);
	buf_add_char(path, '\0');
}

static bool try_custom(struct trial *trial)
{
	struct buf path = {0};
	bool good;

	own_path(trial, &path, span(NULL, 0));
	good = begins(trial, path.at);
	buf_release(&path);
	return good;
}

/* Publishes a text of its own and waits for it; *took in ms. */
static bool round_trip(struct trial *trial, struct ear *ear, double *took)
{
	uint64_t began = clock_mono_us();

	buf_clear(&trial->text);
	buf_printf(&trial->text, "check %" PRIu64, began);
	buf_add_char(&trial->text, '\0');
	trial->text.len--;
	if (!post(trial, trial->text.at))
		return false;
	if (!wait_for(trial, ear, has_heard, trial->patience_ms))
		return wrong(trial, hold_hint(trial),
			"what was published did not arrive within %.1f s",
			seconds(trial));
	*took = (double)(trial->heard_at - began) / 1e3;
	return true;
}

static bool try_broadcast(struct trial *trial)
{
	struct buf path = {0};
	struct ear ear = {0};
	double took = 0;
	bool good;

	own_path(trial, &path, span(NULL, 0));
	listen(trial, &ear, path.at);
	good = wait_for(trial, &ear, is_connected, trial->patience_ms);
	if (!good)
		no_beginning(trial, &ear);
	else
		good = round_trip(trial, &ear, &took) &&
		       fine(trial, "published and back in %.1f ms", took);
	ear_close(&ear);
	buf_release(&path);
	return good;
}

/* Leaves after an event, misses one, and comes back with the first one's id. */
static bool try_resume(struct trial *trial)
{
	struct buf path = {0}, back = {0};
	struct ear ear = {0}, second = {0};
	double took;
	bool good;

	own_path(trial, &path, span(NULL, 0));
	listen(trial, &ear, path.at);
	good = wait_for(trial, &ear, is_connected, trial->patience_ms) ||
	       no_beginning(trial, &ear);
	good = good && round_trip(trial, &ear, &took);
	own_path(trial, &back, buf_span(&ear.last));
	ear_close(&ear);
	buf_clear(&trial->text);
	buf_add(&trial->text, "missed", 7);
	trial->text.len--;
	good = good && post(trial, trial->text.at);
	if (good) {
		listen(trial, &second, back.at);
		good = wait_for(trial, &second, has_heard, trial->patience_ms)
			       ? second.events == 1
			       : wrong(trial, NULL,
					 "what was published meanwhile did not "
					 "come");
		if (good)
			fine(trial, "what was missed came, and nothing twice");
		ear_close(&second);
	}
	buf_release(&path);
	buf_release(&back);
	return good;
}

static void pause_ms(struct trial *trial, uint64_t ms)
{
	uint64_t end = clock_mono_us() + ms * 1000;

	while (clock_mono_us() < end && !interrupt_caught())
		http_turn(trial->http, 20);
}

/* Small events, some time apart: a proxy that waits for a full buffer shows. */
static bool try_buffering(struct trial *trial)
{
	struct buf path = {0};
	struct ear ear = {0};
	double took = 0, most = 0;
	bool good;

	own_path(trial, &path, span(NULL, 0));
	listen(trial, &ear, path.at);
	good = wait_for(trial, &ear, is_connected, trial->patience_ms) ||
	       no_beginning(trial, &ear);
	for (int i = 0; good && i < 3; i++) {
		good = round_trip(trial, &ear, &took);
		most = took > most ? took : most;
		pause_ms(trial, APART_MS);
	}
	if (good && most > APART_MS)
		good = wrong(
			trial, hold_hint(trial), "an event took %.0f ms", most);
	else if (good)
		fine(trial, "three lone events, none took over %.1f ms", most);
	ear_close(&ear);
	buf_release(&path);
	return good;
}

static bool try_cors(struct trial *trial)
{
	static const char *const foreign[] = {
		"Origin: https://elsewhere.example",
		"Access-Control-Request-Method: POST", NULL};
	struct http_request request = {.method = "OPTIONS",
		.path = "/api/broadcast",
		.headers = foreign,
		.deadline_ms = trial->patience_ms};
	const struct http_answer *answer = &trial->answer;

	http_perform(trial->http, &request, &trial->answer);
	if (answer->status != 204)
		return wrong(trial,
			"the web server answers OPTIONS itself, or "
			"refuses it: pass it to tidings.fcgi",
			"a preflight got status %ld", answer->status);
	return fine(trial, "pages of other origins %s publish (origins)",
		answer->origin.len > 1 ? "may" : "may not");
}

static uint64_t subscribers(struct trial *trial)
{
	struct json_object *channel;
	uint64_t count;

	buf_clear(&trial->path);
	buf_printf(&trial->path, "/api/channels/%s", trial->channel);
	buf_add_char(&trial->path, '\0');
	channel = ask(trial, NULL, trial->path.at, span(NULL, 0));
	count = json_number(channel, "subscribers");
	json_free(channel);
	return count;
}

static bool wait_for_nobody(struct trial *trial)
{
	uint64_t began = clock_mono_us();

	while (subscribers(trial) != 0) {
		if (clock_mono_us() - began > LEAVE_MS * 1000ull ||
			interrupt_caught())
			return wrong(trial,
				"lighttpd: set tcp-fin-propagate = enable; "
				"otherwise a shorter `keepalive` helps",
				"a reader who has left still counts after %d s",
				LEAVE_MS / 1000);
		pause_ms(trial, 50);
	}
	return fine(trial, "after %.0f ms",
		(double)(clock_mono_us() - began) / 1e3);
}

static bool try_leaving(struct trial *trial)
{
	struct buf path = {0};
	struct ear ear = {0};
	bool good;

	own_path(trial, &path, span(NULL, 0));
	listen(trial, &ear, path.at);
	good = wait_for(trial, &ear, is_connected, trial->patience_ms) ||
	       no_beginning(trial, &ear);
	if (good && subscribers(trial) == 0)
		good = wrong(trial, NULL, "a reader is not counted");
	ear_close(&ear);
	buf_release(&path);
	return good && wait_for_nobody(trial);
}

/* ---- the list */

const struct trial_row trial_rows[] = {
	{"health", try_health},
	{"main stream", try_main},
	{"metrics", try_metrics},
	{"custom channel", try_custom},
	{"broadcast", try_broadcast},
	{"resume after a cut", try_resume},
	{"events leave at once", try_buffering},
	{"cross-origin rules", try_cors},
	{"leaving is noticed", try_leaving},
	{0},
};

bool trial_open(struct trial *trial)
{
	uint32_t random = 0;

	*trial = (struct trial){
		.http = http_new(), .patience_ms = option_ms("wait")};
	(void)!getrandom(&random, sizeof(random), 0);
	snprintf(trial->channel, sizeof(trial->channel), "check-%08" PRIx32,
		random);
	return trial->http != NULL;
}

void trial_close(struct trial *trial)
{
	http_answer_release(&trial->answer);
	buf_release(&trial->path);
	buf_release(&trial->text);
	buf_release(&trial->heard);
	buf_release(&trial->note);
	http_free(trial->http);
}
