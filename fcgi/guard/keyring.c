/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "fcgi/guard/keyring.h"

#include <stdlib.h>

#include "fcgi/guard/jws.h"
#include "fcgi/guard/key_source.h"
#include "fcgi/guard/rights.h"
#include "fcgi/guard/token_cache.h"
#include "fcgi/guard/trial.h"
#include "fcgi/lines.h"
#include "lib/config/config.h"
#include "lib/crypto/crypto.h"
#include "lib/log.h"
#include "lib/timer.h"

enum { LOOK_US = 1000000 };

struct keyring {
	const struct config *config;
	const struct crypto *crypto; /* NULL = not opened yet */
	bool crypto_failed;	     /* and said so */
	struct key_source *sources;  /* NULL = not read yet */
	struct token_cache *cache;
	struct jws jws; /* the token that is read */
	void (*gone)(void *arg);
	void *gone_arg;
	struct timers *timers; /* NULL = not watched */
	struct timer look;
};

/* ---- libcrypto */

static bool open_crypto(struct keyring *keyring, struct buf *fault)
{
	if (keyring->crypto == NULL)
		keyring->crypto = crypto_open(fault);
	return keyring->crypto != NULL;
}

/* The same, and says why not, once. */
static bool have_crypto(struct keyring *keyring)
{
	struct buf fault = {0};
	bool good = open_crypto(keyring, &fault);

	if (!good && !keyring->crypto_failed)
		log_warnx(LINE_KEYS_LIBRARY, (int)fault.len, fault.at);
	keyring->crypto_failed = !good;
	buf_release(&fault);
	return good;
}

bool keyring_digest(
	struct keyring *keyring, struct span text, uint8_t digest[DIGEST_BYTES])
{
	if (!have_crypto(keyring))
		return false;
	keyring->crypto->sha256(text, digest);
	return true;
}

const struct crypto *keyring_crypto(struct keyring *keyring)
{
	return have_crypto(keyring) ? keyring->crypto : NULL;
}

/* ---- the files */

static void make_sources(struct keyring *keyring)
{
	const struct config *config = keyring->config;

	keyring->sources =
		mem_new(config->keys_count * sizeof(*keyring->sources));
	for (size_t i = 0; i < config->keys_count; i++)
		key_source_init(&keyring->sources[i], &config->keys[i],
			keyring->crypto);
	keyring->cache = token_cache_new();
}

static void say_bad(const struct key_source *source, const struct buf *fault)
{
	log_warnx(source->keys.count > 0 ? LINE_KEYS_OLD_STAY : LINE_KEYS_NONE,
		source->config->file, (int)fault->len, fault->at);
}

/* Returns whether keys have gone. */
static bool look_at(struct key_source *source)
{
	struct buf fault = {0};
	bool first = !source->looked, new = false;

	switch (key_source_look(source, &fault)) {
	case KEY_SOURCE_NEW:
		if (!first)
			log_info(LINE_KEYS_READ, source->config->file,
				source->keys.count);
		new = !first;
		break;
	case KEY_SOURCE_BAD:
		say_bad(source, &fault);
		break;
	case KEY_SOURCE_SAME:
		break;
	}
	buf_release(&fault);
	return new;
}

void keyring_look(struct keyring *keyring)
{
	bool new = false;

	if (keyring->config->keys_count == 0 || !have_crypto(keyring))
		return;
	if (keyring->sources == NULL)
		make_sources(keyring);
	for (size_t i = 0; i < keyring->config->keys_count; i++)
		new |= look_at(&keyring->sources[i]);
	if (!new)
		return;
	token_cache_clear(keyring->cache);
	if (keyring->gone != NULL)
		keyring->gone(keyring->gone_arg);
}

uint32_t keyring_bad_files(const struct keyring *keyring)
{
	uint32_t count = 0;

	if (keyring->sources == NULL)
		return 0;
	for (size_t i = 0; i < keyring->config->keys_count; i++)
		count += keyring->sources[i].bad;
	return count;
}

static void on_look(void *arg)
{
	keyring_look(arg);
}

void keyring_watch(struct keyring *keyring, struct timers *timers)
{
	if (keyring->config->keys_count == 0)
		return;
	keyring->timers = timers;
	keyring_look(keyring);
	timer_set(timers, &keyring->look, LOOK_US, LOOK_US);
}

void keyring_on_gone(
	struct keyring *keyring, void (*gone)(void *arg), void *arg)
{
	keyring->gone = gone;
	keyring->gone_arg = arg;
}

/* ---- making */

static bool is_good(struct keyring *keyring, struct buf *fault)
{
	struct buf why = {0};
	bool good = true;

	if (keyring->config->keys_count == 0)
		return true;
	if (!open_crypto(keyring, fault))
		return false;
	make_sources(keyring);
	for (size_t i = 0; good && i < keyring->config->keys_count; i++) {
		good = key_source_look(&keyring->sources[i], &why) ==
		       KEY_SOURCE_NEW;
		if (!good)
			buf_printf(fault, "[keys %s] file: %s: %.*s",
				keyring->config->keys[i].name,
				keyring->config->keys[i].file, (int)why.len,
				why.at);
	}
	buf_release(&why);
	return good;
}

struct keyring *keyring_new(const struct config *config, struct buf *fault)
{
	struct keyring *keyring = mem_new(sizeof(*keyring));

	keyring->config = config;
	timer_init(&keyring->look, on_look, keyring);
	if (fault == NULL || is_good(keyring, fault))
		return keyring;
	keyring_free(keyring);
	return NULL;
}

void keyring_free(struct keyring *keyring)
{
	if (keyring == NULL)
		return;
	if (keyring->timers != NULL)
		timer_stop(keyring->timers, &keyring->look);
	for (size_t i = 0;
		keyring->sources != NULL && i < keyring->config->keys_count;
		i++)
		key_source_release(&keyring->sources[i]);
	token_cache_free(keyring->cache);
	jws_release(&keyring->jws);
	free(keyring->sources);
	free(keyring);
}

bool keyring_is_used(const struct keyring *keyring)
{
	return keyring->config->keys_count > 0;
}

struct key *keyring_find(struct keyring *keyring,
	bool (*is_it)(const void *arg, const struct key *key), const void *arg)
{
	struct key *key = NULL;

	if (keyring->sources == NULL)
		keyring_look(keyring);
	if (keyring->sources == NULL)
		return NULL;
	for (size_t i = 0; key == NULL && i < keyring->config->keys_count; i++)
		key = key_source_find(&keyring->sources[i], is_it, arg);
	return key;
}

bool key_is_gone(const struct key *key)
{
	return key->gone;
}

/* ---- tokens */

enum token_word keyring_recall(struct keyring *keyring, struct span token,
	uint64_t now_ms, struct rights **rights)
{
	uint8_t digest[CRYPTO_DIGEST];

	*rights = NULL;
	if (keyring->sources == NULL)
		return TOKEN_NEW;
	keyring->crypto->sha256(token, digest);
	*rights = token_cache_find(keyring->cache, digest, now_ms);
	if (*rights != NULL)
		return TOKEN_GOOD;
	return token_cache_refuses(keyring->cache, digest, now_ms) ? TOKEN_BAD
								   : TOKEN_NEW;
}

static struct rights *try_keys(struct keyring *keyring, struct span token,
	uint64_t now_ms, const char **fault)
{
	*fault = jws_read(&keyring->jws, token);
	if (*fault != NULL)
		return NULL;
	return trial_of(&keyring->jws, keyring->sources,
		keyring->config->keys_count, now_ms, fault);
}

static struct rights *verify(struct keyring *keyring, struct span token,
	uint64_t now_ms, const char **fault)
{
	uint8_t digest[CRYPTO_DIGEST];
	struct rights *rights;

	keyring->crypto->sha256(token, digest);
	rights = token_cache_find(keyring->cache, digest, now_ms);
	if (rights != NULL)
		return rights;
	rights = try_keys(keyring, token, now_ms, fault);
	if (rights != NULL)
		token_cache_add(keyring->cache, digest, rights);
	else
		token_cache_refuse(keyring->cache, digest, now_ms);
	return rights;
}

struct rights *keyring_verify(
	struct keyring *keyring, struct span token, uint64_t now_ms)
{
	const char *fault = "there are no keys";
	struct rights *rights = NULL;

	if (keyring->sources == NULL)
		keyring_look(keyring);
	if (token.len > TOKEN_MAX)
		fault = "it is longer than 8,192 bytes";
	else if (keyring->sources != NULL)
		rights = verify(keyring, token, now_ms, &fault);
	if (rights == NULL)
		log_debug(LINE_TOKEN_REFUSED, fault);
	return rights;
}
