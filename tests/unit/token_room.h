/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_TESTS_UNIT_TOKEN_ROOM_H
#define TIDINGS_TESTS_UNIT_TOKEN_ROOM_H
/*
 * token_room - tokens made as one likes, and a keyring that is asked for them
 *
 * Needs libcrypto's room.  The secret of most of them is `secret_text`.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fcgi/guard/keyring.h"
#include "fcgi/guard/rights.h"
#include "lib/buf.h"
#include "lib/crypto/base64url.h"
#include "lib/crypto/crypto.h"
#include "tests/unit/config_room.h"

static const char secret_text[] = "0123456789abcdef0123456789abcdef";

#define NOW_S  1700000000ull
#define NOW_MS (NOW_S * 1000)

/* Appends the token of those parts, signed by `key`. */
static inline void add_token(struct buf *out, struct span header,
	struct span payload, const struct crypto_key *key,
	enum algorithm algorithm)
{
	uint8_t signature[CRYPTO_SIGNATURE];
	size_t begin = out->len, len;

	base64url_encode(out, header);
	buf_add_char(out, '.');
	base64url_encode(out, payload);
	len = tidings_crypto.sign(key, algorithm,
		span(out->at + begin, out->len - begin), signature);
	assert_true(len > 0);
	buf_add_char(out, '.');
	base64url_encode(out, span(signature, len));
}

/* HS256 with secret_text. */
static inline void add_hs256(
	struct buf *out, const char *header, struct span payload)
{
	struct crypto_key *key = tidings_crypto.secret(span_of(secret_text));

	add_token(out, span_of(header), payload, key, ALGORITHM_HS256);
	tidings_crypto.free(key);
}

/* A folder with a file of keys, and a keyring for it. */
struct token_room {
	char folder[64];
	char file[96];
	struct config config;
	struct keyring *keyring;
};

static inline void room_write(struct token_room *room, struct span keys)
{
	char fresh[112];
	int fd;

	snprintf(fresh, sizeof(fresh), "%s.new", room->file);
	fd = open(fresh, O_CREAT | O_TRUNC | O_WRONLY, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, keys.at, keys.len), keys.len);
	close(fd);
	assert_int_equal(rename(fresh, room->file), 0);
}

/* `section` follows the line with the file's name. */
static inline void room_open(
	struct token_room *room, struct span keys, const char *section)
{
	struct buf text = {0};

	crypto_use(&tidings_crypto);
	strcpy(room->folder, "/tmp/tidings_keys.XXXXXX");
	assert_non_null(mkdtemp(room->folder));
	snprintf(room->file, sizeof(room->file), "%s/k", room->folder);
	room_write(room, keys);
	buf_printf(&text, "[keys test]\nfile = %s\n%s", room->file, section);
	buf_add_char(&text, '\0');
	must_load(&room->config, text.at);
	buf_release(&text);
	room->keyring = keyring_new(&room->config, NULL);
	assert_non_null(room->keyring);
}

static inline void room_close(struct token_room *room)
{
	keyring_free(room->keyring);
	config_release(&room->config);
	unlink(room->file);
	rmdir(room->folder);
}

#endif
