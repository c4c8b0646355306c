/* SPDX-License-Identifier: MIT */
/*
 * tokens - what a keyring says of tokens that others have made
 *
 *     tokens CONFIG [ROUNDS] < TOKENS
 *
 * One line for each line: "bad", or "good" with subject, end in ms, what may be
 * published, what may be listened to, and the payload, tabs between.  With
 * ROUNDS instead the one line is what one took of a processor in ns: "new N
 * known N", the first round being the new ones.
 */
#include <config.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fcgi/guard/keyring.h"
#include "fcgi/guard/rights.h"
#include "lib/clock.h"
#include "lib/config/config.h"
#include "lib/crypto/crypto.h"
#include "lib/event/selector.h"

struct tokens {
	char *lines[4096];
	size_t count;
};

static void read_tokens(struct tokens *tokens)
{
	char *line = NULL;
	size_t room = 0;
	ssize_t len;

	while (tokens->count < sizeof(tokens->lines) / sizeof(char *) &&
		(len = getline(&line, &room, stdin)) > 0) {
		if (line[len - 1] == '\n')
			line[len - 1] = '\0';
		tokens->lines[tokens->count++] = strdup(line);
	}
	free(line);
}

static void print_list(struct selector *const *list, size_t count)
{
	putchar('\t');
	for (size_t i = 0; i < count; i++) {
		struct span text = selector_text(list[i]);

		printf(i == 0 ? "%.*s" : " %.*s", (int)text.len, text.at);
	}
}

static void print_rights(const struct rights *rights)
{
	if (rights == NULL) {
		puts("bad");
		return;
	}
	printf("good\t%s\t", rights->subject == NULL ? "-" : rights->subject);
	if (rights->until_ms == RIGHTS_NO_END)
		printf("-");
	else
		printf("%" PRIu64, rights->until_ms);
	print_list(rights->publish, rights->publish_count);
	print_list(rights->subscribe, rights->subscribe_count);
	printf("\t%s\n", rights->payload == NULL ? "-" : rights->payload);
}

static uint64_t ask(
	struct keyring *keyring, const struct tokens *tokens, bool print)
{
	uint64_t now = clock_wall_ms(), began = clock_work_us();

	for (size_t i = 0; i < tokens->count; i++) {
		struct rights *rights =
			keyring_verify(keyring, span_of(tokens->lines[i]), now);

		if (print)
			print_rights(rights);
		rights_release(rights);
	}
	return clock_work_us() - began;
}

static void measure(
	struct keyring *keyring, const struct tokens *tokens, uint64_t rounds)
{
	uint64_t first = ask(keyring, tokens, false), known = 0;

	for (uint64_t i = 0; i < rounds; i++)
		known += ask(keyring, tokens, false);
	printf("new %" PRIu64 " known %" PRIu64 "\n",
		first * 1000 / tokens->count,
		known * 1000 / tokens->count / rounds);
}

int main(int argc, char **argv)
{
	static struct tokens tokens;
	struct config config;
	struct keyring *keyring;
	struct buf fault = {0};
	uint64_t rounds;

	if (argc < 2)
		return 2;
	rounds = argc > 2 ? strtoull(argv[2], NULL, 10) : 0;
	crypto_use(&tidings_crypto);
	config_load(&config, argv[1]);
	keyring = keyring_new(&config, &fault);
	if (keyring == NULL) {
		fprintf(stderr, "%.*s\n", (int)fault.len, fault.at);
		return EXIT_FAILURE;
	}
	read_tokens(&tokens);
	if (rounds > 0 && tokens.count > 0)
		measure(keyring, &tokens, rounds);
	else
		ask(keyring, &tokens, true);
	keyring_free(keyring);
	config_release(&config);
	for (size_t i = 0; i < tokens.count; i++)
		free(tokens.lines[i]);
	buf_release(&fault);
	return EXIT_SUCCESS;
}
