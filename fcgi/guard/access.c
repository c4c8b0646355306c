/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "fcgi/guard/access.h"

#include <stdlib.h>

#include "fcgi/guard/address.h"
#include "fcgi/guard/cors.h"
#include "fcgi/guard/host.h"
#include "fcgi/http/request.h"
#include "lib/config/config.h"

struct access {
	const struct config *config;
	size_t count;
	struct prefix prefixes[]; /* of publish_from */
};

struct access *access_new(const struct config *config)
{
	struct access *access =
		mem_new(sizeof(*access) + config->publish_from_count *
						  sizeof(access->prefixes[0]));

	access->config = config;
	for (size_t i = 0; i < config->publish_from_count; i++)
		if (prefix_read(config->publish_from[i],
			    &access->prefixes[access->count]))
			access->count++;
	return access;
}

void access_free(struct access *access)
{
	free(access);
}

bool access_is_ours(const struct access *access, const struct request *request)
{
	return host_is_ours(access->config, request);
}

void access_headers(const struct access *access, struct request *request)
{
	cors_headers(&request->headers, access->config, request);
}

void access_preflight(const struct access *access, struct request *request,
	const char *methods)
{
	cors_preflight(&request->headers, access->config, request, methods);
}

static bool admits(const struct access *access, const char *address)
{
	for (size_t i = 0; i < access->count; i++)
		if (prefix_covers(&access->prefixes[i], address))
			return true;
	return false;
}

enum access_word access_may_publish(
	const struct access *access, const struct request *request)
{
	if (!admits(access, request->address))
		return ACCESS_NOT_FROM_THERE;
	if (!cors_may_publish(access->config, request))
		return ACCESS_NOT_THAT_PAGE;
	return ACCESS_YES;
}
