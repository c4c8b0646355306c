/* SPDX-License-Identifier: MIT */
/*
 * cookie - does a browser send it to streams, and is it good there?
 *
 * Judged by the line Set-Cookie with which an application sets it, as RFC 6265
 * has browsers do.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "client/check/tools_room.h"
#include "client/http/url.h"
#include "client/option/option.h"
#include "lib/config/config.h"
#include "lib/json/json.h"

enum { COOKIE_MOST = 4096 }; /* bytes of name and value, for a browser */

/* Texts end with a NUL; NULL = it does not say. */
struct cookie {
	char *name, *value, *domain, *path, *same_site, *max_age;
	bool secure;
};

/* ---- the line */

static char *trim(char *text)
{
	size_t len;

	text += strspn(text, " \t");
	len = strlen(text);
	while (len > 0 && strchr(" \t\r", text[len - 1]) != NULL)
		len--;
	text[len] = '\0';
	return text;
}

/* What stands behind `=` in it, which is cut off; "" if nothing does. */
static char *split(char *text)
{
	char *equals = strchr(text, '=');

	if (equals == NULL)
		return text + strlen(text);
	*equals = '\0';
	return trim(equals + 1);
}

static void read_attribute(struct cookie *cookie, char *name, char *value)
{
	if (strcasecmp(name, "Domain") == 0)
		cookie->domain = value[0] == '.' ? value + 1 : value;
	else if (strcasecmp(name, "Path") == 0 && value[0] == '/')
		cookie->path = value;
	else if (strcasecmp(name, "SameSite") == 0)
		cookie->same_site = value;
	else if (strcasecmp(name, "Max-Age") == 0)
		cookie->max_age = value;
	else if (strcasecmp(name, "Secure") == 0)
		cookie->secure = true;
}

/* Takes `line` apart; false if it is no cookie. */
static bool read_line(struct cookie *cookie, char *line)
{
	static const char field[] = "Set-Cookie:";
	char *rest = line, *part;

	if (strncasecmp(line, field, strlen(field)) == 0)
		rest += strlen(field);
	part = strsep(&rest, ";");
	if (strchr(part, '=') == NULL)
		return false;
	cookie->value = split(part);
	cookie->name = trim(part);
	while ((part = strsep(&rest, ";")) != NULL) {
		char *value = split(part);

		read_attribute(cookie, trim(part), value);
	}
	return cookie->name[0] != '\0';
}

/* ---- where the browser is */

/* The host of the URL, freed by the caller. */
static char *host_of(const char *url)
{
	const char *from = strstr(url, "://");
	size_t len;

	from = from == NULL ? url : from + 3;
	len = from[0] == '[' ? strcspn(from, "]") + 1 : strcspn(from, ":/");
	return mem_text(span(from, len));
}

static bool is_within(const char *host, const char *domain)
{
	size_t host_len = strlen(host), len = strlen(domain);

	if (strcasecmp(host, domain) == 0)
		return true;
	return host_len > len && host[host_len - len - 1] == '.' &&
	       strcasecmp(host + host_len - len, domain) == 0;
}

/* RFC 6265 section 5.1.4. */
static bool covers(const char *path, const char *stream)
{
	size_t len = strlen(path);

	return strncmp(path, stream, len) == 0 &&
	       (path[len - 1] == '/' || stream[len] == '/' ||
		       stream[len] == '\0');
}

/* ---- what is wrong with it; false if something is */

static bool judge_name(struct check *check, const struct cookie *cookie)
{
	struct config config = {0};
	bool good = true;

	if (check_has_config())
		free(check_config(&config));
	if (config.cookie != NULL && strcmp(config.cookie, cookie->name) != 0)
		good = check_wrong(check, "name it so, or set `cookie`",
			"it is \"%s\", and Tidings looks at \"%s\" (cookie in "
			"tidings.conf)",
			cookie->name, config.cookie);
	config_release(&config);
	return good;
}

static bool judge_domain(struct check *check, const struct cookie *cookie)
{
	char *host = host_of(http_url(check->http));
	bool good = cookie->domain == NULL || is_within(host, cookie->domain);

	if (!good)
		check_wrong(check,
			"leave Domain out, if pages and streams are at one "
			"name; else it is the name that both end with",
			"its Domain is \"%s\": a browser does not send it to "
			"\"%s\"",
			cookie->domain, host);
	free(host);
	return good;
}

static bool judge_path(struct check *check, const struct cookie *cookie)
{
	if (cookie->path == NULL)
		return check_wrong(check, "set it with Path=/",
			"it has no Path: a browser sends it only below the "
			"folder of the page that sets it");
	buf_clear(&check->path);
	buf_printf(&check->path, "%s/stream", url_path(http_url(check->http)));
	buf_add_char(&check->path, '\0');
	if (covers(cookie->path, check->path.at))
		return true;
	return check_wrong(check, "set it with Path=/",
		"its Path is \"%s\": a browser does not send it to \"%s\"",
		cookie->path, check->path.at);
}

static bool judge_safety(struct check *check, const struct cookie *cookie)
{
	bool plain = strncmp(http_url(check->http), "http://", 7) == 0;

	if (cookie->secure && plain)
		return check_wrong(check,
			"serve the pages with TLS, or try the https address "
			"(--url)",
			"it is Secure: a browser does not send it to %s",
			http_url(check->http));
	if (!cookie->secure && cookie->same_site != NULL &&
		strcasecmp(cookie->same_site, "None") == 0)
		return check_wrong(check,
			"add Secure, or better say SameSite=Strict",
			"it is SameSite=None without Secure: a browser does "
			"not take it");
	if (cookie->max_age != NULL && strtol(cookie->max_age, NULL, 10) <= 0)
		return check_wrong(check, "set it with a Max-Age above 0",
			"its Max-Age is %s: a browser forgets it at once",
			cookie->max_age);
	if (strlen(cookie->name) + strlen(cookie->value) > COOKIE_MOST)
		return check_wrong(check,
			"have the token grant a pattern instead of many names",
			"it has %zu bytes: a browser takes 4,096",
			strlen(cookie->name) + strlen(cookie->value));
	return true;
}

/* ---- at the server */

static bool was_told(const struct check *check, const char *word)
{
	const struct buf *body = &check->answer.body;

	return body->len > 0 &&
	       memmem(body->at, body->len, word, strlen(word)) != NULL;
}

static bool try_it(struct check *check, const struct cookie *cookie)
{
	struct buf line = {0};
	const char *headers[] = {NULL, "Sec-Fetch-Site: same-origin", NULL};
	const struct http_request request = {
		.path = "/api/channels?limit=1&authorized=1",
		.headers = headers,
		.deadline_ms = check->patience_ms};

	buf_printf(&line, "Cookie: %s=%s", cookie->name, cookie->value);
	buf_add_char(&line, '\0');
	headers[0] = line.at;
	http_perform(check->http, &request, &check->answer);
	buf_release(&line);
	if (was_told(check, "\"bad_token\""))
		return check_refused_token(check, cookie->value);
	if (was_told(check, "\"no_token\""))
		return check_wrong(check,
			"is `cookie` in tidings.conf another; are there "
			"sections [keys]; does the web server, or a proxy, "
			"keep cookies back?",
			"it does not reach Tidings, or is not looked at");
	if (check->answer.status != 200)
		return check_wrong(
			check, NULL, "%s", check->answer.sentence.at);
	return check_fine(check, "a browser sends it to streams, and it is "
				 "good there");
}

bool check_gives_cookie(void)
{
	return option_given("set-cookie");
}

bool check_cookie(struct check *check)
{
	char *line = mem_text(span_of(option_text("set-cookie")));
	struct cookie cookie = {0};
	bool good;

	if (!read_line(&cookie, line))
		good = check_wrong(check,
			"--set-cookie takes the whole line, with its "
			"attributes",
			"that is no cookie: it has no name and value");
	else
		good = judge_name(check, &cookie) &&
		       judge_domain(check, &cookie) &&
		       judge_path(check, &cookie) &&
		       judge_safety(check, &cookie) && try_it(check, &cookie);
	free(line);
	return good;
}
