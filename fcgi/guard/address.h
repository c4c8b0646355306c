/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_FCGI_GUARD_ADDRESS_H
#define TIDINGS_FCGI_GUARD_ADDRESS_H
/*
 * address - what REMOTE_ADDR says: is it in a prefix, and whose is it?  Pure.
 */
#include <arpa/inet.h>
#include <stdbool.h>

/* IPv4 as ::ffff:a.b.c.d. */
struct address {
	unsigned char bytes[16];
};

struct prefix {
	struct address address;
	unsigned bits;
};

/* False if `text` is anything else. */
bool address_read(const char *text, struct address *address);
/* Is it one of this machine's own, 127.0.0.0/8 or ::1? */
bool address_is_loopback(const struct address *address);

/* "10.0.0.0/8", "::1"; what lib/config let through is well-formed. */
bool prefix_read(const char *text, struct prefix *prefix);
bool prefix_covers(const struct prefix *prefix, const struct address *address);
/* Does it cover all addresses of IPv4, or all there are? */
bool prefix_is_all(const struct prefix *prefix);

/* The one to whom limits per address apply, as text: an IPv4 address itself
 * (also ::ffff:a.b.c.d), the first 64 bits of one of IPv6, since whoever has
 * one of those has all 2^64 of them.  Anything else as it is, cut off. */
struct client_name {
	char text[INET6_ADDRSTRLEN];
};
struct client_name client_name_of(const char *address);

#endif
