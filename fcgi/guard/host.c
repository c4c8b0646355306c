/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "fcgi/guard/host.h"

#include <string.h>
#include <strings.h>

#include "fcgi/guard/address.h"
#include "fcgi/http/request.h"
#include "lib/config/config.h"
#include "lib/span.h"

/* "a.example:8000" -> "a.example", "[::1]:80" -> "[::1]"; also without the dot
 * that may end a name. */
static struct span name_of(const char *host)
{
	const char *from = host[0] == '[' ? strchr(host, ']') : host;
	const char *colon = from == NULL ? NULL : strchr(from, ':');
	size_t len = colon == NULL ? strlen(host) : (size_t)(colon - host);

	if (len > 1 && host[len - 1] == '.')
		len--;
	return span(host, len);
}

static bool is_listed(const struct config *config, struct span name)
{
	for (size_t i = 0; i < config->host_count; i++)
		if (strlen(config->hosts[i]) == name.len &&
			strncasecmp(config->hosts[i], name.at, name.len) == 0)
			return true;
	return false;
}

bool host_is_ours(const struct config *config, const struct request *request)
{
	return config->host_count == 0 ||
	       is_listed(config, name_of(request->host));
}

/* `localhost`, or a name below it (RFC 6761 section 6.3). */
static bool is_localhost(struct span name)
{
	static const char local[] = "localhost";
	size_t len = sizeof(local) - 1;

	if (name.len < len ||
		strncasecmp(name.at + name.len - len, local, len) != 0)
		return false;
	return name.len == len || name.at[name.len - len - 1] == '.';
}

/* "192.0.2.1", "[::1]". */
static bool is_literal(struct span name)
{
	char text[INET6_ADDRSTRLEN];
	struct address address;

	if (name.len > 2 && name.at[0] == '[' && name.at[name.len - 1] == ']')
		name = span(name.at + 1, name.len - 2);
	if (name.len >= sizeof(text))
		return false;
	memcpy(text, name.at, name.len);
	text[name.len] = '\0';
	return address_read(text, &address);
}

/* The host of the page, with its port.  Browsers keep the origin to themselves
 * (null) for some requests to the page's own site. */
static const char *host_of_page(const struct request *request)
{
	const char *scheme_end = strstr(request->origin, "://");

	if (scheme_end != NULL)
		return scheme_end + 3;
	return strcmp(request->fetch_site, "same-origin") == 0 ? request->host
							       : "";
}

bool host_is_certain(const struct config *config, const struct request *request)
{
	struct span name;

	if (request->origin[0] == '\0')
		return true;
	name = name_of(host_of_page(request));
	return is_localhost(name) || is_literal(name) ||
	       is_listed(config, name);
}

/* Over TLS it is what the certificate is for. */
bool host_is_fixed(const struct config *config, const struct request *request)
{
	struct span name = name_of(request->host);

	return is_localhost(name) || is_literal(name) ||
	       is_listed(config, name) ||
	       strcasecmp(request->scheme, "https") == 0;
}

bool host_is_local(const char *host)
{
	struct span name = name_of(host);

	return is_localhost(name) || span_is(name, "127.0.0.1") ||
	       span_is(name, "[::1]");
}
