/* SPDX-License-Identifier: MIT */
/* access: by address, origin and host */
#include <config.h>

#include <stdlib.h>

#include "fcgi/guard/access.h"
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
	struct access *access = access_new(config);
	struct request *request = request_new();
	enum access_word word;

	request->address = address;
	request->origin = origin;
	request->host = "our.example";
	request->scheme = "http";
	word = access_may_publish(access, request);
	request_free(request);
	access_free(access);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_only_named_addresses_are_admitted),
		cmocka_unit_test(test_without_a_prefix_nobody_is_admitted),
		cmocka_unit_test(test_a_page_of_another_origin_may_not_publish),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
