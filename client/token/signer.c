/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "client/token/signer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/option/option.h"
#include "lib/crypto/key_file.h"

/* ---- its section */

static const char *config_path(void)
{
	const char *path = getenv("TIDINGS_CONF");

	return path != NULL ? path : SYSCONFDIR "/tidings/tidings.conf";
}

static enum exit_status load_config(struct signer *signer)
{
	enum exit_status exit_status;
	char *fault = config_try(&signer->config, config_path());

	if (fault == NULL)
		return EXIT_OK;
	exit_status = fail(EXIT_FILE,
		"%s (a key of your own: --key FILE, a new one: --new-key FILE)",
		fault);
	free(fault);
	return exit_status;
}

/* NULL if the sentence was said. */
static const struct config_keys *find_section(const struct signer *signer)
{
	const struct config *config = &signer->config;
	const char *name = option_text("keys");

	if (name == NULL && config->keys_count == 1)
		return &config->keys[0];
	for (size_t i = 0; name != NULL && i < config->keys_count; i++)
		if (strcmp(config->keys[i].name, name) == 0)
			return &config->keys[i];
	if (name != NULL)
		fail(EXIT_USAGE, "%s has no section [keys %s]", config_path(),
			name);
	else if (config->keys_count == 0)
		fail(EXIT_USAGE,
			"%s has no section [keys NAME]: say --key FILE",
			config_path());
	else
		fail(EXIT_USAGE,
			"%s has several sections [keys NAME]: say --keys NAME",
			config_path());
	return NULL;
}

static unsigned algorithms_of(const struct config_keys *section)
{
	unsigned set = 0;

	for (size_t i = 0; i < section->algorithm_count; i++)
		set |= algorithm_bit(
			algorithm_of(span_of(section->algorithms[i])));
	return set;
}

/* ---- the file */

static enum exit_status read_file(const char *path, struct buf *text)
{
	FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
	size_t len;

	if (file == NULL)
		return fail_errno(EXIT_FILE, "%s", path);
	do {
		len = fread(buf_reserve(text, 4096), 1, 4096, file);
		text->len += len;
	} while (len > 0 && text->len <= KEY_FILE_MOST);
	if (ferror(file)) {
		if (file != stdin)
			fclose(file);
		return fail_errno(EXIT_FILE, "%s", path);
	}
	if (file != stdin)
		fclose(file);
	return EXIT_OK;
}

static enum exit_status read_key(
	struct signer *signer, const char *path, unsigned algorithms)
{
	struct buf text = {0}, fault = {0};
	enum exit_status exit_status = read_file(path, &text);

	crypto_use(&tidings_crypto);
	if (exit_status == EXIT_OK &&
		!key_file_read_signer(&signer->keys, &tidings_crypto,
			buf_span(&text), algorithms, &fault))
		exit_status = fail(
			EXIT_FILE, "%s: %.*s", path, (int)fault.len, fault.at);
	if (text.size > 0)
		explicit_bzero(text.at, text.size);
	buf_release(&text);
	buf_release(&fault);
	return exit_status;
}

/* The first that the key is for. */
static void choose(struct signer *signer)
{
	unsigned i = 0;

	signer->key = signer->keys.at[0];
	while ((signer->key->algorithms & 1u << i) == 0)
		i++;
	signer->algorithm = (enum algorithm)i;
}

/* ---- the whole */

/* Without --algorithm the weakest of those for a secret, as it may be short. */
static enum exit_status wanted(unsigned *algorithms)
{
	const char *name = option_text("algorithm");
	enum algorithm algorithm;

	*algorithms = (1u << ALGORITHMS) - 1;
	if (name == NULL) {
		*algorithms &= ~(algorithm_bit(ALGORITHM_HS384) |
				 algorithm_bit(ALGORITHM_HS512));
		return EXIT_OK;
	}
	algorithm = algorithm_of(span_of(name));
	if (algorithm == ALGORITHMS)
		return fail(EXIT_USAGE,
			"--algorithm: \"%s\" is none of HS256 HS384 HS512 "
			"RS256 RS384 RS512 ES256 EdDSA",
			name);
	*algorithms = algorithm_bit(algorithm);
	return EXIT_OK;
}

static enum exit_status open_section(struct signer *signer, unsigned algorithms)
{
	enum exit_status exit_status = load_config(signer);
	const struct config_keys *section;

	if (exit_status != EXIT_OK)
		return exit_status;
	section = find_section(signer);
	if (section == NULL)
		return EXIT_USAGE;
	signer->oauth = section->oauth;
	signer->issuer = section->issuer;
	signer->audience = section->audience;
	if (option_text("algorithm") == NULL)
		algorithms = algorithms_of(section);
	algorithms &= algorithms_of(section);
	if ((algorithms & algorithms_of_kind(KEY_SECRET)) == 0 &&
		option_text("key") == NULL)
		return fail(EXIT_USAGE,
			"[keys %s] has public keys: say with --key FILE where "
			"the private one is",
			section->name);
	return read_key(signer,
		option_text("key") != NULL ? option_text("key") : section->file,
		algorithms);
}

static enum exit_status open_by_options(struct signer *signer)
{
	unsigned algorithms;
	enum exit_status exit_status = wanted(&algorithms);

	if (exit_status != EXIT_OK)
		return exit_status;
	if (option_text("key") == NULL || option_text("keys") != NULL)
		return open_section(signer, algorithms);
	return read_key(signer, option_text("key"), algorithms);
}

static enum exit_status take_form(struct signer *signer)
{
	const char *form = option_text("form");

	if (form != NULL && strcmp(form, "mercure") != 0 &&
		strcmp(form, "oauth") != 0)
		return fail(EXIT_USAGE,
			"--form: \"%s\" is neither mercure nor oauth", form);
	if (form != NULL)
		signer->oauth = strcmp(form, "oauth") == 0;
	if (option_text("issuer") != NULL)
		signer->issuer = option_text("issuer");
	if (option_text("audience") != NULL)
		signer->audience = option_text("audience");
	if (signer->oauth &&
		(signer->issuer == NULL || signer->audience == NULL))
		return fail(EXIT_USAGE, "the form oauth needs --issuer and "
					"--audience");
	return EXIT_OK;
}

enum exit_status signer_open(struct signer *signer)
{
	enum exit_status exit_status;

	*signer = (struct signer){0};
	exit_status = open_by_options(signer);
	if (exit_status == EXIT_OK)
		exit_status = take_form(signer);
	if (exit_status == EXIT_OK)
		choose(signer);
	else
		signer_release(signer);
	return exit_status;
}

void signer_release(struct signer *signer)
{
	keys_release(&signer->keys);
	config_release(&signer->config);
}
