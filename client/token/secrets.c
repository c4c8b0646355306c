/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "client/token/secrets.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "client/option/option.h"
#include "client/token/jwt.h"
#include "lib/crypto/base64url.h"
#include "lib/crypto/crypto.h"

enum {
	API_BYTES = 24, /* random ones in an API token */
	SECRET_MOST = 64,
};

static enum exit_status add_random(struct buf *out, size_t count)
{
	char bytes[SECRET_MOST];

	if (getrandom(bytes, count, 0) != (ssize_t)count)
		return fail_errno(EXIT_FILE, "no random bytes");
	base64url_encode(out, span(bytes, count));
	explicit_bzero(bytes, sizeof(bytes));
	return EXIT_OK;
}

/* ---- an API token */

static void add_list(struct buf *out, const char *option)
{
	struct span item;

	if (!option_item(option, 0, &item))
		return;
	buf_printf(out, "%s =", option);
	for (size_t i = 0; option_item(option, i, &item); i++)
		buf_printf(out, i == 0 ? " %.*s" : "\n %.*s", (int)item.len,
			item.at);
	buf_add_char(out, '\n');
}

static void add_section(struct buf *out, struct span token)
{
	const char *name = option_text("subject");
	uint8_t digest[CRYPTO_DIGEST];

	tidings_crypto.sha256(token, digest);
	buf_printf(
		out, "[access %s]\nwho = token:", name == NULL ? "NAME" : name);
	for (size_t i = 0; i < sizeof(digest); i++)
		buf_printf(out, "%02x", digest[i]);
	buf_add_char(out, '\n');
	add_list(out, "publish");
	add_list(out, "subscribe");
}

enum exit_status secrets_api_token(struct buf *out)
{
	enum exit_status exit_status = jwt_check_list("publish");
	struct buf token = {0};

	if (exit_status == EXIT_OK)
		exit_status = jwt_check_list("subscribe");
	buf_add_span(&token, span_of("tk_"));
	if (exit_status == EXIT_OK)
		exit_status = add_random(&token, API_BYTES);
	if (exit_status == EXIT_OK) {
		buf_add_span(out, buf_span(&token));
		buf_add_span(out, span_of("\n\n"));
		add_section(out, buf_span(&token));
		say("keep the token: tidings.conf has its SHA-256 only. Add "
		    "the lines after it there, and reload");
	}
	buf_release(&token);
	return exit_status;
}

/* ---- a key */

static enum exit_status write_file(const char *path, struct span text)
{
	int fd = open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
	bool written;

	if (fd < 0)
		return fail_errno(EXIT_FILE, "%s", path);
	written = write(fd, text.at, text.len) == (ssize_t)text.len &&
		  fsync(fd) == 0;
	if (close(fd) != 0 || !written)
		return fail_errno(EXIT_FILE, "%s", path);
	return EXIT_OK;
}

static enum exit_status new_secret(
	enum algorithm algorithm, const char *path, struct buf *out)
{
	struct buf text = {0};
	enum exit_status exit_status =
		add_random(&text, algorithm_secret(algorithm));

	buf_add_char(&text, '\n');
	if (exit_status == EXIT_OK)
		exit_status = write_file(path, buf_span(&text));
	if (exit_status == EXIT_OK)
		buf_printf(out, "[keys NAME]\nfile = %s\nalgorithms = %s\n",
			path, algorithm_name(algorithm));
	explicit_bzero(text.at, text.size);
	buf_release(&text);
	return exit_status;
}

/* What verifies goes to the standard output, for a file of its own. */
static enum exit_status new_pair(
	enum algorithm algorithm, const char *path, struct buf *out)
{
	struct crypto_key *key =
		tidings_crypto.generate(algorithm_kind(algorithm));
	char text[CRYPTO_PEM];
	enum exit_status exit_status;
	size_t len =
		key == NULL ? 0 : tidings_crypto.write_pem(key, true, text);

	exit_status = len == 0 ? fail(EXIT_FILE, "no key can be made")
			       : write_file(path, span(text, len));
	if (exit_status == EXIT_OK) {
		len = tidings_crypto.write_pem(key, false, text);
		buf_add(out, text, len);
		say("%s has the private key, with which to sign; the public "
		    "one is for the file of a section [keys]",
			path);
	}
	explicit_bzero(text, sizeof(text));
	tidings_crypto.free(key);
	return exit_status;
}

enum exit_status secrets_new_key(struct buf *out)
{
	const char *name = option_text("algorithm");
	enum algorithm algorithm =
		algorithm_of(span_of(name == NULL ? "HS256" : name));
	const char *path = option_text("new-key");

	if (algorithm == ALGORITHMS)
		return fail(EXIT_USAGE,
			"--algorithm: \"%s\" is none of HS256 HS384 HS512 "
			"RS256 RS384 RS512 ES256 EdDSA",
			name);
	return algorithm_kind(algorithm) == KEY_SECRET
		       ? new_secret(algorithm, path, out)
		       : new_pair(algorithm, path, out);
}
