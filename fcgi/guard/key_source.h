/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_FCGI_GUARD_KEY_SOURCE_H
#define TIDINGS_FCGI_GUARD_KEY_SOURCE_H
/*
 * key_source - the file of a section [keys NAME], and the keys in it
 *
 * Looked at again and again: what is in it now, or was in it when it was last
 * good.
 */
#include <stdbool.h>
#include <sys/stat.h>

#include "lib/buf.h"
#include "lib/crypto/key.h"

struct config_keys;

struct key_source {
	const struct config_keys *config; /* borrowed */
	const struct crypto *crypto;
	unsigned algorithms;
	struct keys keys;
	struct stat seen; /* the file as it was when it was read; all zero: it
			     was not there */
	bool looked;
	bool bad; /* as it was when it was read */
};

enum key_source_look {
	KEY_SOURCE_SAME, /* as it was, good or bad */
	KEY_SOURCE_NEW,	 /* other keys: those that went are gone (key.h) */
	KEY_SOURCE_BAD,	 /* it has become bad, and the keys stay */
};

void key_source_init(struct key_source *source,
	const struct config_keys *config, const struct crypto *crypto);
void key_source_release(struct key_source *source);

/* At KEY_SOURCE_BAD `fault` has a sentence without the file's name. */
enum key_source_look key_source_look(
	struct key_source *source, struct buf *fault);

/* The first of its keys of which that is true, or NULL. */
struct key *key_source_find(const struct key_source *source,
	bool (*is_it)(const void *arg, const struct key *key), const void *arg);

#endif
