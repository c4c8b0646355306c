/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "fcgi/guard/trial.h"

#include "fcgi/guard/claims.h"
#include "fcgi/guard/jws.h"
#include "fcgi/guard/key_source.h"
#include "fcgi/guard/rights.h"
#include "lib/config/config.h"

struct trial {
	const struct jws *jws;
	uint64_t now_ms;
	unsigned tries;
	const char *fault; /* of the key that came farthest */
	struct rights *rights;
};

static void try_key(
	struct trial *trial, const struct config_keys *section, struct key *key)
{
	struct rights *rights;
	const char *fault;

	if (!jws_may_be_by(trial->jws, key) || trial->tries == TRIAL_KEYS)
		return;
	trial->tries++;
	if (!jws_is_by(trial->jws, key))
		return;
	fault = claims_read(buf_span(&trial->jws->payload), section,
		trial->now_ms, &rights);
	if (fault != NULL) {
		trial->fault = fault;
		return;
	}
	rights->key = key_hold(key);
	trial->rights = rights;
}

static void try_source(struct trial *trial, const struct key_source *source)
{
	if (source->config->oauth && !trial->jws->access_token)
		return;
	for (size_t i = 0; trial->rights == NULL && i < source->keys.count; i++)
		try_key(trial, source->config, source->keys.at[i]);
}

struct rights *trial_of(const struct jws *jws, const struct key_source *sources,
	size_t count, uint64_t now_ms, const char **fault)
{
	struct trial trial = {
		.jws = jws,
		.now_ms = now_ms,
		.fault = "none of the keys has signed it",
	};

	for (size_t i = 0; trial.rights == NULL && i < count; i++)
		try_source(&trial, &sources[i]);
	if (trial.tries == 0)
		trial.fault = "there is no key of its kid, for its alg and typ";
	*fault = trial.fault;
	return trial.rights;
}
