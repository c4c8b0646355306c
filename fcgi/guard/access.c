/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "fcgi/guard/access.h"

#include <stdlib.h>

#include "fcgi/guard/address.h"
#include "fcgi/guard/cors.h"
#include "fcgi/guard/host.h"
#include "fcgi/guard/proxied.h"
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

static bool admits(const void *arg, const char *address)
{
	const struct access *access = arg;

	for (size_t i = 0; i < access->count; i++)
		if (prefix_covers(&access->prefixes[i], address))
			return true;
	return false;
}

static bool admits_all(const struct access *access, const char *address)
{
	for (size_t i = 0; i < access->count; i++)
		if (prefix_is_all(&access->prefixes[i]) &&
			prefix_covers(&access->prefixes[i], address))
			return true;
	return false;
}

/* Is the address perhaps that of a proxy, which lends it to everybody?  Of
 * another machine's it is known that the web server may have got it from such a
 * header, and leaves that in place: then only those may be named there who may
 * publish themselves. */
static bool is_lent(const struct access *access, const struct request *request)
{
	if (address_is_loopback(request->address))
		return proxied_is(request);
	return !proxied_only_for(request, admits, access);
}

/* Is the page of one of the sites that we know by name? */
static bool is_known(const struct access *access, const struct request *request)
{
	return host_is_certain(access->config, request) ||
	       cors_is_named(access->config, request) ||
	       cors_is_certified(request);
}

enum access_word access_may_publish(
	const struct access *access, const struct request *request)
{
	bool all = admits_all(access, request->address);

	if (!all && !admits(access, request->address))
		return ACCESS_NOT_FROM_THERE;
	if (!all && is_lent(access, request))
		return ACCESS_NOT_BY_PROXY;
	if (!cors_may_publish(access->config, request))
		return ACCESS_NOT_THAT_PAGE;
	if (!all && !is_known(access, request))
		return ACCESS_NOT_THAT_NAME;
	return ACCESS_YES;
}
