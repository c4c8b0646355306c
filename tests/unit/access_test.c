/* SPDX-License-Identifier: MIT */
/* access: proofs, pages and addresses together */
#include <config.h>

#include <stdlib.h>

#include "fcgi/guard/access.h"
#include "fcgi/guard/grant.h"
#include "fcgi/http/request.h"
#include "lib/config/config.h"
#include "tests/unit/hand_clock.h"
#include "tests/unit/unit.h"

/* texts that setting_clear() would free are not: this config is ours */
static char users[] = "users", alice[] = "user:alice",
	    office[] = "address:10.0.0.0/8", builds[] = "builds/{n}",
	    own[] = "users/%u", secret[] = "secret", hidden[] = "users/{n}",
	    named[] = "https://app.example", any[] = "*",
	    loopback[] = "127.0.0.0/8", site[] = "our.example";

static struct config_access sections[] = {
	{.who = (char *[]){users},
		.who_count = 1,
		.subscribe = (char *[]){own},
		.subscribe_count = 1},
	{.who = (char *[]){alice},
		.who_count = 1,
		.publish = (char *[]){builds},
		.publish_count = 1},
	{.who = (char *[]){office},
		.who_count = 1,
		.publish = (char *[]){builds},
		.publish_count = 1,
		.subscribe = (char *[]){secret},
		.subscribe_count = 1},
};

static struct config config = {
	.access = sections,
	.access_count = COUNT(sections),
	.private_selectors = (char *[]){secret, hidden},
	.private_count = 2,
	.publish_from = (char *[]){loopback},
	.publish_from_count = 1,
};

static struct request request_of(const char *user, const char *address)
{
	return (struct request){.uri = "/stream",
		.address = address,
		.remote_user = user,
		.host = "our.example",
		.scheme = "http",
		.origin = "",
		.referer = "",
		.fetch_site = "",
		.authorization = "",
		.cookie = "",
		.forwarded = "",
		.forwarded_for = "",
		.real_ip = "",
		.via = ""};
}

static struct access *open_access(void)
{
	static struct hand_clock hands;
	static struct clock clock;

	clock = hand_clock(&hands);
	return access_new(
		&(struct access_parts){.config = &config, .clock = &clock});
}

/* ---- publishing */

static const struct {
	const char *name, *user, *address, *origin, *site, *referer, *channel;
	enum access_word word;
} posts[] = {
	{"a login, from a program", "alice", "192.0.2.1", "", "", "",
		"builds/1", ACCESS_YES},
	{"on another channel", "alice", "192.0.2.1", "", "", "", "news",
		ACCESS_NOT_GRANTED},
	{"another user", "bob", "192.0.2.1", "", "", "", "builds/1",
		ACCESS_NOT_GRANTED},
	{"from our own page", "alice", "192.0.2.1", "http://our.example",
		"same-origin", "", "builds/1", ACCESS_YES},
	{"from our own, by an old browser", "alice", "192.0.2.1",
		"http://our.example", "", "", "builds/1", ACCESS_YES},
	{"from our own, that keeps its name to itself", "alice", "192.0.2.1",
		"null", "same-origin", "", "builds/1", ACCESS_YES},
	{"from a named one", "alice", "192.0.2.1", "https://app.example",
		"cross-site", "", "builds/1", ACCESS_YES},
	{"from a foreign one", "alice", "192.0.2.1", "https://evil.example",
		"cross-site", "", "builds/1", ACCESS_NOT_THAT_PAGE},
	{"from a neighbour", "alice", "192.0.2.1", "http://x.our.example",
		"same-site", "", "builds/1", ACCESS_NOT_THAT_PAGE},
	{"from one without a name", "alice", "192.0.2.1", "null", "", "",
		"builds/1", ACCESS_NOT_THAT_PAGE},
	{"from a form, by its Referer", "alice", "192.0.2.1", "", "",
		"https://evil.example/page", "builds/1", ACCESS_NOT_THAT_PAGE},
	{"from our own form", "alice", "192.0.2.1", "", "",
		"http://our.example/page?a=b", "builds/1", ACCESS_YES},
	{"whose Referer begins like us", "alice", "192.0.2.1", "", "",
		"http://our.example.evil.example/", "builds/1",
		ACCESS_NOT_THAT_PAGE},
	{"an address, from a program", "", "10.1.2.3", "", "", "", "builds/1",
		ACCESS_YES},
	{"an address, from a named page", "", "10.1.2.3", "https://app.example",
		"cross-site", "", "builds/1", ACCESS_YES},
	{"an address, from a page whose name was pointed here", "", "10.1.2.3",
		"http://our.example", "same-origin", "", "builds/1",
		ACCESS_NOT_FROM_THERE},
	{"an address, from a foreign page", "", "10.1.2.3",
		"https://evil.example", "cross-site", "", "builds/1",
		ACCESS_NOT_FROM_THERE},
	{"nobody", "", "192.0.2.1", "", "", "", "builds/1",
		ACCESS_NOT_FROM_THERE},
	{"who may publish anywhere", "", "127.0.0.1", "", "", "", "whatever",
		ACCESS_YES},
	{"and is somebody", "bob", "127.0.0.1", "", "", "", "whatever",
		ACCESS_YES},
};

static enum access_word post(struct access *access, size_t i)
{
	struct request request = request_of(posts[i].user, posts[i].address);
	struct publisher publisher;
	enum access_word word;

	request.origin = posts[i].origin;
	request.fetch_site = posts[i].site;
	request.referer = posts[i].referer;
	word = access_may_publish(access, &request, &publisher);
	if (word == ACCESS_YES)
		word = publisher_may(&publisher, span_of(posts[i].channel));
	publisher_release(&publisher);
	return word;
}

static void test_a_login_and_an_address_publish_but_not_for_foreign_pages(
	void **state)
{
	struct access *access;

	(void)state;
	config.origins = (char *[]){named};
	config.origin_count = 1;
	access = open_access();
	for (size_t i = 0; i < COUNT(posts); i++)
		CHECK(posts[i].name, post(access, i) == posts[i].word);
	access_free(access);
}

static void test_every_origin_is_no_named_one(void **state)
{
	struct access *access;
	struct request request = request_of("alice", "192.0.2.1");
	struct publisher publisher;

	(void)state;
	config.origins = (char *[]){any};
	config.origin_count = 1;
	access = open_access();
	request.origin = "https://evil.example";
	assert_int_equal(access_may_publish(access, &request, &publisher),
		ACCESS_NOT_THAT_PAGE);
	/* but while it is written, on this machine */
	request.host = "127.0.0.1:8000";
	request.origin = "http://localhost:5173";
	assert_int_equal(
		access_may_publish(access, &request, &publisher), ACCESS_YES);
	publisher_release(&publisher);
	request.host = "our.example";
	assert_int_equal(access_may_publish(access, &request, &publisher),
		ACCESS_NOT_THAT_PAGE);
	access_free(access);
}

/* ---- listening */

static const struct {
	const char *name, *user, *address, *host, *origin, *forwarded;
	const char *channel;
	bool reads;
} streams[] = {
	{"his own", "alice", "192.0.2.1", "our.example", "", "", "users/alice",
		true},
	{"somebody else's", "alice", "192.0.2.1", "our.example", "", "",
		"users/bob", false},
	{"what is public", "", "192.0.2.1", "our.example", "", "", "news",
		true},
	{"nobody", "", "192.0.2.1", "our.example", "", "", "secret", false},
	{"for our own page", "alice", "192.0.2.1", "our.example",
		"http://our.example", "", "users/alice", true},
	{"for a named page", "alice", "192.0.2.1", "our.example",
		"https://app.example", "", "users/alice", true},
	{"for a foreign page", "alice", "192.0.2.1", "our.example",
		"https://evil.example", "", "users/alice", false},
	{"an address", "", "10.0.0.1", "10.0.0.9", "", "", "secret", true},
	{"an address, under a name that is listed", "", "10.0.0.1",
		"our.example", "", "", "secret", true},
	{"an address, under a name that anybody can have pointed here", "",
		"10.0.0.1", "evil.example", "", "", "secret", false},
	{"an address that a proxy lends", "", "10.0.0.1", "10.0.0.9", "",
		"192.0.2.1", "secret", false},
	{"an address, for a foreign page", "", "10.0.0.1", "10.0.0.9",
		"https://evil.example", "", "secret", false},
};

static void test_what_is_private_is_for_those_who_may_and_for_their_pages(
	void **state)
{
	struct access *access;

	(void)state;
	config.origins = (char *[]){named, any};
	config.origin_count = 2;
	config.hosts = (char *[]){site};
	config.host_count = 1;
	access = open_access();
	for (size_t i = 0; i < COUNT(streams); i++) {
		struct request request =
			request_of(streams[i].user, streams[i].address);
		struct grant *grant;

		request.host = streams[i].host;
		request.origin = streams[i].origin;
		request.forwarded_for = streams[i].forwarded;
		CHECK(streams[i].name, access_may_listen(access, &request,
					       &grant) == ACCESS_YES);
		CHECK(streams[i].name, (access_may_read(access, grant,
						span_of(streams[i].channel)) ==
					       ACCESS_YES) == streams[i].reads);
		grant_drop(grant);
	}
	access_free(access);
	config.host_count = 0;
}

static void test_who_must_have_a_grant_is_told_so(void **state)
{
	struct access *access;
	struct request request = request_of("", "192.0.2.1");
	struct grant *grant;

	(void)state;
	config.origin_count = 0;
	access = open_access();
	assert_int_equal(
		access_may_listen(access, &request, &grant), ACCESS_YES);
	assert_null(grant);
	request.uri = "/stream?authorized=1";
	assert_int_equal(
		access_may_listen(access, &request, &grant), ACCESS_NO_TOKEN);
	request.remote_user = "bob";
	assert_int_equal(
		access_may_listen(access, &request, &grant), ACCESS_YES);
	grant_drop(grant);
	access_free(access);
}

static void test_who_comes_again_has_the_same_grant(void **state)
{
	struct access *access = open_access();
	struct request request = request_of("alice", "192.0.2.1");
	struct grant *one, *again, *other;

	(void)state;
	access_may_listen(access, &request, &one);
	access_may_listen(access, &request, &again);
	request.remote_user = "bob";
	access_may_listen(access, &request, &other);
	assert_ptr_equal(one, again);
	assert_ptr_not_equal(one, other);
	assert_int_not_equal(grant_serial(one), grant_serial(other));
	grant_drop(one);
	access_forget(access);
	assert_true(grant_subscribes(again, span_of("users/alice")));
	grant_drop(again);
	grant_drop(other);
	access_free(access);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			test_a_login_and_an_address_publish_but_not_for_foreign_pages),
		cmocka_unit_test(test_every_origin_is_no_named_one),
		cmocka_unit_test(
			test_what_is_private_is_for_those_who_may_and_for_their_pages),
		cmocka_unit_test(test_who_must_have_a_grant_is_told_so),
		cmocka_unit_test(test_who_comes_again_has_the_same_grant),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
