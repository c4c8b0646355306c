/* SPDX-License-Identifier: MIT */
/* config: what may stand in tidings.conf, and what is said of the rest */
#include <config.h>

#include <pwd.h>

#include "tests/unit/config_room.h"

static const uint64_t HOUR = 3600000, DAY = 86400000;

static void test_without_a_file_everything_has_its_default(void **state)
{
	struct config config;

	(void)state;
	assert_null(config_try(&config, NULL));
	assert_false(config.syslog || config.debug);
	assert_non_null(strstr(config.hub_socket, "/tidings/hub.sock"));
	assert_int_equal(config.hub_socket_mode, 0660);
	assert_true(config.hub_socket_group == (gid_t)-1);
	assert_int_equal(config.hub_user_count, 0);
	assert_non_null(strstr(config.log_path, "/lib/tidings/log.db"));
	assert_true(config.keep.age_ms == 7 * DAY);
	assert_true(config.keep.events == 1000000);
	assert_true(config.keep.bytes == 1 << 30);
	assert_true(config.key_age_ms == 86400000);
	assert_false(config.demo);
	assert_non_null(strstr(config.fcgi_socket, "/tidings/fcgi.sock"));
	assert_int_equal(config.fcgi_socket_mode, 0660);
	assert_true(config.fcgi_socket_group == (gid_t)-1);
	assert_int_equal(config.workers, 1);
	assert_int_equal(config.streams, 0);
	assert_int_equal(config.connections, 0);
	assert_int_equal(config.streams_per_address, 0);
	assert_int_equal(config.publish_from_count, 2);
	assert_string_equal(config.publish_from[0], "127.0.0.0/8");
	assert_string_equal(config.publish_from[1], "::1");
	assert_int_equal(config.publish_rate, 0);
	assert_int_equal(config.publish_rate_total, 0);
	assert_int_equal(config.stream_channels, 1000000);
	assert_int_equal(config.channels_per_address, 0);
	assert_int_equal(config.selectors, 1000);
	assert_int_equal(config.host_count, 0);
	assert_int_equal(config.origin_count, 0);
	assert_true(config.keepalive_ms == 15000);
	assert_true(config.retry_ms == 2000);
	assert_int_equal(config.window, 16 << 20);
	assert_int_equal(config.max_event, 64 << 10);
	assert_int_equal(config.max_body, 1 << 20);
	assert_true(config.rest_ms == 250);
	assert_int_equal(config.channel_count, 0);
	assert_int_equal(config.inbox_count, 0);
	config_release(&config);
}

static void test_an_empty_file_changes_nothing(void **state)
{
	struct config config;

	(void)state;
	must_load(&config, "");
	assert_int_equal(config.workers, 1);
	config_release(&config);
	must_load(&config, "\n\n# only words\n   ; indented\n[hub]\n");
	assert_int_equal(config.workers, 1);
	config_release(&config);
}

static void test_a_base_has_one_name_or_several(void **state)
{
	struct config config;

	(void)state;
	must_load(&config, "[responder]\nbase = /live/tidings-2\n");
	assert_string_equal(config.base, "/live/tidings-2");
	config_release(&config);
	must_load(&config, "[responder]\nbase =\n");
	assert_string_equal(config.base, "");
	config_release(&config);
}

static void test_every_value_goes_where_it_belongs(void **state)
{
	struct config config;

	(void)state;
	must_load(&config,
		"[log]\nto = syslog\nlevel = debug\n"
		"[hub]\nsocket = /a/hub.sock\nsocket_mode = 600\n"
		"socket_group = root\nusers = root, 33\nlog = /a/log.db\n"
		"keep_age = 36h\nkeep_events = 0\nkeep_bytes = 10M\n"
		"key_age = 2d\ndemo = yes\n"
		"[responder]\nsocket = /a/fcgi.sock\nsocket_mode = 0666\n"
		"socket_group = 7\nworkers = 64\n"
		"streams = 9000\nconnections = 28000\nstreams_per_address = "
		"20\n"
		"publish_from = 10.0.0.0/8, 192.0.2.7 fd00::/8\n"
		"publish_rate = 50\npublish_rate_total = 200\n"
		"channels = 0\nchannels_per_address = 30\nselectors = 100000\n"
		"hosts = www.example, 127.0.0.1 [::1]\n"
		"origins = https://a.example http://localhost:8080\n"
		"keepalive = 1s\nretry = 500ms\nwindow = 1M\n"
		"max_event = 1K\nmax_body = 4096\nrest = 0\n");
	assert_true(config.syslog && config.debug);
	assert_string_equal(config.hub_socket, "/a/hub.sock");
	assert_int_equal(config.hub_socket_mode, 0600);
	assert_int_equal(config.hub_socket_group, 0);
	assert_int_equal(config.hub_user_count, 2);
	assert_int_equal(config.hub_users[0], 0);
	assert_int_equal(config.hub_users[1], 33);
	assert_string_equal(config.log_path, "/a/log.db");
	assert_true(config.keep.age_ms == 36 * HOUR);
	assert_true(config.keep.events == 0);
	assert_true(config.keep.bytes == 10 << 20);
	assert_true(config.key_age_ms == 2 * DAY);
	assert_true(config.demo);
	assert_string_equal(config.fcgi_socket, "/a/fcgi.sock");
	assert_int_equal(config.fcgi_socket_mode, 0666);
	assert_int_equal(config.fcgi_socket_group, 7);
	assert_int_equal(config.workers, 64);
	assert_int_equal(config.streams, 9000);
	assert_int_equal(config.connections, 28000);
	assert_int_equal(config.streams_per_address, 20);
	assert_int_equal(config.publish_from_count, 3);
	assert_string_equal(config.publish_from[0], "10.0.0.0/8");
	assert_string_equal(config.publish_from[2], "fd00::/8");
	assert_int_equal(config.publish_rate, 50);
	assert_int_equal(config.publish_rate_total, 200);
	assert_int_equal(config.stream_channels, 0);
	assert_int_equal(config.channels_per_address, 30);
	assert_int_equal(config.selectors, 100000);
	assert_int_equal(config.host_count, 3);
	assert_string_equal(config.hosts[2], "[::1]");
	assert_int_equal(config.origin_count, 2);
	assert_string_equal(config.origins[1], "http://localhost:8080");
	assert_true(config.keepalive_ms == 1000);
	assert_true(config.retry_ms == 500);
	assert_int_equal(config.window, 1 << 20);
	assert_int_equal(config.max_event, 1 << 10);
	assert_int_equal(config.max_body, 4096);
	assert_true(config.rest_ms == 0);
	config_release(&config);
}

static void test_the_reader_s_own_user_need_not_be_there(void **state)
{
	const char *user = "tidings-inbox";
	size_t there = getpwnam(user) != NULL;
	struct config config;

	(void)state;
	must_load(&config, "");
	assert_int_equal(config.inbox_user_count, there);
	config_release(&config);
	must_load(&config, "[hub]\ninbox_user = tidings-inbox\n");
	assert_int_equal(config.inbox_user_count, there);
	config_release(&config);
	must_load(&config, "[hub]\ninbox_user = 33\n");
	assert_int_equal(config.inbox_user_count, 1);
	assert_int_equal(config.inbox_users[0], 33);
	config_release(&config);
}

static void test_a_comment_may_be_as_long_as_it_likes(void **state)
{
	struct buf text = {0};
	struct config config;

	(void)state;
	buf_add_char(&text, '#');
	memset(buf_reserve(&text, 5000), '=', 5000);
	text.len += 5000;
	buf_add(&text, "\n[log]\nlevel = debug\n", 22);
	must_load(&config, text.at);
	assert_true(config.debug);
	config_release(&config);
	buf_release(&text);
}

#define NO_BASE                                                          \
	" is not a path such as /tidings: a slash before each name and " \
	"none at the end, letters, digits and -._~ only"

static const struct {
	const char *name;
	const char *text;
	const char *fault;
} faults[] = {
	{"an unknown section", "\n[hob]\n", ":2: unknown section [hob]"},
	{"a section without the name it needs", "[channel]\n",
		":1: unknown section [channel]"},
	{"a section with a name too many", "[hub one]\n",
		":1: unknown section [hub one]"},
	{"a section's bracket is open", "[hub\n",
		":1: expected [name] on a line of its own"},
	{"something behind a section", "[hub] socket = /x\n",
		":1: expected [name] on a line of its own"},
	{"a section twice", "[hub]\n[log]\n[hub]\n",
		":3: section [hub] is given twice"},
	{"a channel twice", "[channel a]\n[channel  a ]\n",
		":2: this section is given twice"},
	{"an inbox twice", "[inbox a]\npath=/a\n[inbox a]\npath=/b\n",
		":3: this section is given twice"},
	{"a pattern twice", "[channel a/{b}]\n[channel a/{b}]\n",
		":2: this section is given twice"},
	{"a pattern that is none", "[hub]\n[channel a/{b]\n",
		":2: a channel's name with a '{' is a URI template "
		"(RFC 6570), as in [channel builds/{name}]"},
	{"a control character in a channel", "[channel a\tb]\n",
		":1: a channel name has no control characters"},
	{"a key before any section", "socket = /x\n",
		":1: \"socket\" stands before any section"},
	{"an unknown key", "[hub]\nlog = /x\nsokcet = /x\n",
		":3: section [hub] has no key \"sokcet\""},
	{"a key of another section", "[log]\nworkers = 1\n",
		":2: section [log] has no key \"workers\""},
	{"keys are written small", "[log]\nLevel = debug\n",
		":2: section [log] has no key \"Level\""},
	{"a repeated key", "[hub]\nlog = /x\n\nlog = /x\n",
		":4: log has a value already, in line 2"},
	{"a repeated list", "[responder]\norigins = *\norigins = *\n",
		":3: origins has a value already, in line 2"},
	{"a value that goes on", "[hub]\nlog = /x\n  users = root\n",
		":3: log: only a list may continue in a line that begins with "
		"space "
		"(line 2)"},
	{"no key = value", "[hub]\nfoo\n", ":2: expected key = value"},
	{"the first fault is the one that is named",
		"[hub]\nfoo\nworkers = 1\n", ":2: expected key = value"},
	{"and not a later one", "[hub]\nworkers = 1\nfoo\n",
		":2: section [hub] has no key \"workers\""},
	{"an empty value", "[hub]\nsocket =\n",
		":2: socket: a path is missing"},
	{"a choice", "[log]\nto = file\n",
		":2: to: \"file\" is neither stderr nor syslog"},
	{"a yes", "[inbox a]\npath=/x\ncreate = true\n",
		":3: create: \"true\" is neither no nor yes"},
	{"a mode that is not octal", "[hub]\nsocket_mode = 0680\n",
		":2: socket_mode: \"0680\" is not a mode such as 0660"},
	{"a mode with set-uid", "[hub]\nsocket_mode = 4755\n",
		":2: socket_mode: \"4755\" is not a mode such as 0660"},
	{"a group", "[hub]\nsocket_group = no-such-group\n",
		":2: socket_group: there is no group \"no-such-group\""},
	{"a user in a list", "[hub]\nusers = root, no-such-user\n",
		":2: users: there is no user \"no-such-user\""},
	{"a uid that is no uid", "[hub]\nusers = 4294967295\n",
		":2: users: there is no user \"4294967295\""},
	{"a reader that is no user", "[hub]\ninbox_user = no-such-user\n",
		":2: inbox_user: there is no user \"no-such-user\""},
	{"a number", "[responder]\nworkers = two\n",
		":2: workers: \"two\" is not a number"},
	{"a number below", "[responder]\nworkers = 0\n",
		":2: workers: 0 is not from 1 to 64"},
	{"a number above", "[responder]\nworkers = 65\n",
		":2: workers: 65 is not from 1 to 64"},
	{"a number with a unit", "[responder]\nworkers = 1K\n",
		":2: workers: \"1K\" is not a number"},
	{"a negative number", "[responder]\nworkers = -1\n",
		":2: workers: \"-1\" is not a number"},
	{"a number that is far too large",
		"[hub]\nkeep_bytes = 9223372036854775807G\n",
		":2: keep_bytes: \"9223372036854775807G\" is not a size such "
		"as 64K, 16M or 1G"},
	{"a time without its unit", "[responder]\nkeepalive = 15\n",
		":2: keepalive: \"15\" is not a time such as 250ms, 15s, 24h "
		"or 7d"},
	{"a time with another unit", "[responder]\nkeepalive = 15sec\n",
		":2: keepalive: \"15sec\" is not a time such as 250ms, 15s, "
		"24h or 7d"},
	{"a time below", "[hub]\nkey_age = 23h\n",
		":2: key_age: 23h is not from 1d to 36500d"},
	{"a time above", "[responder]\nkeepalive = 2h\n",
		":2: keepalive: 2h is not from 1s to 1h"},
	{"a size below", "[responder]\nwindow = 1023K\n",
		":2: window: 1023K is not from 1M to 1G"},
	{"a size with a fraction", "[responder]\nwindow = 1.5M\n",
		":2: window: \"1.5M\" is not a size such as 64K, 16M or 1G"},
	{"a body smaller than an event", "[responder]\nmax_body = 32K\n[log]\n",
		":2: max_body: a POST of 32768 bytes cannot hold an event of "
		"65536 (max_event)"},
	{"an event larger than a body",
		"[responder]\nmax_body=1M\n"
		"max_event=1M\n[hub]\nx=1\n",
		":5: section [hub] has no key \"x\""},
	{"an address", "[responder]\npublish_from = 10.0.0.0/8 localhost\n",
		":2: publish_from: \"localhost\" is not an address such as "
		"192.0.2.7 or a prefix such as 10.0.0.0/8"},
	{"a prefix that is too long",
		"[responder]\npublish_from = ::1 1.2.3.4/33\n",
		":2: publish_from: \"1.2.3.4/33\" is not an address such as "
		"192.0.2.7 or a prefix such as 10.0.0.0/8"},
	{"a host with a port", "[responder]\nhosts = a.example:80\n",
		":2: hosts: \"a.example:80\" is neither a name such as "
		"www.example.org nor an address such as 192.0.2.7 or [::1]"},
	{"a base without a slash", "[responder]\nbase = tidings\n",
		":2: base: \"tidings\"" NO_BASE},
	{"a base that ends in a slash", "[responder]\nbase = /tidings/\n",
		":2: base: \"/tidings/\"" NO_BASE},
	{"a base that is the root", "[responder]\nbase = /\n",
		":2: base: \"/\"" NO_BASE},
	{"a base with two slashes", "[responder]\nbase = /a//b\n",
		":2: base: \"/a//b\"" NO_BASE},
	{"a base that a browser would change", "[responder]\nbase = /a/..\n",
		":2: base: \"/a/..\"" NO_BASE},
	{"an encoded base", "[responder]\nbase = /%74idings\n",
		":2: base: \"/%74idings\"" NO_BASE},
	{"a base that is a URL", "[responder]\nbase = http://a.example/x\n",
		":2: base: \"http://a.example/x\"" NO_BASE},
	{"a base with a query", "[responder]\nbase = /a?b\n",
		":2: base: \"/a?b\"" NO_BASE},
	{"an origin with a path", "[responder]\norigins = https://a.example/\n",
		":2: origins: \"https://a.example/\" is neither * nor an "
		"origin such as https://www.example.org"},
	{"an origin without a scheme", "[responder]\norigins = a.example\n",
		":2: origins: \"a.example\" is neither * nor an origin such "
		"as https://www.example.org"},
	{"an origin with a star in it",
		"[responder]\norigins = https://*.example\n",
		":2: origins: \"https://*.example\" is neither * nor an "
		"origin such as https://www.example.org"},
	{"an inbox without a path", "[log]\n[inbox a]\ncreate = yes\n[hub]\n",
		":2: an inbox needs a path"},
	{"the last inbox without a path", "[log]\n\n[inbox a]\n",
		":3: an inbox needs a path"},
	{"two inboxes with one path",
		"[inbox a]\npath=/a\n[inbox b]\ncreate=no\npath=/a\n",
		":5: path: inbox \"a\" has this file already"},
	{"what is not UTF-8", "[channel \xff]\n",
		":1: byte 10 of this line is not UTF-8"},
	{"a BOM in the middle", "[log]\n\xef\xbb\xbflevel = info\n",
		":2: section [log] has no key \"\xef\xbb\xbflevel\""},
};

static void test_a_fault_is_named_with_its_line(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(faults); i++) {
		struct config config;
		char *fault = try_text(&config, span_of(faults[i].text));

		CHECK(faults[i].name, fault != NULL);
		CHECK_TEXT(faults[i].name, span_of(fault), faults[i].fault);
		free(fault);
	}
}

static void test_a_socket_path_fits_an_address(void **state)
{
	struct buf text = {0};
	struct config config;
	char *fault;

	(void)state;
	buf_add_span(&text, span_of("[hub]\nsocket = /"));
	memset(buf_reserve(&text, 107), 'x', 107);
	text.len += 107;
	fault = try_text(&config, buf_span(&text));
	assert_non_null(fault);
	assert_string_equal(fault, ":2: socket: a path has at most 107 bytes");
	free(fault);
	text.len--;
	assert_null(try_text(&config, buf_span(&text)));
	config_release(&config);
	buf_release(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			test_without_a_file_everything_has_its_default),
		cmocka_unit_test(test_an_empty_file_changes_nothing),
		cmocka_unit_test(test_a_base_has_one_name_or_several),
		cmocka_unit_test(test_every_value_goes_where_it_belongs),
		cmocka_unit_test(test_the_reader_s_own_user_need_not_be_there),
		cmocka_unit_test(test_a_comment_may_be_as_long_as_it_likes),
		cmocka_unit_test(test_a_fault_is_named_with_its_line),
		cmocka_unit_test(test_a_socket_path_fits_an_address),
	};

	return cmocka_run_group_tests_name("config", tests, NULL, NULL);
}
