/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "fcgi/guard/address.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NETWORK = 8 }; /* bytes of an IPv6 address that name a household */

static const unsigned char mapped[12] = {[10] = 0xff, [11] = 0xff};

static bool read_address(
	const char *text, unsigned char address[16], unsigned *bits)
{
	if (inet_pton(AF_INET6, text, address) == 1) {
		*bits = 128;
		return true;
	}
	memcpy(address, mapped, sizeof(mapped));
	*bits = 32;
	return inet_pton(AF_INET, text, address + 12) == 1;
}

bool prefix_read(const char *text, struct prefix *prefix)
{
	char address[INET6_ADDRSTRLEN];
	const char *slash = strchr(text, '/');
	size_t len = slash == NULL ? strlen(text) : (size_t)(slash - text);
	unsigned width;

	if (len >= sizeof(address))
		return false;
	memcpy(address, text, len);
	address[len] = '\0';
	if (!read_address(address, prefix->address, &width))
		return false;
	prefix->bits = 128;
	if (slash != NULL)
		prefix->bits =
			128 - width + (unsigned)strtoul(slash + 1, NULL, 10);
	return prefix->bits <= 128;
}

bool prefix_covers(const struct prefix *prefix, const char *address)
{
	size_t bytes = prefix->bits / 8;
	unsigned rest = prefix->bits % 8;
	unsigned mask = 0xff00u >> rest & 0xff;
	unsigned char binary[16];
	unsigned width;

	if (!read_address(address, binary, &width) ||
		memcmp(prefix->address, binary, bytes) != 0)
		return false;
	return rest == 0 ||
	       (prefix->address[bytes] & mask) == (binary[bytes] & mask);
}

bool prefix_is_all(const struct prefix *prefix)
{
	return prefix->bits == 0 ||
	       (prefix->bits == 128 - 32 &&
		       memcmp(prefix->address, mapped, sizeof(mapped)) == 0);
}

bool address_is_loopback(const char *address)
{
	static const unsigned char one[16] = {[15] = 1};
	unsigned char binary[16];
	unsigned width;

	if (!read_address(address, binary, &width))
		return false;
	return memcmp(binary, one, sizeof(one)) == 0 ||
	       (memcmp(binary, mapped, sizeof(mapped)) == 0 &&
		       binary[sizeof(mapped)] == 127);
}

bool address_is(const char *text)
{
	unsigned char binary[16];
	unsigned width;

	return read_address(text, binary, &width);
}

struct client_name client_name_of(const char *address)
{
	struct client_name name;
	unsigned char binary[16];
	unsigned width;

	if (!read_address(address, binary, &width)) {
		snprintf(name.text, sizeof(name.text), "%s", address);
		return name;
	}
	if (memcmp(binary, mapped, sizeof(mapped)) == 0) {
		inet_ntop(AF_INET, binary + 12, name.text, sizeof(name.text));
		return name;
	}
	memset(binary + NETWORK, 0, sizeof(binary) - NETWORK);
	inet_ntop(AF_INET6, binary, name.text, sizeof(name.text));
	return name;
}
