/* SPDX-License-Identifier: MIT */
/*
 * tokens - what a token costs at the door
 *
 *     tokens   prints, for some algorithms, the microseconds of processor time
 *              that a request with a token takes: one that is new, of that
 *              libcrypto's verification alone, and one that is known
 *
 * Of ten passes the fastest counts: what else the machine does makes none
 * faster.
 */
#include "config.h"

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "fcgi/guard/grant.h"
#include "fcgi/guard/keyring.h"
#include "fcgi/guard/verifier.h"
#include "fcgi/http/request.h"
#include "lib/clock.h"
#include "lib/config/config.h"
#include "lib/crypto/base64url.h"
#include "lib/crypto/key.h"
#include "lib/event/scope.h"

enum { TOKENS = 400, PASSES = 10 };

static const enum algorithm algorithms[] = {
	ALGORITHM_HS256, ALGORITHM_RS256, ALGORITHM_ES256, ALGORITHM_EDDSA};

struct bench {
	enum algorithm algorithm;
	struct crypto_key *key, *public;
	char *tokens[TOKENS];	  /* with "Bearer " before each */
	size_t signed_to[TOKENS]; /* and so far their text is signed */
};

static double processor_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

/* ---- tokens, each one's bearer another */

static void make_token(struct bench *bench, int number)
{
	uint8_t signature[CRYPTO_SIGNATURE];
	struct buf text = {0}, part = {0};
	size_t begin, len;

	buf_printf(&text, "Bearer ");
	begin = text.len;
	buf_printf(&part, "{\"alg\":\"%s\",\"typ\":\"JWT\"}",
		algorithm_name(bench->algorithm));
	base64url_encode(&text, buf_span(&part));
	buf_add_char(&text, '.');
	buf_clear(&part);
	buf_printf(&part,
		"{\"sub\":\"%d\",\"exp\":4102444800,\"mercure\":{\"subscribe\":"
		"[\"users/%d/{+rest}\"]}}",
		number, number);
	base64url_encode(&text, buf_span(&part));
	bench->signed_to[number] = text.len;
	len = tidings_crypto.sign(bench->key, bench->algorithm,
		span(text.at + begin, text.len - begin), signature);
	buf_add_char(&text, '.');
	base64url_encode(&text, span((const char *)signature, len));
	buf_add_char(&text, '\0');
	bench->tokens[number] = text.at;
	buf_release(&part);
}

/* ---- a responder's door */

static void write_file(const char *path, struct span text)
{
	FILE *file = fopen(path, "w");

	if (file == NULL || fwrite(text.at, 1, text.len, file) != text.len ||
		fclose(file) != 0)
		err(1, "%s", path);
}

/* Keys for the bench; the file has what verifies. */
static void make_keys(struct bench *bench, const char *path)
{
	static const char secret[] = "0123456789abcdef0123456789abcdef";
	char pem[CRYPTO_PEM];
	size_t len;

	if (algorithm_kind(bench->algorithm) == KEY_SECRET) {
		bench->key = tidings_crypto.secret(span_of(secret));
		bench->public = tidings_crypto.secret(span_of(secret));
		write_file(path, span_of(secret));
		return;
	}
	bench->key = tidings_crypto.generate(algorithm_kind(bench->algorithm));
	len = tidings_crypto.write_pem(bench->key, false, pem);
	bench->public = tidings_crypto.public_pem(span(pem, len));
	write_file(path, span(pem, len));
}

static void configure(struct config *config, const char *folder,
	const char *keys, enum algorithm algorithm)
{
	struct buf text = {0};
	char path[96];
	char *fault;

	snprintf(path, sizeof(path), "%s/conf", folder);
	buf_printf(&text,
		"[responder]\nprivate = users/{+rest}\n"
		"[keys bench]\nfile = %s\nalgorithms = %s\n",
		keys, algorithm_name(algorithm));
	write_file(path, buf_span(&text));
	buf_release(&text);
	fault = config_try(config, path);
	if (fault != NULL)
		errx(1, "%s", fault);
	unlink(path);
}

static struct request request_with(const char *authorization)
{
	return (struct request){.uri = "/stream",
		.address = "192.0.2.1",
		.remote_user = "",
		.host = "bench.example",
		.scheme = "http",
		.origin = "",
		.referer = "",
		.fetch_site = "",
		.authorization = authorization,
		.cookie = "",
		.forwarded = "",
		.forwarded_for = "",
		.real_ip = "",
		.via = ""};
}

static void ask(struct verifier *verifier, const char *authorization)
{
	struct request request = request_with(authorization);
	struct proven proven;

	if (verifier_ask(verifier, &request, TO_LISTEN, &proven) !=
			ACCESS_YES ||
		proven.grant == NULL)
		errx(1, "a token is refused: %s", authorization);
	grant_drop(proven.grant);
}

/* ---- figures */

struct figures {
	double new, bare, known;
};

static void least(double *figure, double begun)
{
	double took = (processor_us() - begun) / TOKENS;

	if (*figure == 0 || took < *figure)
		*figure = took;
}

static void ask_all(
	struct bench *bench, struct verifier *verifier, double *figure)
{
	double begun = processor_us();

	for (int i = 0; i < TOKENS; i++)
		ask(verifier, bench->tokens[i]);
	least(figure, begun);
}

static void verify_all(struct bench *bench, double *figure)
{
	double begun;
	uint8_t(*signatures)[CRYPTO_SIGNATURE] =
		malloc(TOKENS * sizeof(*signatures));
	size_t len = 0;

	for (int i = 0; i < TOKENS; i++)
		len = tidings_crypto.sign(bench->key, bench->algorithm,
			span(bench->tokens[i] + 7, bench->signed_to[i] - 7),
			signatures[i]);
	begun = processor_us();
	for (int i = 0; i < TOKENS; i++)
		if (!tidings_crypto.verify(bench->public, bench->algorithm,
			    span(bench->tokens[i] + 7, bench->signed_to[i] - 7),
			    span((const char *)signatures[i], len)))
			errx(1, "a signature is refused");
	least(figure, begun);
	free(signatures);
}

static void pass(struct bench *bench, const struct config *config,
	struct figures *figures)
{
	struct keyring *keyring = keyring_new(config, NULL);
	struct scopes *scopes = scopes_new();
	struct verifier *verifier =
		verifier_new(&(struct verifier_parts){.config = config,
			.clock = &clock_system,
			.keyring = keyring,
			.scopes = scopes});

	keyring_look(keyring);
	ask_all(bench, verifier, &figures->new);
	ask_all(bench, verifier, &figures->known);
	verify_all(bench, &figures->bare);
	verifier_free(verifier);
	scopes_free(scopes);
	keyring_free(keyring);
}

static void run(enum algorithm algorithm, const char *folder)
{
	struct bench bench = {.algorithm = algorithm};
	struct figures figures = {0};
	struct config config = {0};
	char path[96];

	snprintf(path, sizeof(path), "%s/key", folder);
	make_keys(&bench, path);
	configure(&config, folder, path, algorithm);
	for (int i = 0; i < TOKENS; i++)
		make_token(&bench, i);
	for (int i = 0; i < PASSES; i++)
		pass(&bench, &config, &figures);
	printf("%-6s  new %6.1f  of that verifying %6.1f  known %5.2f\n",
		algorithm_name(algorithm), figures.new, figures.bare,
		figures.known);
	for (int i = 0; i < TOKENS; i++)
		free(bench.tokens[i]);
	tidings_crypto.free(bench.key);
	tidings_crypto.free(bench.public);
	config_release(&config);
	unlink(path);
}

int main(void)
{
	char folder[] = "/tmp/tidings_tokens.XXXXXX";

	if (mkdtemp(folder) == NULL)
		err(1, "%s", folder);
	umask(077);
	crypto_use(&tidings_crypto);
	for (size_t i = 0; i < sizeof(algorithms) / sizeof(*algorithms); i++)
		run(algorithms[i], folder);
	rmdir(folder);
	return 0;
}
