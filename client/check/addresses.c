/* SPDX-License-Identifier: MIT */
/*
 * addresses - whose address does Tidings see?
 *
 * A proxy on the web server's machine lends its own to everybody, and a web
 * server that believes anybody lets everybody choose one.  A header that only
 * proxies write, sent by us, shows both.
 */
#include <config.h>

#include <string.h>

#include "client/check/tools_room.h"
#include "lib/json/json.h"

enum posted {
	POSTED,
	POSTED_NOT_FROM_THERE, /* not from this address */
	POSTED_NOT_BY_PROXY,
	POSTED_NOT, /* for another reason */
};

/* On the check's own channel, with a header, or NULL for none. */
static enum posted post(struct check *check, const char *header)
{
	const char *const headers[] = {header, NULL};
	const struct http_answer *answer = &check->answer;
	struct http_request request = {.method = "POST",
		.headers = headers,
		.body = span_of("whose address"),
		.deadline_ms = check->patience_ms};
	struct json_object *object;
	struct span code = {0};
	enum posted posted = POSTED_NOT;

	buf_clear(&check->path);
	buf_printf(&check->path, "/realtime/%s", check->channel);
	buf_add_char(&check->path, '\0');
	request.path = check->path.at;
	http_perform(check->http, &request, &check->answer);
	if (answer->exit_status == EXIT_OK)
		return POSTED;
	object = json_parse(buf_span(&answer->body));
	json_text(object, "error", &code);
	if (span_is(code, "not_allowed"))
		posted = POSTED_NOT_FROM_THERE;
	else if (span_is(code, "through_proxy"))
		posted = POSTED_NOT_BY_PROXY;
	json_free(object);
	return posted;
}

/* This address may publish. */
static bool try_member(struct check *check)
{
	switch (post(check, "X-Forwarded-For: 198.51.100.1")) {
	case POSTED_NOT_FROM_THERE:
		return check_fine(check,
			"the web server asks a proxy for whom it speaks");
	case POSTED_NOT_BY_PROXY:
		return check_fine(check,
			"a proxy's address is nobody's; limits for each "
			"address hold for all of its visitors together");
	case POSTED:
		check->warns = true;
		check_wrong(check, check_hint(check, CHECK_PROXY),
			"behind a proxy everybody may publish: everybody may, "
			"or X-Forwarded-For is lost on its way");
		return true;
	case POSTED_NOT:
		break;
	}
	return check_wrong(
		check, NULL, "not published: %s", check->answer.sentence.at);
}

/* This one may not, unless it only need say that it is another.  That a proxy
 * is to blame all at once says that the other address is taken for ours. */
static bool try_stranger(struct check *check)
{
	enum posted posted = post(check, "X-Forwarded-For: 127.0.0.1");

	if (posted == POSTED || posted == POSTED_NOT_BY_PROXY)
		return check_wrong(check, check_hint(check, CHECK_BELIEVES),
			"whoever says \"X-Forwarded-For: 127.0.0.1\" is taken "
			"for it: the web server believes anybody");
	return check_fine(check, "no header makes another of this one");
}

bool check_addresses(struct check *check)
{
	switch (post(check, NULL)) {
	case POSTED:
		return try_member(check);
	case POSTED_NOT_FROM_THERE:
		return try_stranger(check);
	case POSTED_NOT_BY_PROXY:
		return check_wrong(check, check_hint(check, CHECK_PROXY),
			"a proxy's address is taken for everybody's: nobody "
			"publishes through it, and limits for each address "
			"hold for all together");
	case POSTED_NOT:
		break;
	}
	return check_wrong(
		check, NULL, "not published: %s", check->answer.sentence.at);
}
