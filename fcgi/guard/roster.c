/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "fcgi/guard/roster.h"

#include <stdlib.h>
#include <string.h>

#include "fcgi/guard/address.h"
#include "fcgi/guard/grant.h"
#include "fcgi/guard/keyring.h"
#include "fcgi/guard/proxied.h"
#include "fcgi/http/request.h"
#include "lib/config/config.h"

enum kind { USERS, USER, TOKEN, ADDRESS };

/* One of those that a section means. */
struct person {
	enum kind kind;
	struct span name; /* USER */
	uint8_t digest[DIGEST_BYTES];
	struct prefix prefix;
};

struct section {
	const struct config_access *config;
	struct person *persons;
};

struct roster {
	bool has_tokens;
	size_t count;
	struct section sections[];
};

/* ---- making it */

static bool begins(const char *text, const char *word, const char **rest)
{
	size_t len = strlen(word);

	*rest = text + len;
	return strncmp(text, word, len) == 0;
}

static unsigned digit(char c)
{
	if (c >= 'a')
		return (unsigned)(c - 'a') + 10;
	return c >= 'A' ? (unsigned)(c - 'A') + 10 : (unsigned)(c - '0');
}

static void read_digest(const char *hex, uint8_t *digest)
{
	for (size_t i = 0; i < DIGEST_BYTES; i++)
		digest[i] = (uint8_t)(digit(hex[2 * i]) << 4 |
				      digit(hex[2 * i + 1]));
}

/* What lib/config let through is well-formed. */
static struct person read_person(const char *text)
{
	struct person person = {.kind = USERS};
	const char *rest;

	if (begins(text, "user:", &rest)) {
		person.kind = USER;
		person.name = span_of(rest);
	} else if (begins(text, "token:", &rest)) {
		person.kind = TOKEN;
		read_digest(rest, person.digest);
	} else if (begins(text, "address:", &rest)) {
		person.kind = ADDRESS;
		prefix_read(rest, &person.prefix);
	}
	return person;
}

struct roster *roster_new(const struct config *config)
{
	struct roster *roster =
		mem_new(sizeof(*roster) +
			config->access_count * sizeof(roster->sections[0]));

	roster->count = config->access_count;
	for (size_t i = 0; i < roster->count; i++) {
		const struct config_access *of = &config->access[i];
		struct section *section = &roster->sections[i];

		section->config = of;
		section->persons =
			mem_new(of->who_count * sizeof(*section->persons));
		for (size_t k = 0; k < of->who_count; k++) {
			section->persons[k] = read_person(of->who[k]);
			if (section->persons[k].kind == TOKEN)
				roster->has_tokens = true;
		}
	}
	return roster;
}

void roster_free(struct roster *roster)
{
	if (roster == NULL)
		return;
	for (size_t i = 0; i < roster->count; i++)
		free(roster->sections[i].persons);
	free(roster);
}

bool roster_is_empty(const struct roster *roster)
{
	return roster->count == 0;
}

bool roster_has_tokens(const struct roster *roster)
{
	return roster->has_tokens;
}

/* ---- whom it means */

static bool covers(const void *arg, const struct address *address)
{
	return prefix_covers(arg, address);
}

/* A proxy lends its address to everybody (proxied.h). */
static bool is_lent(const struct prefix *prefix, const struct request *request,
	const struct address *address)
{
	if (address_is_loopback(address))
		return proxied_is(request);
	return !proxied_only_for(request, covers, prefix);
}

static bool is_from(const struct prefix *prefix, const struct caller *caller)
{
	struct address address;

	if (caller->request == NULL ||
		!address_read(caller->request->address, &address) ||
		!prefix_covers(prefix, &address))
		return false;
	return prefix_is_all(prefix) ||
	       (caller->certain && !is_lent(prefix, caller->request, &address));
}

static bool is_token(const struct person *person, const uint8_t *digest)
{
	return person->kind == TOKEN && digest != NULL &&
	       memcmp(digest, person->digest, DIGEST_BYTES) == 0;
}

static bool is_he(const struct person *person, const struct caller *caller)
{
	switch (person->kind) {
	case USERS:
		return caller->user.len > 0;
	case USER:
		return span_equal(caller->user, person->name);
	case TOKEN:
		return is_token(person, caller->digest);
	case ADDRESS:
		break;
	}
	return is_from(&person->prefix, caller);
}

static bool means(const struct section *section, const struct caller *caller)
{
	for (size_t i = 0; i < section->config->who_count; i++)
		if (is_he(&section->persons[i], caller))
			return true;
	return false;
}

bool roster_knows(const struct roster *roster, const uint8_t *digest)
{
	for (size_t i = 0; i < roster->count; i++)
		for (size_t k = 0; k < roster->sections[i].config->who_count;
			k++)
			if (is_token(&roster->sections[i].persons[k], digest))
				return true;
	return false;
}

bool roster_find(const struct roster *roster, const struct caller *caller,
	struct buf *sections)
{
	bool any = false;

	for (size_t i = 0; i < roster->count; i++) {
		bool he = means(&roster->sections[i], caller);

		buf_add_char(sections, he ? '1' : '0');
		any = any || he;
	}
	return any;
}

/* ---- what it gives */

/* RFC 3986 section 2: all but the unreserved. */
static void encode(struct buf *out, struct span name)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789-._~";

	for (size_t i = 0; i < name.len; i++)
		if (memchr(plain, name.at[i], sizeof(plain) - 1) != NULL)
			buf_add_char(out, name.at[i]);
		else
			buf_printf(out, "%%%02X", (unsigned char)name.at[i]);
}

/* With the user's name, percent-encoded, in place of each %u; NULL without a
 * name. */
static char *personal(const char *selector, struct span user)
{
	struct buf text = {0};
	const char *at = selector, *mark;

	if (user.len == 0)
		return NULL;
	while ((mark = strstr(at, "%u")) != NULL) {
		buf_add(&text, at, (size_t)(mark - at));
		encode(&text, user);
		at = mark + 2;
	}
	buf_add(&text, at, strlen(at) + 1);
	return text.at;
}

static void give(struct grant_parts *parts, struct grant_list *list,
	char *const *selectors, size_t count, struct span user)
{
	for (size_t i = 0; i < count; i++) {
		const char *text = selectors[i];

		if (strstr(text, "%u") != NULL)
			text = grant_parts_keep(parts, personal(text, user));
		if (text != NULL)
			grant_list_add(list, span_of(text), false);
	}
}

void roster_give(const struct roster *roster, struct span sections,
	struct span user, struct grant_parts *parts)
{
	for (size_t i = 0; i < sections.len; i++) {
		const struct config_access *of = roster->sections[i].config;

		if (sections.at[i] != '1')
			continue;
		give(parts, &parts->publish, of->publish, of->publish_count,
			user);
		give(parts, &parts->subscribe, of->subscribe,
			of->subscribe_count, user);
	}
}
