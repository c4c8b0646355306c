/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "lib/crypto/crypto.h"

#include <string.h>

#include "lib/module.h"

#define NAME "tidings-crypto.so"

static const struct crypto *in_use;

void crypto_use(const struct crypto *crypto)
{
	in_use = crypto;
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
	struct buf why = {0};

	if (in_use != NULL)
		return in_use;
	crypto = module_open(NAME, "tidings_crypto", &why);
	if (crypto == NULL)
		buf_printf(fault, "cannot open libcrypto: %.*s", (int)why.len,
			why.at);
	else if (!is_ours(crypto))
		buf_add_text(fault, NAME " is of another version");
	else
		in_use = crypto;
	buf_release(&why);
	return in_use;
}
