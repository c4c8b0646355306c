/* SPDX-License-Identifier: MIT */
/*
 * redis_open - opens the module with hiredis in it (redis.h)
 */
#include <config.h>

#include "hub/shared/redis.h"
#include "lib/buf.h"
#include "lib/module.h"

#define NAME "tidings-redis.so"

/* The module of another version would do something else. */
static bool is_ours(const struct redis *redis)
{
	return redis->size == sizeof(*redis) &&
	       strcmp(redis->version, PACKAGE_VERSION) == 0;
}

const struct redis *redis_open(struct buf *fault)
{
	const struct redis *redis = NULL;
	struct buf why = {0};

	redis = module_open(NAME, "tidings_redis", &why);
	if (redis == NULL) {
		buf_printf(fault, "cannot open hiredis: %.*s", (int)why.len,
			why.at);
	} else if (!is_ours(redis)) {
		buf_add_text(fault, NAME " is of another version");
		redis = NULL;
	}
	buf_release(&why);
	return redis;
}
