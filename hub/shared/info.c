/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "hub/shared/info.h"

#include <stdint.h>

#include "lib/text.h"

enum { MAJOR = 6, MINOR = 2 }; /* the oldest version */

static struct span take_line(struct span *info)
{
	const char *end = memchr(info->at, '\n', info->len);
	struct span line = span(
		info->at, end == NULL ? info->len : (size_t)(end - info->at));

	*info = end == NULL ? span(NULL, 0)
			    : span(end + 1, info->len - line.len - 1);
	if (line.len > 0 && line.at[line.len - 1] == '\r')
		line.len--;
	return line;
}

struct span info_find(struct span info, const char *name)
{
	size_t len = strlen(name);

	while (info.len > 0) {
		struct span line = take_line(&info);

		if (line.len > len && line.at[len] == ':' &&
			memcmp(line.at, name, len) == 0)
			return span(line.at + len + 1, line.len - len - 1);
	}
	return span(NULL, 0);
}

/* The number that a version, or what is left of it, begins with. */
static uint64_t take_number(struct span *version)
{
	uint64_t number = 0;

	while (version->len > 0 && *version->at >= '0' && *version->at <= '9' &&
		number < 100000) {
		number = number * 10 + (uint64_t)(*version->at - '0');
		*version = span(version->at + 1, version->len - 1);
	}
	if (version->len > 0)
		*version = span(version->at + 1, version->len - 1);
	return number;
}

static bool is_too_old(struct span version)
{
	uint64_t major = take_number(&version);

	return major < MAJOR ||
	       (major == MAJOR && take_number(&version) < MINOR);
}

bool info_evicts(struct span info, struct buf *why)
{
	struct span policy = info_find(info, "maxmemory_policy");

	if (policy.len == 0 || span_is(policy, "noeviction"))
		return false;
	buf_printf(why,
		"its maxmemory-policy is %.*s, which may remove what is "
		"ours: it has to be noeviction",
		(int)policy.len, policy.at);
	return true;
}

bool info_is_unfit(struct span info, struct buf *why)
{
	struct span version = info_find(info, "redis_version");

	if (is_too_old(version)) {
		buf_printf(why,
			"it is version %.*s, and 6.2 is the oldest "
			"that will do",
			(int)version.len, version.at);
		return true;
	}
	if (span_is(info_find(info, "redis_mode"), "cluster")) {
		buf_add_text(
			why, "it is part of a cluster, which is not followed");
		return true;
	}
	if (span_is(info_find(info, "loading"), "1")) {
		buf_add_text(why, "it is still reading its data");
		return true;
	}
	return info_evicts(info, why);
}

bool info_lacks_aof(struct span info)
{
	return span_is(info_find(info, "aof_enabled"), "0");
}
