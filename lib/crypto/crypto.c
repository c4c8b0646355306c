/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "lib/crypto/crypto.h"

#include <dlfcn.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#define NAME   "tidings-crypto.so"
#define SYMBOL "tidings_crypto"

static const struct crypto *in_use;

void crypto_use(const struct crypto *crypto)
{
	in_use = crypto;
}

/* The one beside the program, if it was not installed, else the installed
 * one. */
static void find(char path[PATH_MAX])
{
	ssize_t len = readlink("/proc/self/exe", path, PATH_MAX - 1);
	char *name;

	path[len < 0 ? 0 : len] = '\0';
	name = strrchr(path, '/');
	if (name != NULL && name + 1 + sizeof(NAME) <= path + PATH_MAX) {
		memcpy(name + 1, NAME, sizeof(NAME));
		if (access(path, R_OK) == 0)
			return;
	}
	memcpy(path, MODULEDIR "/" NAME, sizeof(MODULEDIR "/" NAME));
}

/* The module of another version would do something else. */
static bool is_ours(const struct crypto *crypto)
{
	return crypto->size == sizeof(*crypto) &&
	       strcmp(crypto->version, PACKAGE_VERSION) == 0;
}

const struct crypto *crypto_open(struct buf *fault)
{
	const struct crypto *crypto;
	char path[PATH_MAX];
	void *module;

	if (in_use != NULL)
		return in_use;
	find(path);
	module = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	crypto = module == NULL ? NULL : dlsym(module, SYMBOL);
	if (crypto == NULL)
		buf_printf(fault, "cannot open libcrypto: %s", dlerror());
	else if (!is_ours(crypto))
		buf_printf(fault, "%s is of another version", path);
	else
		in_use = crypto;
	return in_use;
}
