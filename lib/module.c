/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "lib/module.h"

#include <dlfcn.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void find(char path[PATH_MAX], const char *name)
{
	ssize_t len = readlink("/proc/self/exe", path, PATH_MAX - 1);
	char *own;

	path[len < 0 ? 0 : len] = '\0';
	own = strrchr(path, '/');
	if (own != NULL && own + 1 + strlen(name) < path + PATH_MAX) {
		memcpy(own + 1, name, strlen(name) + 1);
		if (access(path, R_OK) == 0)
			return;
	}
	snprintf(path, PATH_MAX, MODULEDIR "/%s", name);
}

const void *module_open(const char *name, const char *symbol, struct buf *fault)
{
	char path[PATH_MAX];
	void *module;
	const void *found;
	const char *why;

	find(path, name);
	module = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	found = module == NULL ? NULL : dlsym(module, symbol);
	if (found == NULL) {
		why = dlerror();
		buf_add_text(fault, why != NULL ? why : "it is empty");
	}
	return found;
}
