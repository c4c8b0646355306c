/* SPDX-License-Identifier: MIT */
/*
 * place - Tidings is there, but not where it was asked
 */
#include <config.h>

#include <stdlib.h>

#include "client/check/tools_room.h"
#include "client/http/url.h"
#include "lib/json/json.h"

static void advise(struct check *check, const char *before, const char *path,
	const char *after)
{
	buf_printf(&check->advice, "%s%s%s\n", before, path, after);
}

/* What a responder that knows no such address was asked for, and with which
 * prefix: its own configuration does not say the prefix of the URL. */
static void advise_base(struct check *check, const char *path)
{
	if (path[0] == '\0')
		advise(check,
			"the web server passes on another path than it is "
			"asked for: Tidings reads REQUEST_URI",
			"", "");
	else
		advise(check, "set base = ", path,
			" in [responder] of tidings.conf, and reload the "
			"responder");
}

static const char *hint_of(struct span error)
{
	if (span_is(error, "outside_base"))
		return "give that path in --url, and have the web server pass "
		       "it on (REQUEST_URI); or change `base` in tidings.conf";
	if (span_is(error, "wrong_host"))
		return "add the name to `hosts` in tidings.conf";
	return NULL;
}

bool check_refused(struct check *check, const struct http_answer *answer)
{
	struct json_object *body = json_parse(buf_span(&answer->body));
	struct span error = {0}, message = {0};
	bool ours = json_text(body, "error", &error) &&
		    json_text(body, "message", &message);

	if (ours) {
		check_wrong(check, hint_of(error), "status %ld: %.*s",
			answer->status, (int)message.len, message.at);
		check->misplaced = answer->status == 404;
		if (span_is(error, "not_found"))
			advise_base(check, url_path(http_url(check->http)));
	}
	json_free(body);
	return ours;
}

bool check_elsewhere(struct check *check, const struct http_answer *answer)
{
	const char *url = http_url(check->http), *path = url_path(url);
	char *base = check_base();

	check_wrong(check, check_hint(check, CHECK_ROUTE),
		"status %ld, and the answer is not from Tidings",
		answer->status);
	if (base != NULL && !span_is(span_of(path), base))
		buf_printf(&check->advice,
			"tidings.conf says base = %s: --url %.*s%s\n", base,
			(int)(path - url), url, base);
	else if (base == NULL && path[0] == '\0')
		advise(check, "is it below a path (base)? Then --url ", url,
			"/tidings");
	free(base);
	return false;
}
