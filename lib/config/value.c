/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "lib/config/value.h"

#include <arpa/inet.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/span.h"
#include "lib/text.h"

enum { BASE_MAX = 200, VALUE_SOCKET_MAX = 107 };

const struct value_unit value_plain[] = {{"", 1}, {NULL, 0}};
const struct value_unit value_bytes[] = {
	{"", 1}, {"K", 1 << 10}, {"M", 1 << 20}, {"G", 1 << 30}, {NULL, 0}};
const struct value_unit value_times[] = {{"ms", 1}, {"s", 1000}, {"m", 60000},
	{"h", 3600000}, {"d", 86400000}, {NULL, 0}};

bool value_amount(
	const char *text, const struct value_unit *units, uint64_t *amount)
{
	size_t digits = strspn(text, "0123456789");
	uint64_t number;

	if (!text_to_u64(span(text, digits), &number))
		return false;
	if (number == 0 && text[digits] == '\0') {
		*amount = 0;
		return true;
	}
	while (units->name != NULL && strcmp(units->name, text + digits) != 0)
		units++;
	if (units->name == NULL || number > UINT64_MAX / units->factor)
		return false;
	*amount = number * units->factor;
	return true;
}

void value_amount_text(
	char *out, size_t size, uint64_t amount, const struct value_unit *units)
{
	const struct value_unit *best = units;

	for (; units->name != NULL; units++)
		if (amount % units->factor == 0)
			best = units;
	if (amount == 0)
		snprintf(out, size, "0");
	else
		snprintf(out, size, "%llu%s",
			(unsigned long long)(amount / best->factor),
			best->name);
}

bool value_mode(const char *text, mode_t *mode)
{
	size_t len = strlen(text);

	if (len < 3 || len > 4 || strspn(text, "01234567") != len ||
		(len == 4 && text[0] != '0'))
		return false;
	*mode = (mode_t)strtoul(text, NULL, 8);
	return true;
}

/* -1 means "leave it" or "nobody" to the kernel's calls. */
static bool to_id(const char *text, uint32_t *id)
{
	uint64_t number;

	if (!text_to_u64(span_of(text), &number) || number >= UINT32_MAX)
		return false;
	*id = (uint32_t)number;
	return true;
}

bool value_user(const char *text, uid_t *user)
{
	const struct passwd *found;

	if (to_id(text, user))
		return true;
	found = getpwnam(text);
	if (found != NULL)
		*user = found->pw_uid;
	return found != NULL;
}

bool value_group(const char *text, gid_t *group)
{
	const struct group *found;

	if (to_id(text, group))
		return true;
	found = getgrnam(text);
	if (found != NULL)
		*group = found->gr_gid;
	return found != NULL;
}

bool value_is_prefix(const char *text)
{
	char address[INET6_ADDRSTRLEN];
	unsigned char binary[16];
	size_t len = strcspn(text, "/");
	uint64_t bits = 0;
	bool four;

	if (len >= sizeof(address))
		return false;
	memcpy(address, text, len);
	address[len] = '\0';
	four = inet_pton(AF_INET, address, binary) == 1;
	if (!four && inet_pton(AF_INET6, address, binary) != 1)
		return false;
	if (text[len] == '\0')
		return true;
	return text_to_u64(span_of(text + len + 1), &bits) &&
	       bits <= (four ? 32 : 128);
}

bool value_is_host(const char *text)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789-_.";
	size_t len = strlen(text);
	char address[INET6_ADDRSTRLEN];
	unsigned char binary[16];

	if (text[0] != '[')
		return len > 0 && strspn(text, letters) == len &&
		       text[0] != '.' && text[len - 1] != '.';
	if (len < 3 || len - 2 >= sizeof(address) || text[len - 1] != ']')
		return false;
	memcpy(address, text + 1, len - 2);
	address[len - 2] = '\0';
	return inet_pton(AF_INET6, address, binary) == 1;
}

/* A name that neither a browser nor a web server would change. */
static bool is_plain_name(struct span name)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789-_.~";

	return name.len > 0 && strspn(name.at, letters) >= name.len &&
	       !span_is(name, ".") && !span_is(name, "..");
}

bool value_is_base(const char *text)
{
	bool good = strlen(text) <= BASE_MAX;

	while (good && *text != '\0') {
		size_t len = strcspn(text + 1, "/");

		good = *text == '/' && is_plain_name(span(text + 1, len));
		text += 1 + len;
	}
	return good;
}

bool value_is_origin(const char *text)
{
	const char *host = strstr(text, "://");

	if (strcmp(text, "*") == 0)
		return true;
	if (host == NULL || host == text || host[3] == '\0')
		return false;
	host += 3;
	return strcspn(host, "/?#@*\"\\") == strlen(host);
}

static bool is_address(struct span text, int family)
{
	char address[INET6_ADDRSTRLEN];
	unsigned char bytes[sizeof(struct in6_addr)];

	if (text.len >= sizeof(address))
		return false;
	memcpy(address, text.at, text.len);
	address[text.len] = '\0';
	return inet_pton(family, address, bytes) == 1;
}

bool value_is_server(const char *text)
{
	const char *colon = strrchr(text, ':');
	uint64_t port;

	if (strncmp(text, "unix:", 5) == 0)
		return text[5] == '/' && strlen(text + 5) <= VALUE_SOCKET_MAX;
	if (colon == NULL || !text_to_u64(span_of(colon + 1), &port) ||
		port == 0 || port > 65535)
		return false;
	if (text[0] == '[' && colon - text > 2 && colon[-1] == ']')
		return is_address(
			span(text + 1, (size_t)(colon - text - 2)), AF_INET6);
	return is_address(span(text, (size_t)(colon - text)), AF_INET);
}
