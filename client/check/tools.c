/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "client/check/tools.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/random.h>

#include "client/check/tools_room.h"
#include "client/option/option.h"
#include "lib/json/json.h"

/* ---- words */

static void note(struct check *check, const char *format, va_list args)
	__attribute__((format(printf, 2, 0)));

static void note(struct check *check, const char *format, va_list args)
{
	char text[512];

	vsnprintf(text, sizeof(text), format, args);
	buf_clear(&check->note);
	buf_add_span(&check->note, span_of(text));
}

bool check_wrong(struct check *check, const char *hint, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	note(check, format, args);
	va_end(args);
	check->hint = hint;
	return false;
}

bool check_fine(struct check *check, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	note(check, format, args);
	va_end(args);
	return true;
}

double check_seconds(const struct check *check)
{
	return (double)check->patience_ms / 1e3;
}

/* ---- asking */

struct json_object *check_ask(struct check *check, const char *path)
{
	const struct http_request request = {
		.path = path, .deadline_ms = check->patience_ms};

	http_perform(check->http, &request, &check->answer);
	return json_parse(buf_span(&check->answer.body));
}

static const char *why_not(struct check *check)
{
	struct json_object *object = json_parse(buf_span(&check->answer.body));
	struct span code = {0};
	bool proxy = json_text(object, "error", &code) &&
		     span_is(code, "through_proxy");

	json_free(object);
	return proxy ? check_hint(check, CHECK_PROXY)
		     : "this machine may not publish: name its address in "
		       "publish_from of tidings.conf";
}

static bool published(struct check *check, const char *path, const char *type,
	struct span body)
{
	const struct http_request request = {.method = "POST",
		.path = path,
		.type = type,
		.body = body,
		.deadline_ms = check->patience_ms};

	http_perform(check->http, &request, &check->answer);
	if (check->answer.exit_status == EXIT_OK)
		return true;
	if (check->answer.status == 404 && check_refused(check, &check->answer))
		return false;
	return check_wrong(check,
		check->answer.status == 403 ? why_not(check) : NULL,
		"not published: %s", check->answer.sentence.at);
}

bool check_post(struct check *check, const char *text)
{
	buf_clear(&check->path);
	buf_printf(&check->path, "/realtime/%s", check->channel);
	buf_add_char(&check->path, '\0');
	return published(check, check->path.at, NULL, span_of(text));
}

bool check_broadcast(struct check *check, const char *text)
{
	struct json_object *object = json_new();
	struct buf body = {0};
	bool good;

	json_add_text(object, "channel", span_of(check->channel));
	json_add_text(object, "message", span_of(text));
	json_end(object, &body);
	good = published(check, "/api/broadcast",
		"Content-Type: application/json", buf_span(&body));
	buf_release(&body);
	return good;
}

/* ---- life */

bool check_open(struct check *check)
{
	uint32_t random = 0;

	*check = (struct check){
		.http = http_new(), .patience_ms = option_ms("wait")};
	(void)!getrandom(&random, sizeof(random), 0);
	snprintf(check->channel, sizeof(check->channel), "check-%08" PRIx32,
		random);
	return check->http != NULL;
}

void check_close(struct check *check)
{
	answer_release(&check->answer);
	buf_release(&check->path);
	buf_release(&check->text);
	buf_release(&check->heard);
	buf_release(&check->note);
	buf_release(&check->advice);
	http_free(check->http);
}
