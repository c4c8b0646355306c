/* SPDX-License-Identifier: MIT */
/* config: conf/tidings.conf shows the table */
#include <config.h>

#include "tests/unit/config_room.h"

static FILE *open_sample(void)
{
	const char *root = getenv("srcdir");
	char path[4096];
	FILE *sample;

	snprintf(path, sizeof(path), "%s/conf/tidings.conf",
		root == NULL ? "." : root);
	sample = fopen(path, "r");
	assert_non_null(sample);
	return sample;
}

/* A line of the sample as it is when it is put in force: a default stands
 * behind ';', an example behind "# ". */
static const char *in_force(const char *line)
{
	const char *rest = line + 2;
	size_t word;

	if (line[0] == ';')
		return line + 1;
	if (strncmp(line, "# ", 2) != 0)
		return line;
	word = strspn(rest, "abcdefghijklmnopqrstuvwxyz_");
	if (rest[0] == '[' || (word > 0 && strncmp(rest + word, " = ", 3) == 0))
		return rest;
	return line;
}

/* What the sample shows for `key`; NULL if nothing. */
static char *shown(FILE *sample, const struct config_key *key)
{
	size_t section = strlen(key->section);
	size_t name = strlen(key->name);
	char *value = NULL;
	char *line = NULL;
	size_t room = 0;
	bool inside = false;

	rewind(sample);
	while (value == NULL && getline(&line, &room, sample) >= 0) {
		const char *at = in_force(line);

		if (*at == '[')
			inside = strncmp(at + 1, key->section, section) == 0;
		if (!inside || strncmp(at, key->name, name) != 0)
			continue;
		at += name;
		if (strncmp(at, " =", 2) != 0)
			continue;
		at += 2 + strspn(at + 2, " ");
		value = mem_text(span(at, strcspn(at, "\n")));
	}
	free(line);
	return value;
}

static bool is_example(const struct config_key *key)
{
	return key->text == NULL || strcmp(key->section, "channel") == 0 ||
	       strcmp(key->section, "inbox") == 0;
}

/* Folders are the installation's, names are ours. */
static void check_default(const struct config_key *key, const char *value)
{
	if (key->text[0] == '/')
		CHECK_TEXT(key->name, span_of(strrchr(value, '/')),
			strrchr(key->text, '/'));
	else
		CHECK_TEXT(key->name, span_of(value), key->text);
}

static void test_the_sample_shows_every_key_with_its_default(void **state)
{
	FILE *sample = open_sample();
	struct config_key key;

	(void)state;
	for (size_t i = 0; config_key(i, &key); i++) {
		char *value = shown(sample, &key);

		CHECK(key.name, value != NULL);
		if (value != NULL && !is_example(&key))
			check_default(&key, value);
		free(value);
	}
	fclose(sample);
}

static void test_the_sample_is_right_with_everything_in_force(void **state)
{
	FILE *sample = open_sample();
	struct buf text = {0};
	struct config config;
	char *line = NULL;
	size_t room = 0;

	(void)state;
	while (getline(&line, &room, sample) >= 0)
		buf_add_span(&text, span_of(in_force(line)));
	fclose(sample);
	free(line);
	buf_add_char(&text, '\0');
	must_load(&config, text.at);
	assert_int_equal(config.channel_count, 1);
	assert_int_equal(config.inbox_count, 1);
	assert_int_equal(config.keys_count, 1);
	assert_int_equal(config.access_count, 1);
	config_release(&config);
	buf_release(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			test_the_sample_shows_every_key_with_its_default),
		cmocka_unit_test(
			test_the_sample_is_right_with_everything_in_force),
	};

	return cmocka_run_group_tests_name(
		"config, the sample", tests, NULL, NULL);
}
