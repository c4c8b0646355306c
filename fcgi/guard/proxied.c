/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "fcgi/guard/proxied.h"

#include <string.h>
#include <strings.h>

#include "fcgi/guard/address.h"
#include "fcgi/http/request.h"
#include "lib/span.h"

struct asked {
	bool (*known)(const void *arg, const struct address *address);
	const void *arg;
};

bool proxied_is(const struct request *request)
{
	return request->forwarded[0] != '\0' ||
	       request->forwarded_for[0] != '\0' ||
	       request->real_ip[0] != '\0' || request->via[0] != '\0';
}

static struct span trimmed(struct span text)
{
	while (text.len > 0 && strchr(" \t\"", text.at[0]) != NULL)
		text = span(text.at + 1, text.len - 1);
	while (text.len > 0 && strchr(" \t\"", text.at[text.len - 1]) != NULL)
		text.len--;
	return text;
}

/* "[2001:db8::1]:80" -> "2001:db8::1", "192.0.2.1:80" -> "192.0.2.1". */
static struct span without_port(struct span node)
{
	const char *colon = memchr(node.at, ':', node.len);
	const char *end = memchr(node.at, ']', node.len);

	if (node.len > 0 && node.at[0] == '[' && end != NULL)
		return span(node.at + 1, (size_t)(end - node.at) - 1);
	if (colon != NULL &&
		memchr(colon + 1, ':',
			node.len - 1 - (size_t)(colon - node.at)) == NULL)
		node.len = (size_t)(colon - node.at);
	return node;
}

static bool node_is_known(const struct asked *asked, struct span node)
{
	char name[INET6_ADDRSTRLEN];
	struct address address;
	struct span text = trimmed(node);

	text = text.len == 0 ? text : without_port(text);
	if (text.len == 0 || text.len >= sizeof(name))
		return false;
	memcpy(name, text.at, text.len);
	name[text.len] = '\0';
	return address_read(name, &address) &&
	       asked->known(asked->arg, &address);
}

/* Takes what is before the next `mark` off `rest`, and the mark. */
static struct span take(struct span *rest, char mark)
{
	const char *end = memchr(rest->at, mark, rest->len);
	struct span part = *rest;

	if (end != NULL)
		part.len = (size_t)(end - part.at);
	*rest = end == NULL ? span(rest->at, 0)
			    : span(end + 1, rest->len - part.len - 1);
	return part;
}

static bool list_is_known(const struct asked *asked, const char *list)
{
	struct span rest = span_of(list);

	while (rest.len > 0)
		if (!node_is_known(asked, take(&rest, ',')))
			return false;
	return true;
}

/* One proxy's part of Forwarded: "for=192.0.2.1;proto=https". */
static bool element_is_known(const struct asked *asked, struct span element)
{
	while (element.len > 0) {
		struct span pair = trimmed(take(&element, ';'));

		if (pair.len > 4 && strncasecmp(pair.at, "for=", 4) == 0)
			return node_is_known(
				asked, span(pair.at + 4, pair.len - 4));
	}
	return false;
}

static bool forwarded_is_known(const struct asked *asked, const char *list)
{
	struct span rest = span_of(list);

	while (rest.len > 0)
		if (!element_is_known(asked, take(&rest, ',')))
			return false;
	return true;
}

bool proxied_only_for(const struct request *request,
	bool (*known)(const void *arg, const struct address *address),
	const void *arg)
{
	const struct asked asked = {known, arg};

	return list_is_known(&asked, request->forwarded_for) &&
	       list_is_known(&asked, request->real_ip) &&
	       forwarded_is_known(&asked, request->forwarded);
}
