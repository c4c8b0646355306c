/* SPDX-License-Identifier: MIT */
/*
 * logins - does the web server pass on names that nobody has looked at?
 *
 * nginx has a $remote_user, and HAProxy a REMOTE_USER, of whatever name a
 * request says of itself, whether or not a password was asked for.  Passed on,
 * everybody is who he says.
 */
#include <config.h>

#include <string.h>

#include "client/check/tools_room.h"
#include "client/option/option.h"
#include "lib/crypto/base64url.h"

/* Name and password that nobody has, as many bytes as base64 likes. */
static void add_nobody(struct buf *out, const struct check *check)
{
	struct buf text = {0};

	buf_printf(&text, "%s:%s", check->channel, check->channel);
	while (text.len % 3 != 0)
		buf_add_char(&text, 'x');
	buf_printf(out, "Authorization: Basic ");
	base64url_encode(out, buf_span(&text));
	buf_add_char(out, '\0');
	buf_release(&text);
}

/* Has Tidings let him in?  Of a stream also one that goes on is an answer. */
static bool is_let_in(struct check *check, const char *path)
{
	struct buf line = {0};
	const char *headers[2] = {NULL, NULL};
	const struct http_request request = {.path = path,
		.headers = headers,
		.deadline_ms = check->patience_ms};
	struct span body;
	bool let_in;

	add_nobody(&line, check);
	headers[0] = line.at;
	http_perform(check->http, &request, &check->answer);
	body = buf_span(&check->answer.body);
	let_in = check->answer.status == 200 && body.len > 0 &&
		 memmem(body.at, body.len, "\"channels\"", 10) != NULL;
	buf_release(&line);
	return let_in;
}

bool check_logins(struct check *check)
{
	static const char *const paths[] = {
		"/api/channels?limit=1&authorized=1", "/stream?authorized=1",
		"/realtime/main?authorized=1"};

	if (option_given("user"))
		return check_fine(check, "not tried: --user is somebody");
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		if (is_let_in(check, paths[i]))
			return check_wrong(check,
				check_hint(check, CHECK_LOGINS),
				"the web server passes on a name for which it "
				"has looked at no password: everybody is who "
				"he says");
	return check_fine(check, "nobody is who he only says he is");
}
