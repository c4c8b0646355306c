/* SPDX-License-Identifier: MIT */
/*
 * mercure - is Mercure where its clients look for it?
 *
 * At the root, whatever prefix Tidings has.  An update that says nothing is
 * sent with a token that is none, or with that of --token: it is refused, and
 * by whom says how far it came.
 */
#include <config.h>

#include <stdlib.h>

#include "client/check/tools_room.h"
#include "client/option/option.h"
#include "lib/config/config.h"
#include "lib/json/json.h"

#define PLACE "/.well-known/mercure"

bool check_has_mercure(void)
{
	struct config config = {0};
	bool has;

	if (!check_has_config())
		return false;
	free(check_config(&config));
	has = config.mercure;
	config_release(&config);
	return has;
}

static void ask(struct check *check)
{
	static const char *const bad[] = {
		"Authorization: Bearer tidings-check", NULL};
	const char *token = option_text("token");
	const struct http_request request = {.method = "POST",
		.path = PLACE,
		.at_root = true,
		.type = "Content-Type: application/x-www-form-urlencoded",
		.headers = token == NULL || *token == '\0' ? bad : NULL,
		.deadline_ms = check->patience_ms};

	http_perform(check->http, &request, &check->answer);
}

static bool no_token(struct check *check)
{
	if (check_has_tokens())
		return check_wrong(check, check_hint(check, CHECK_TOKENS),
			"no token reaches Tidings at " PLACE
			": the web server keeps the header Authorization to "
			"itself");
	check->warns = true;
	buf_printf(&check->advice,
		"docs/mercure.md shows the section [keys] to add\n");
	return check_fine(check, "nobody can publish at " PLACE
				 ", since tidings.conf names no keys");
}

bool check_mercure(struct check *check)
{
	const struct http_answer *answer = &check->answer;
	struct json_object *object;
	struct span error = {0};
	bool good;

	if (option_given("user"))
		return check_fine(
			check, "not tried: --user shows a password instead");
	ask(check);
	object = json_parse(buf_span(&answer->body));
	json_text(object, "error", &error);
	if (span_is(error, "no_token"))
		good = no_token(check);
	else if (span_is(error, "bad_token") || span_is(error, "bad_topic") ||
		 span_is(error, "not_granted"))
		good = check_fine(check, "it answers at " PLACE);
	else if (span_is(error, "not_found") || span_is(error, "outside_base"))
		good = check_wrong(check,
			"reload the responder: tidings.conf says mercure = yes",
			"the responder knows nothing at " PLACE);
	else
		good = check_wrong(check, check_hint(check, CHECK_MERCURE),
			"status %ld at " PLACE
			", and the answer is not from Tidings",
			answer->status);
	json_free(object);
	return good;
}
