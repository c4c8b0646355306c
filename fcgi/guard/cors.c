/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "fcgi/guard/cors.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "fcgi/guard/host.h"
#include "fcgi/http/request.h"
#include "lib/config/config.h"

/* What is reflected into a header must be what an origin can be. */
static bool is_plain(const char *origin)
{
	for (; *origin != '\0'; origin++)
		if (*origin <= ' ' || *origin > '~')
			return false;
	return true;
}

static bool any_is_allowed(const struct config *config)
{
	for (size_t i = 0; i < config->origin_count; i++)
		if (strcmp(config->origins[i], "*") == 0)
			return true;
	return false;
}

static bool is_named(const struct config *config, const char *origin)
{
	for (size_t i = 0; i < config->origin_count; i++)
		if (strcmp(config->origins[i], "*") != 0 &&
			strcasecmp(config->origins[i], origin) == 0)
			return true;
	return false;
}

bool cors_is_named(const struct config *config, const struct request *request)
{
	return is_named(config, request->origin);
}

/* `host` without the port that the scheme has anyway. */
static struct span without_port(const char *scheme, const char *host)
{
	const char *port = strcasecmp(scheme, "https") == 0 ? ":443" : ":80";
	size_t len = strlen(host), tail = strlen(port);

	if (len > tail && strcmp(host + len - tail, port) == 0)
		len -= tail;
	return span(host, len);
}

static bool is_own(const struct request *request, const char *origin)
{
	size_t len = strlen(request->scheme);
	struct span host = without_port(request->scheme, request->host);

	if (host.len == 0 || strncasecmp(origin, request->scheme, len) != 0 ||
		strncmp(origin + len, "://", 3) != 0)
		return false;
	origin += len + 3;
	return strlen(origin) == host.len &&
	       strncasecmp(origin, host.at, host.len) == 0;
}

static bool is_allowed(
	const struct config *config, const struct request *request)
{
	return is_plain(request->origin) &&
	       (is_own(request, request->origin) ||
		       cors_is_named(config, request));
}

/* What a page's own scripts may read of an answer, beside what all may. */
static const char exposed[] = "Last-Event-ID, Mercure-Last-Event-ID, Link, "
			      "ETag, Retry-After, WWW-Authenticate";

static const char vary[] = "Vary: Origin\r\n";

void cors_headers(struct buf *out, const struct config *config,
	const struct request *request)
{
	const char *origin = request->origin;
	bool any = any_is_allowed(config);

	if (origin[0] == '\0')
		return;
	if (any || is_allowed(config, request))
		buf_printf(
			out, "Access-Control-Expose-Headers: %s\r\n", exposed);
	if (cors_is_named(config, request))
		buf_printf(out,
			"Access-Control-Allow-Origin: %s\r\n"
			"Access-Control-Allow-Credentials: true\r\n",
			origin);
	else if (any)
		buf_printf(out, "Access-Control-Allow-Origin: *\r\n");
	else if (is_allowed(config, request))
		buf_printf(out, "Access-Control-Allow-Origin: %s\r\n", origin);
	if (!any || config->origin_count > 1)
		buf_add_text(out, vary);
}

void cors_vary(struct buf *headers, const char *also)
{
	const size_t len = sizeof(vary) - 1;

	if (headers->len >= len &&
		memcmp(headers->at + headers->len - len, vary, len) == 0)
		headers->len -= len;
	buf_printf(headers, "Vary: Origin, %s\r\n", also);
}

/* What a page's own scripts set, and what libraries that listen add to each
 * request: htmx 4 and Datastar are refused otherwise.  None of them is read
 * here but the last id. */
static const char headers[] =
	"Authorization, Content-Type, Last-Event-ID, Cache-Control, "
	"If-None-Match, "
	"HX-Boosted, "
	"HX-Current-URL, HX-History-Restore-Request, HX-Request, "
	"HX-Request-Type, HX-Source, HX-Target, HX-Trigger, Datastar-Request";

void cors_preflight(struct buf *out, const struct config *config,
	const struct request *request, const char *methods)
{
	if (request->origin[0] == '\0')
		return;
	if (!any_is_allowed(config) && !is_allowed(config, request))
		return;
	buf_printf(out,
		"Access-Control-Allow-Methods: %s\r\n"
		"Access-Control-Allow-Headers: %s\r\n"
		"Access-Control-Max-Age: 600\r\n",
		methods, headers);
}

/* Over TLS a name cannot be pointed at us by somebody else. */
bool cors_is_certified(const struct request *request)
{
	return strncasecmp(request->origin, "https://", 8) == 0 &&
	       (is_own(request, request->origin) ||
		       strcmp(request->fetch_site, "same-origin") == 0);
}

bool cors_may_publish(
	const struct config *config, const struct request *request)
{
	const char *site = request->fetch_site;

	if (any_is_allowed(config))
		return true;
	if (request->origin[0] == '\0')
		return site[0] == '\0' || strcmp(site, "same-origin") == 0 ||
		       strcmp(site, "none") == 0;
	/* A page cannot set Sec-Fetch-Site itself; and behind a proxy that
	 * ends TLS our scheme is not the browser's. */
	return is_allowed(config, request) || strcmp(site, "same-origin") == 0;
}

/* ---- whose page it is */

/* What stands before the path; empty if it is no URL. */
static struct span origin_in(const char *referer)
{
	const char *host = strstr(referer, "://");

	if (host == NULL)
		return span(NULL, 0);
	host += 3;
	return span(referer, (size_t)(host - referer) + strcspn(host, "/?#"));
}

/* Ours while it is written: the page and we are on the same machine. */
static bool is_under_development(const struct config *config,
	const struct request *request, const char *origin)
{
	const char *host = strstr(origin, "://");

	return host != NULL && any_is_allowed(config) &&
	       host_is_local(request->host) && host_is_local(host + 3);
}

static enum cors_page page_of(const struct config *config,
	const struct request *request, const char *origin)
{
	return is_own(request, origin) || is_named(config, origin) ||
			       is_under_development(config, request, origin)
		       ? CORS_OURS
		       : CORS_FOREIGN;
}

enum cors_page cors_page(
	const struct config *config, const struct request *request)
{
	const char *site = request->fetch_site;
	enum cors_page page;
	char *origin;

	if (strcmp(site, "same-origin") == 0 || strcmp(site, "none") == 0)
		return CORS_OURS;
	if (request->origin[0] != '\0')
		return page_of(config, request, request->origin);
	origin = mem_text(origin_in(request->referer));
	if (origin[0] != '\0')
		page = page_of(config, request, origin);
	else
		page = site[0] == '\0' ? CORS_UNKNOWN : CORS_FOREIGN;
	free(origin);
	return page;
}
