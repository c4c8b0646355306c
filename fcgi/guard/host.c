/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "fcgi/guard/host.h"

#include <string.h>
#include <strings.h>

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

bool host_is_ours(const struct config *config, const struct request *request)
{
	struct span name = name_of(request->host);

	for (size_t i = 0; i < config->host_count; i++)
		if (strlen(config->hosts[i]) == name.len &&
			strncasecmp(config->hosts[i], name.at, name.len) == 0)
			return true;
	return config->host_count == 0;
}
