/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "fcgi/guard/address.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NETWORK = 8 }; /* bytes of an IPv6 address that name a household */

static const unsigned char mapped[12] = {[10] = 0xff, [11] = 0xff};

static bool is_ipv6(const char *text)
{
	return strchr(text, ':') != NULL;
}

bool address_read(const char *text, struct address *address)
{
	unsigned char *bytes = address->bytes;

	if (is_ipv6(text))
		return inet_pton(AF_INET6, text, bytes) == 1;
	memcpy(bytes, mapped, sizeof(mapped));
	return inet_pton(AF_INET, text, bytes + sizeof(mapped)) == 1;
}

static bool is_mapped(const struct address *address)
{
	return memcmp(address->bytes, mapped, sizeof(mapped)) == 0;
}

bool address_is_loopback(const struct address *address)
{
	static const unsigned char one[16] = {[15] = 1};

	return memcmp(address->bytes, one, sizeof(one)) == 0 ||
	       (is_mapped(address) && address->bytes[sizeof(mapped)] == 127);
}

bool prefix_read(const char *text, struct prefix *prefix)
{
	char address[INET6_ADDRSTRLEN];
	const char *slash = strchr(text, '/');
	size_t len = slash == NULL ? strlen(text) : (size_t)(slash - text);

	if (len >= sizeof(address))
		return false;
	memcpy(address, text, len);
	address[len] = '\0';
	if (!address_read(address, &prefix->address))
		return false;
	prefix->bits = 128;
	if (slash != NULL)
		prefix->bits = (is_ipv6(address) ? 0 : 128 - 32) +
			       (unsigned)strtoul(slash + 1, NULL, 10);
	return prefix->bits <= 128;
}

bool prefix_covers(const struct prefix *prefix, const struct address *address)
{
	const unsigned char *own = prefix->address.bytes;
	size_t bytes = prefix->bits / 8;
	unsigned rest = prefix->bits % 8;
	unsigned mask = 0xff00u >> rest & 0xff;

	if (memcmp(own, address->bytes, bytes) != 0)
		return false;
	return rest == 0 ||
	       (own[bytes] & mask) == (address->bytes[bytes] & mask);
}

bool prefix_is_all(const struct prefix *prefix)
{
	return prefix->bits == 0 ||
	       (prefix->bits == 128 - 32 && is_mapped(&prefix->address));
}

struct client_name client_name_of(const char *address)
{
	struct client_name name;
	struct address binary;

	if (!address_read(address, &binary)) {
		snprintf(name.text, sizeof(name.text), "%s", address);
		return name;
	}
	if (is_mapped(&binary)) {
		inet_ntop(AF_INET, binary.bytes + sizeof(mapped), name.text,
			sizeof(name.text));
		return name;
	}
	memset(binary.bytes + NETWORK, 0, sizeof(binary.bytes) - NETWORK);
	inet_ntop(AF_INET6, binary.bytes, name.text, sizeof(name.text));
	return name;
}
