/*
 * trial - see trial.h: its words, its questions, and the list
 */
#include <config.h>

#include "client/trial.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/random.h>

#include "client/option.h"
#include "client/trial_room.h"
#include "lib/json.h"

/* ---- words */

bool trial_wrong(struct trial *trial, const char *hint, const char *format, ...)
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

bool trial_fine(struct trial *trial, const char *format, ...)
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

double trial_seconds(const struct trial *trial)
{
	return (double)trial->patience_ms / 1e3;
}

/* ---- asking */

struct json_object *trial_ask(struct trial *trial, const char *path)
{
	const struct http_request request = {
		.path = path, .deadline_ms = trial->patience_ms};

	http_perform(trial->http, &request, &trial->answer);
	return json_parse(buf_span(&trial->answer.body));
}

static bool published(struct trial *trial, const char *path, const char *type,
	struct span body)
{
	static const char may_not[] =
		"this machine may not publish: name its address in "
		"publish_from of tidings.conf";
	const struct http_request request = {.method = "POST",
		.path = path,
		.type = type,
		.body = body,
		.deadline_ms = trial->patience_ms};

	http_perform(trial->http, &request, &trial->answer);
	if (trial->answer.outcome == OUT_OK)
		return true;
	return trial_wrong(trial, trial->answer.status == 403 ? may_not : NULL,
		"not published: %s", trial->answer.sentence.at);
}

bool trial_post(struct trial *trial, const char *text)
{
	buf_clear(&trial->path);
	buf_printf(&trial->path, "/realtime/%s", trial->channel);
	buf_add_char(&trial->path, '\0');
	return published(trial, trial->path.at, NULL, span_of(text));
}

bool trial_broadcast(struct trial *trial, const char *text)
{
	struct json_object *object = json_new();
	struct buf body = {0};
	bool good;

	json_add_text(object, "channel", span_of(trial->channel));
	json_add_text(object, "message", span_of(text));
	json_end(object, &body);
	good = published(trial, "/api/broadcast",
		"Content-Type: application/json", buf_span(&body));
	buf_release(&body);
	return good;
}

/* ---- without a stream */

static bool try_health(struct trial *trial)
{
	struct json_object *health = trial_ask(trial, "/health");
	const struct http_answer *answer = &trial->answer;
	struct span status = {0}, reason = {0};
	bool good;

	snprintf(trial->server, sizeof(trial->server), "%s",
		answer->server.len > 1 ? answer->server.at : "");
	good = json_text(health, "status", &status) && span_is(status, "ok");
	json_text(health, "reason", &reason);
	if (reason.len > 0)
		trial_wrong(trial,
			"is tidings-hub running, and its disk not full?",
			"%.*s", (int)reason.len, reason.at);
	else if (answer->status == 0)
		trial_wrong(trial, "is the web server running there? (--url)",
			"%s", answer->sentence.at);
	else if (answer->status >= 500)
		trial_wrong(trial,
			trial_hint(trial, answer->status == 500
						  ? TRIAL_NO_HANDLER
						  : TRIAL_BACKEND),
			"status %ld, from the web server", answer->status);
	else if (!good)
		trial_wrong(trial, trial_hint(trial, TRIAL_ROUTE),
			"status %ld, and no answer of Tidings", answer->status);
	json_free(health);
	return good && trial_fine(trial, "%.1f ms", answer->seconds * 1e3);
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
		return trial_wrong(trial,
			"the web server answers OPTIONS itself, or "
			"refuses it: pass it to tidings.fcgi",
			"a preflight got status %ld", answer->status);
	return trial_fine(trial, "pages of other origins %s publish (origins)",
		answer->origin.len > 1 ? "may" : "may not");
}

/* ---- the list */

const struct trial_row trial_rows[] = {
	{"health", try_health},
	{"main stream", trial_main},
	{"metrics", trial_metrics},
	{"custom channel", trial_custom},
	{"broadcast", trial_api},
	{"resume after a cut", trial_resume},
	{"events leave at once", trial_buffering},
	{"cross-origin rules", try_cors},
	{"leaving is noticed", trial_leaving},
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
	answer_release(&trial->answer);
	buf_release(&trial->path);
	buf_release(&trial->text);
	buf_release(&trial->heard);
	buf_release(&trial->note);
	http_free(trial->http);
}
