/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "lib/path.h"

#include <string.h>

#include "lib/buf.h"

const char *path_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash == NULL ? path : slash + 1;
}

char *path_folder(const char *path)
{
	size_t len = (size_t)(path_name(path) - path);

	return mem_text(len == 0 ? span_of(".") : span(path, len));
}
