/* SPDX-License-Identifier: MIT */
/* sender: by address, origin and host */
#include <config.h>

#include <stdlib.h>

#include "fcgi/guard/sender.h"
#include "fcgi/http/request.h"
#include "lib/buf.h"
#include "lib/config/config.h"
#include "tests/unit/unit.h"

static const struct {
	const char *name, *prefix, *address;
	bool admitted;
} prefixes[] = {
	{"the address itself", "10.1.2.3", "10.1.2.3", true},
	{"its neighbour", "10.1.2.3", "10.1.2.4", false},
	{"in the network", "127.0.0.0/8", "127.255.0.1", true},
	{"outside of it", "127.0.0.0/8", "128.0.0.1", false},
	{"a prefix within a byte", "10.1.16.0/20", "10.1.31.255", true},
	{"just outside of that", "10.1.16.0/20", "10.1.32.0", false},
	{"everybody of IPv4", "0.0.0.0/0", "8.8.8.8", true},
	{"IPv4 is not IPv6", "0.0.0.0/0", "::1", false},
	{"everybody of IPv6, which holds IPv4", "::/0", "8.8.8.8", true},
	{"a mapped address", "127.0.0.0/8", "::ffff:127.0.0.1", true},
	{"IPv6 loopback", "::1", "::1", true},
	{"IPv6 written in another way", "::1", "0:0:0:0:0:0:0:1", true},
	{"an IPv6 network", "2001:db8::/33", "2001:db8:7fff::1", true},
	{"outside of it", "2001:db8::/33", "2001:db8:8000::1", false},
	{"no address", "::/0", "", false},
	{"a name", "::/0", "localhost", false},
	{"a cut address", "0.0.0.0/0", "127.0.0", false},
};

static enum access_word word(
	const struct config *config, const char *address, const char *origin)
{
	struct sender *sender = sender_new(config);
	struct request *request = request_new();
	enum access_word word;

	request->address = address;
	request->origin = origin;
	request->host = "our.example";
	request->scheme = "http";
	word = sender_may_publish(sender, request);
	request_free(request);
	sender_free(sender);
	return word;
}

static void test_only_named_addresses_are_admitted(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(prefixes); i++) {
		char *list[] = {mem_text(span_of(prefixes[i].prefix))};
		struct config config = {
			.publish_from = list, .publish_from_count = 1};

		CHECK(prefixes[i].name,
			word(&config, prefixes[i].address, "") ==
				(prefixes[i].admitted ? ACCESS_YES
						      : ACCESS_NOT_FROM_THERE));
		free(list[0]);
	}
}

static void test_without_a_prefix_nobody_is_admitted(void **state)
{
	struct config config = {0};

	(void)state;
	assert_int_equal(word(&config, "127.0.0.1", ""), ACCESS_NOT_FROM_THERE);
}

static void test_a_page_of_another_origin_may_not_publish(void **state)
{
	char *everybody[] = {mem_text(span_of("0.0.0.0/0"))};
	struct config config = {
		.publish_from = everybody, .publish_from_count = 1};

	(void)state;
	assert_int_equal(
		word(&config, "10.1.2.3", "http://our.example"), ACCESS_YES);
	assert_int_equal(word(&config, "10.1.2.3", "http://other.example"),
		ACCESS_NOT_THAT_PAGE);
	free(everybody[0]);
}

enum { LIST = 4 };

static const struct {
	const char *name, *publish_from[LIST], *address;
	const char *forwarded, *forwarded_for, *real_ip, *via;
	enum access_word word;
} requests[] = {
	{"nothing said", {"127.0.0.0/8"}, "127.0.0.1", "", "", "", "",
		ACCESS_YES},
	{"Forwarded", {"127.0.0.0/8"}, "127.0.0.1", "for=192.0.2.1", "", "", "",
		ACCESS_NOT_BY_PROXY},
	{"X-Forwarded-For", {"127.0.0.0/8"}, "127.0.0.1", "", "192.0.2.1", "",
		"", ACCESS_NOT_BY_PROXY},
	{"X-Real-IP", {"127.0.0.0/8"}, "127.0.0.1", "", "", "192.0.2.1", "",
		ACCESS_NOT_BY_PROXY},
	{"Via", {"127.0.0.0/8"}, "127.0.0.1", "", "", "", "1.1 varnish",
		ACCESS_NOT_BY_PROXY},
	{"for this machine, which anybody could say", {"127.0.0.0/8"},
		"127.0.0.1", "", "127.0.0.1", "", "", ACCESS_NOT_BY_PROXY},
	{"over IPv6", {"::1"}, "::1", "", "x", "", "", ACCESS_NOT_BY_PROXY},
	{"from a stranger", {"127.0.0.0/8"}, "192.0.2.1", "", "127.0.0.1", "",
		"", ACCESS_NOT_FROM_THERE},
	{"everybody may", {"127.0.0.0/8", "0.0.0.0/0"}, "127.0.0.1", "",
		"192.0.2.1", "", "", ACCESS_YES},
	{"a proxy on another machine", {"10.0.0.0/8"}, "10.0.0.5", "",
		"192.0.2.1", "", "", ACCESS_NOT_BY_PROXY},
	{"and who says to be one of us", {"10.0.0.0/8"}, "10.0.0.5", "",
		"10.0.0.7, 192.0.2.1", "", "", ACCESS_NOT_BY_PROXY},
	{"for one of us", {"10.0.0.0/8"}, "10.0.0.5", "", "10.0.0.7", "", "",
		ACCESS_YES},
	{"the true address, its header still there", {"10.0.0.0/8"}, "10.0.0.7",
		"for=10.0.0.7", "10.0.0.7", "10.0.0.7", "1.1 squid",
		ACCESS_YES},
	{"a hidden one", {"10.0.0.0/8"}, "10.0.0.5", "", "unknown", "", "",
		ACCESS_NOT_BY_PROXY},
	{"with their ports", {"10.0.0.0/8", "2001:db8::/32"}, "10.0.0.5",
		"for=\"[2001:db8::1]:4711\";proto=https, For=10.0.0.1",
		"10.0.0.7:80,[2001:db8::2]:80 , 2001:db8::3", "", "",
		ACCESS_YES},
	{"one of several in Forwarded", {"10.0.0.0/8"}, "10.0.0.5",
		"for=10.0.0.1, proto=http;for=192.0.2.1", "", "", "",
		ACCESS_NOT_BY_PROXY},
	{"Forwarded for nobody", {"10.0.0.0/8"}, "10.0.0.5", "proto=https", "",
		"", "", ACCESS_NOT_BY_PROXY},
	{"for a secret name", {"10.0.0.0/8"}, "10.0.0.5", "for=_hidden", "", "",
		"", ACCESS_NOT_BY_PROXY},
	{"for brackets", {"10.0.0.0/8"}, "10.0.0.5", "for=\"[]\"", "", "", "",
		ACCESS_NOT_BY_PROXY},
	{"for nothing", {"10.0.0.0/8"}, "10.0.0.5", "for=", " ,", "", "",
		ACCESS_NOT_BY_PROXY},
	{"for more than an address is long", {"10.0.0.0/8"}, "10.0.0.5", "",
		"10.0.0.1000000000000000000000000000000000000000000000", "", "",
		ACCESS_NOT_BY_PROXY},
};

static void test_an_address_that_a_proxy_lends_to_everybody_proves_nothing(
	void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(requests); i++) {
		char *list[LIST];
		struct config config = {.publish_from = list};
		struct request request = {.address = requests[i].address,
			.origin = "",
			.fetch_site = "",
			.forwarded = requests[i].forwarded,
			.forwarded_for = requests[i].forwarded_for,
			.real_ip = requests[i].real_ip,
			.via = requests[i].via};
		struct sender *sender;
		size_t count = 0;

		for (; requests[i].publish_from[count] != NULL; count++)
			list[count] = mem_text(
				span_of(requests[i].publish_from[count]));
		config.publish_from_count = count;
		sender = sender_new(&config);
		CHECK(requests[i].name, sender_may_publish(sender, &request) ==
						requests[i].word);
		sender_free(sender);
		while (count > 0)
			free(list[--count]);
	}
}

static const struct {
	const char *name, *origins, *address, *scheme, *host, *origin, *site;
	enum access_word word;
} pages[] = {
	{"our own, by its address", NULL, "127.0.0.1", "http", "127.0.0.1:80",
		"http://127.0.0.1", "same-origin", ACCESS_YES},
	{"our own, by a name", NULL, "127.0.0.1", "http", "a.example",
		"http://a.example", "", ACCESS_NOT_THAT_NAME},
	{"the same from another machine that may", NULL, "10.0.0.1", "http",
		"a.example", "http://a.example", "", ACCESS_NOT_THAT_NAME},
	{"our own, by a name over TLS", NULL, "10.0.0.1", "https", "a.example",
		"https://a.example", "", ACCESS_YES},
	{"the same where somebody else does the TLS", NULL, "10.0.0.1", "http",
		"a.example", "https://a.example", "same-origin", ACCESS_YES},
	{"a neighbour over TLS", NULL, "10.0.0.1", "https", "a.example",
		"https://b.example", "same-site", ACCESS_NOT_THAT_PAGE},
	{"our own, by a name that is listed", "http://a.example", "127.0.0.1",
		"http", "a.example", "http://a.example", "", ACCESS_YES},
	{"of another site that is listed", "https://b.example", "127.0.0.1",
		"http", "a.example", "https://b.example", "cross-site",
		ACCESS_YES},
	{"of any site, where any may", "*", "127.0.0.1", "http", "localhost",
		"https://b.example", "cross-site", ACCESS_NOT_THAT_NAME},
	{"of no site, where any may", "*", "127.0.0.1", "http", "localhost",
		"null", "cross-site", ACCESS_NOT_THAT_NAME},
	{"under development, where any may", "*", "127.0.0.1", "http",
		"localhost:8000", "http://localhost:5173", "same-site",
		ACCESS_YES},
	{"that pretends, where headers may have a _", NULL, "127.0.0.1", "http",
		"a.example", "http://a.example", "same-origin",
		ACCESS_NOT_THAT_NAME},
	{"that hides its name", NULL, "127.0.0.1", "http", "a.example", "null",
		"same-origin", ACCESS_NOT_THAT_NAME},
	{"where everybody may", NULL, "192.0.2.1", "http", "a.example",
		"http://a.example", "", ACCESS_YES},
};

static void test_a_page_whose_name_was_pointed_here_may_not_publish(
	void **state)
{
	char *from[] = {mem_text(span_of("127.0.0.0/8")),
		mem_text(span_of("10.0.0.0/8")),
		mem_text(span_of("0.0.0.0/0"))};

	(void)state;
	for (size_t i = 0; i < COUNT(pages); i++) {
		bool all = i + 1 == COUNT(pages);
		char *origins[] = {mem_text(span_of(pages[i].origins))};
		struct config config = {.publish_from = from,
			.publish_from_count = all ? 3 : 2,
			.origins = origins,
			.origin_count = pages[i].origins != NULL};
		struct request request = {.address = pages[i].address,
			.scheme = pages[i].scheme,
			.host = pages[i].host,
			.origin = pages[i].origin,
			.fetch_site = pages[i].site,
			.forwarded = "",
			.forwarded_for = "",
			.real_ip = "",
			.via = ""};
		struct sender *sender = sender_new(&config);

		CHECK(pages[i].name,
			sender_may_publish(sender, &request) == pages[i].word);
		sender_free(sender);
		free(origins[0]);
	}
	for (size_t i = 0; i < COUNT(from); i++)
		free(from[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_only_named_addresses_are_admitted),
		cmocka_unit_test(test_without_a_prefix_nobody_is_admitted),
		cmocka_unit_test(test_a_page_of_another_origin_may_not_publish),
		cmocka_unit_test(
			test_an_address_that_a_proxy_lends_to_everybody_proves_nothing),
		cmocka_unit_test(
			test_a_page_whose_name_was_pointed_here_may_not_publish),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
