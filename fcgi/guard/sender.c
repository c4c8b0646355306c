/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "fcgi/guard/sender.h"

#include <stdlib.h>

#include "fcgi/guard/address.h"
#include "fcgi/guard/cors.h"
#include "fcgi/guard/host.h"
#include "fcgi/guard/proxied.h"
#include "fcgi/http/request.h"
#include "lib/config/config.h"

struct sender {
	const struct config *config;
	size_t count;
	struct prefix prefixes[]; /* of publish_from */
};

struct sender *sender_new(const struct config *config)
{
	struct sender *sender =
		mem_new(sizeof(*sender) + config->publish_from_count *
						  sizeof(sender->prefixes[0]));

	sender->config = config;
	for (size_t i = 0; i < config->publish_from_count; i++)
		if (prefix_read(config->publish_from[i],
			    &sender->prefixes[sender->count]))
			sender->count++;
	return sender;
}

void sender_free(struct sender *sender)
{
	free(sender);
}

static bool admits(const void *arg, const struct address *address)
{
	const struct sender *sender = arg;

	for (size_t i = 0; i < sender->count; i++)
		if (prefix_covers(&sender->prefixes[i], address))
			return true;
	return false;
}

static bool admits_all(
	const struct sender *sender, const struct address *address)
{
	for (size_t i = 0; i < sender->count; i++)
		if (prefix_is_all(&sender->prefixes[i]) &&
			prefix_covers(&sender->prefixes[i], address))
			return true;
	return false;
}

/* Is the address perhaps that of a proxy, which lends it to everybody?  Of
 * another machine's it is known that the web server may have got it from such a
 * header, and leaves that in place: then only those may be named there who may
 * publish themselves. */
static bool is_lent(const struct sender *sender, const struct request *request,
	const struct address *address)
{
	if (address_is_loopback(address))
		return proxied_is(request);
	return !proxied_only_for(request, admits, sender);
}

/* Is the page of one of the sites that we know by name? */
static bool is_known(const struct sender *sender, const struct request *request)
{
	return host_is_certain(sender->config, request) ||
	       cors_is_named(sender->config, request) ||
	       cors_is_certified(request);
}

enum access_word sender_may_publish(
	const struct sender *sender, const struct request *request)
{
	struct address address;
	bool all;

	if (!address_read(request->address, &address))
		return ACCESS_NOT_FROM_THERE;
	all = admits_all(sender, &address);
	if (!all && !admits(sender, &address))
		return ACCESS_NOT_FROM_THERE;
	if (!all && is_lent(sender, request, &address))
		return ACCESS_NOT_BY_PROXY;
	if (!cors_may_publish(sender->config, request))
		return ACCESS_NOT_THAT_PAGE;
	if (!all && !is_known(sender, request))
		return ACCESS_NOT_THAT_NAME;
	return ACCESS_YES;
}
