/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_FCGI_GUARD_PROXIED_H
#define TIDINGS_FCGI_GUARD_PROXIED_H
/*
 * proxied - did a proxy pass this on, and for whom?
 *
 * What a proxy passes on comes from its own address, unless the web server
 * knows it and asks it for the true one.  Most proxies say what they do:
 * Forwarded (RFC 7239), X-Forwarded-For, X-Real-IP, Via.  Whoever asks us can
 * write these headers too, so they may take rights away and never give any.
 * Pure.
 */
#include <stdbool.h>

struct address;
struct request;

bool proxied_is(const struct request *request);

/* Is it `known` of each address that these headers name?  What cannot be read
 * as an address is not. */
bool proxied_only_for(const struct request *request,
	bool (*known)(const void *arg, const struct address *address),
	const void *arg);

#endif
