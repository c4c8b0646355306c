/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "fcgi/stream/deflater.h"

#include <string.h>

#include "lib/module.h"

#define NAME "tidings-deflate.so"

/* The module of another version would do something else. */
static bool is_ours(const struct deflater *deflater)
{
	return deflater->size == sizeof(*deflater) &&
	       strcmp(deflater->version, PACKAGE_VERSION) == 0;
}

const struct deflater *deflater_open(struct buf *fault)
{
	const struct deflater *deflater =
		module_open(NAME, "tidings_deflater", fault);

	if (deflater == NULL || is_ours(deflater))
		return deflater;
	buf_add_text(fault, NAME " is of another version");
	return NULL;
}
