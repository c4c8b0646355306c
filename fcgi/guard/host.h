/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_FCGI_GUARD_HOST_H
#define TIDINGS_FCGI_GUARD_HOST_H
/*
 * host - is it this site that was asked for?
 *
 * A foreign page whose name is made to point at our address asks us as its own
 * site (DNS rebinding): no check of Origin tells it from ours, but the name in
 * Host does.  Pure.
 */
#include <stdbool.h>

struct config;
struct request;

/* Can nobody have pointed the name of the request's page at us?  It cannot be
 * done to `localhost`, to an address, and to what `hosts` has.  True without a
 * page. */
bool host_is_certain(
	const struct config *config, const struct request *request);

/* Likewise the name in Host, whoever asks. */
bool host_is_fixed(const struct config *config, const struct request *request);
/* Is it this machine's own: `localhost`, 127.0.0.1 or [::1], whatever the port?
 */
bool host_is_local(const char *host);

/* Is Host one of the configuration's `hosts`, whatever its port?  Any is if
 * there are none. */
bool host_is_ours(const struct config *config, const struct request *request);

#endif
