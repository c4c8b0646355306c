/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "fcgi/guard/own_page.h"

#include <stdbool.h>
#include <string.h>

#include "fcgi/guard/address.h"
#include "fcgi/guard/host.h"
#include "fcgi/guard/proxied.h"
#include "fcgi/http/request.h"

static bool is_local(const struct request *request)
{
	struct address address;

	return address_read(request->address, &address) &&
	       address_is_loopback(&address) && !proxied_is(request) &&
	       host_is_local(request->host);
}

/* A page of another name came through a proxy that does not say so. */
static bool is_elsewhere(const struct request *request)
{
	const char *host = strstr(request->origin, "://");

	return host != NULL && !host_is_local(host + 3);
}

/* Browsers that do not say Sec-Fetch-Site say Origin or Referer. */
static bool is_of_no_page(const struct request *request)
{
	return request->fetch_site[0] == '\0' && request->origin[0] == '\0' &&
	       request->referer[0] == '\0';
}

enum asker own_page_asks(const struct request *request)
{
	if (!is_local(request) || is_elsewhere(request))
		return ASKER_FOREIGN;
	if (strcmp(request->fetch_site, "same-origin") == 0)
		return ASKER_PAGE;
	return is_of_no_page(request) ? ASKER_PROGRAM : ASKER_FOREIGN;
}
