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

/* ---- life */

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
