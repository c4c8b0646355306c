/* SPDX-License-Identifier: MIT */
/* ticket: what somebody may read, in a text */
#include <config.h>

#include <string.h>

#include "fcgi/guard/ticket.h"
#include "lib/event/scope.h"
#include "lib/event/selector.h"
#include "lib/wire.h"
#include "tests/unit/token_room.h"

static struct wire_secret secret;

struct office {
	struct token_room room;
	struct tickets *tickets;
	struct buf text;
};

static int enter(void **state)
{
	static struct office office;

	office = (struct office){0};
	secret = (struct wire_secret){.known = true};
	memcpy(secret.bytes, secret_text, WIRE_SECRET);
	room_open(&office.room, span_of(secret_text), "algorithms = HS256\n");
	office.tickets = tickets_new(office.room.keyring, &secret);
	*state = &office;
	return 0;
}

static int leave(void **state)
{
	struct office *office = *state;

	tickets_free(office->tickets);
	buf_release(&office->text);
	room_close(&office->room);
	return 0;
}

static void issue(struct office *office)
{
	const struct scope_item items[] = {
		{span_of("users/\"7\""), true},
		{span_of("{not}"), true},
		{span_of("builds/{name}"), false},
	};
	const struct ticket ticket = {.items = items,
		.count = COUNT(items),
		.until_ms = NOW_MS + 5999};

	buf_clear(&office->text);
	assert_true(ticket_write(office->tickets, &office->text, &ticket));
}

static bool is_good(struct office *office, struct span text, uint64_t now_ms)
{
	struct rights *rights = ticket_read(office->tickets, text, now_ms);

	rights_release(rights);
	return rights != NULL;
}

static void test_a_ticket_says_what_was_written(void **state)
{
	struct office *office = *state;
	struct rights *rights;

	issue(office);
	rights = ticket_read(office->tickets, buf_span(&office->text), NOW_MS);
	assert_non_null(rights);
	assert_int_equal(rights->subscribe_count, 3);
	assert_int_equal(rights->publish_count, 0);
	assert_int_equal(rights->until_ms, NOW_MS + 5000);
	assert_true(
		rights_may(rights, RIGHT_SUBSCRIBE, span_of("users/\"7\"")));
	assert_true(rights_may(rights, RIGHT_SUBSCRIBE, span_of("builds/1")));
	assert_true(rights_may(rights, RIGHT_SUBSCRIBE, span_of("{not}")));
	assert_false(rights_may(rights, RIGHT_SUBSCRIBE, span_of("a")));
	rights_release(rights);
}

static void test_a_ticket_is_good_until_its_second(void **state)
{
	struct office *office = *state;
	struct span text;

	issue(office);
	text = buf_span(&office->text);
	assert_true(is_good(office, text, NOW_MS + 4999));
	assert_true(is_good(office, text, NOW_MS + 4999)); /* it is known */
	assert_false(is_good(office, text, NOW_MS + 5000));
	assert_false(is_good(office, text, NOW_MS + 5000));
}

static void test_a_ticket_with_any_byte_changed_is_bad(void **state)
{
	struct office *office = *state;

	issue(office);
	for (size_t i = 0; i < office->text.len; i++) {
		office->text.at[i] ^= 1;
		assert_false(is_good(office, buf_span(&office->text), NOW_MS));
		office->text.at[i] ^= 1;
		assert_false(is_good(office, span(office->text.at, i), NOW_MS));
	}
	assert_true(is_good(office, buf_span(&office->text), NOW_MS));
}

static void test_a_ticket_of_another_log_is_bad_also_if_it_was_known(
	void **state)
{
	struct office *office = *state;

	issue(office);
	assert_true(is_good(office, buf_span(&office->text), NOW_MS));
	secret.bytes[31] ^= 1;
	assert_false(is_good(office, buf_span(&office->text), NOW_MS));
	secret.bytes[31] ^= 1;
	assert_true(is_good(office, buf_span(&office->text), NOW_MS));
}

static void test_before_there_is_a_secret_none_is_made(void **state)
{
	struct office *office = *state;
	const struct ticket ticket = {.until_ms = NOW_MS + 5000};

	secret.known = false;
	assert_false(tickets_are_known(office->tickets));
	assert_false(ticket_write(office->tickets, &office->text, &ticket));
	assert_false(is_good(office, span_of("a.b.c"), NOW_MS));
}

/* One that a token has got, and that token's rights. */
static struct rights *issue_by_token(struct office *office, const char *subject)
{
	const struct scope_item items[] = {{span_of("a"), true}};
	struct buf token = {0};
	struct rights *rights;
	struct ticket ticket = {.items = items,
		.count = 1,
		.until_ms = NOW_MS + 5000,
		.subject = subject,
		.payload = "{\"name\":\"Ann\"}"};

	add_hs256(&token, "{\"alg\":\"HS256\"}", span_of("{}"));
	rights = keyring_verify(office->room.keyring, buf_span(&token), NOW_MS);
	assert_non_null(rights);
	ticket.key = rights->key;
	buf_clear(&office->text);
	assert_true(ticket_write(office->tickets, &office->text, &ticket));
	buf_release(&token);
	return rights;
}

static void test_a_ticket_says_whose_it_is_and_what_its_token_said_of_him(
	void **state)
{
	struct office *office = *state;
	struct rights *token = issue_by_token(office, "ann \"7\"");
	struct rights *rights =
		ticket_read(office->tickets, buf_span(&office->text), NOW_MS);

	assert_non_null(rights);
	assert_string_equal(rights->subject, "ann \"7\"");
	assert_string_equal(rights->payload, "{\"name\":\"Ann\"}");
	assert_ptr_equal(rights->key, token->key);
	rights_release(rights);
	rights_release(token);
}

static void test_a_name_that_is_no_text_leaves_a_ticket_without_one(
	void **state)
{
	struct office *office = *state;
	struct rights *token = issue_by_token(office, "andr\xe9");
	struct rights *rights =
		ticket_read(office->tickets, buf_span(&office->text), NOW_MS);

	assert_non_null(rights);
	assert_null(rights->subject);
	rights_release(rights);
	rights_release(token);
}

static void test_a_ticket_goes_with_the_key_of_its_token(void **state)
{
	struct office *office = *state;
	struct rights *token = issue_by_token(office, NULL);
	struct rights *known =
		ticket_read(office->tickets, buf_span(&office->text), NOW_MS);

	room_write(
		&office->room, span_of("another secret of some thirty bytes"));
	keyring_look(office->room.keyring);
	assert_true(key_is_gone(known->key));
	assert_false(is_good(office, buf_span(&office->text), NOW_MS));
	room_write(&office->room, span_of(secret_text));
	keyring_look(office->room.keyring);
	assert_true(is_good(office, buf_span(&office->text), NOW_MS));
	rights_release(known);
	rights_release(token);
}

/* As a worker does that has just started. */
static void test_a_ticket_finds_its_key_where_nobody_has_shown_its_token(
	void **state)
{
	struct office *office = *state;
	struct rights *token = issue_by_token(office, NULL);
	struct keyring *fresh = keyring_new(&office->room.config, NULL);
	struct tickets *tickets = tickets_new(fresh, &secret);
	struct rights *rights =
		ticket_read(tickets, buf_span(&office->text), NOW_MS);

	assert_non_null(rights);
	assert_non_null(rights->key);
	assert_ptr_not_equal(rights->key, token->key);
	rights_release(rights);
	rights_release(token);
	tickets_free(tickets);
	keyring_free(fresh);
}

static void test_a_name_too_long_for_a_selector_is_left_out(void **state)
{
	struct office *office = *state;
	static char longest[SELECTOR_MAX + 1];
	const struct scope_item items[] = {
		{span(memset(longest, 'a', sizeof(longest)), sizeof(longest)),
			true},
		{span_of("b"), true}};
	const struct ticket ticket = {
		.items = items, .count = 2, .until_ms = NOW_MS + 5000};
	struct rights *rights;

	assert_true(ticket_write(office->tickets, &office->text, &ticket));
	rights = ticket_read(office->tickets, buf_span(&office->text), NOW_MS);
	assert_non_null(rights);
	assert_int_equal(rights->subscribe_count, 1);
	rights_release(rights);
}

/* Signed as it should be. */
static const struct {
	const char *name, *header, *claims;
	bool good;
} strange[] = {
	{"as ours", "{\"alg\":\"HS256\",\"typ\":\"tidings-ticket\"}",
		"{\"exp\":1700000001,\"names\":[],\"patterns\":[]}", true},
	{"of no type", "{\"alg\":\"HS256\"}",
		"{\"exp\":1700000001,\"names\":[],\"patterns\":[]}", false},
	{"with an end beyond all times",
		"{\"alg\":\"HS256\",\"typ\":\"tidings-ticket\"}",
		"{\"exp\":34155555540000200,\"names\":[],\"patterns\":[]}",
		false},
	{"without an end", "{\"alg\":\"HS256\",\"typ\":\"tidings-ticket\"}",
		"{\"names\":[],\"patterns\":[]}", false},
	{"without names", "{\"alg\":\"HS256\",\"typ\":\"tidings-ticket\"}",
		"{\"exp\":1700000001,\"patterns\":[]}", false},
	{"of a key that there is not",
		"{\"alg\":\"HS256\",\"typ\":\"tidings-ticket\"}",
		"{\"exp\":1700000001,\"names\":[],\"patterns\":[],\"key\":"
		"\"a\"}",
		false},
	{"of a key that is no text",
		"{\"alg\":\"HS256\",\"typ\":\"tidings-ticket\"}",
		"{\"exp\":1700000001,\"names\":[],\"patterns\":[],\"key\":7}",
		false},
	{"whose sub is no text",
		"{\"alg\":\"HS256\",\"typ\":\"tidings-ticket\"}",
		"{\"exp\":1700000001,\"names\":[],\"patterns\":[],\"sub\":7}",
		false},
	{"with a name that is none",
		"{\"alg\":\"HS256\",\"typ\":\"tidings-ticket\"}",
		"{\"exp\":1700000001,\"names\":[\"\"],\"patterns\":[]}", false},
	{"with a pattern that is none",
		"{\"alg\":\"HS256\",\"typ\":\"tidings-ticket\"}",
		"{\"exp\":1700000001,\"names\":[],\"patterns\":[\"{\"]}",
		false},
};

static void test_what_is_signed_and_says_nothing_is_bad(void **state)
{
	struct office *office = *state;

	for (size_t i = 0; i < COUNT(strange); i++) {
		buf_clear(&office->text);
		add_hs256(&office->text, strange[i].header,
			span_of(strange[i].claims));
		CHECK(strange[i].name, is_good(office, buf_span(&office->text),
					       NOW_MS) == strange[i].good);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, enter, leave)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_a_ticket_says_what_was_written),
		TEST(test_a_ticket_is_good_until_its_second),
		TEST(test_a_ticket_with_any_byte_changed_is_bad),
		TEST(test_a_ticket_of_another_log_is_bad_also_if_it_was_known),
		TEST(test_before_there_is_a_secret_none_is_made),
		TEST(test_what_is_signed_and_says_nothing_is_bad),
		TEST(test_a_ticket_says_whose_it_is_and_what_its_token_said_of_him),
		TEST(test_a_name_that_is_no_text_leaves_a_ticket_without_one),
		TEST(test_a_name_too_long_for_a_selector_is_left_out),
		TEST(test_a_ticket_goes_with_the_key_of_its_token),
		TEST(test_a_ticket_finds_its_key_where_nobody_has_shown_its_token),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
