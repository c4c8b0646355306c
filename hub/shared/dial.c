/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "hub/shared/dial.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

#include "hub/shared/command.h"
#include "hub/shared/fault.h"
#include "hub/shared/password.h"
#include "lib/text.h"

/* ---- addresses */

static bool copy(char *to, size_t size, const char *at, size_t len)
{
	if (len == 0 || len >= size)
		return false;
	memcpy(to, at, len);
	to[len] = '\0';
	return true;
}

bool dial_address(
	const char *address, size_t len, char *host, size_t size, int *port)
{
	static const char unix_[] = "unix:";
	const char *colon = memrchr(address, ':', len);
	uint64_t number;

	*port = 0;
	if (len >= 5 && memcmp(address, unix_, 5) == 0)
		return copy(host, size, address + 5, len - 5) &&
		       strlen(host) <
			       sizeof(((struct sockaddr_un *)0)->sun_path);
	if (colon == NULL ||
		!text_to_u64(
			span(colon + 1, (size_t)(address + len - colon - 1)),
			&number) ||
		number == 0 || number > 65535)
		return false;
	*port = (int)number;
	len = (size_t)(colon - address);
	/* Of a name the look-up would stop the only thread. */
	if (len > 2 && address[0] == '[' && address[len - 1] == ']')
		return copy(host, size, address + 1, len - 2) &&
		       inet_pton(AF_INET6, host, &(struct in6_addr){0}) == 1;
	return copy(host, size, address, len) &&
	       inet_pton(AF_INET, host, &(struct in_addr){0}) == 1;
}

/* ---- one that will not do */

static void stop_timers(struct dial *dial)
{
	struct timers *timers = loop_timers(dial->conn.loop);

	timer_stop(timers, &dial->rest);
	timer_stop(timers, &dial->patience);
}

static bool is_last(const struct dial *dial)
{
	return dial->addresses[dial->next] == '\0';
}

static void rest(struct dial *dial)
{
	timer_set(loop_timers(dial->conn.loop), &dial->rest, dial->rest_us, 0);
	dial->rest_us *= 2;
	if (dial->rest_us > DIAL_REST_MOST_MS * 1000ull)
		dial->rest_us = DIAL_REST_MOST_MS * 1000ull;
}

/* The next one is tried at once, the first one after a rest. */
static void fail(struct dial *dial, bool told)
{
	stop_timers(dial);
	conn_close(&dial->conn);
	dial->ready = false;
	if (is_last(dial)) {
		dial->next = 0;
		told = true;
		rest(dial);
	} else {
		timer_set(loop_timers(dial->conn.loop), &dial->rest, 0, 0);
	}
	buf_add_char(&dial->fault, '\0');
	if (told)
		dial->notify.lost(dial->notify.arg, dial->fault.at);
}

static void blame(struct dial *dial)
{
	buf_clear(&dial->fault);
	buf_printf(&dial->fault, "%s: ", dial->address);
}

static void fail_for(struct dial *dial, const char *why)
{
	bool told = dial->ready;

	blame(dial);
	buf_add_text(&dial->fault, why);
	fail(dial, told);
}

static void fail_with(struct dial *dial, const struct redis_reply *error)
{
	blame(dial);
	fault_of_error(&dial->fault, dial->conn.redis->text(error));
	fail(dial, dial->ready);
}

void dial_give_up(struct dial *dial, const char *sentence)
{
	/* Others may be better. */
	blame(dial);
	buf_add_text(&dial->fault, sentence);
	fail(dial, true);
}

void dial_settle(struct dial *dial)
{
	dial->rest_us = DIAL_REST_LEAST_MS * 1000ull;
}

static void on_patience(void *arg)
{
	fail_for(arg, "it does not answer");
}

static void on_gone(void *arg, const char *fault)
{
	fail_for(arg, fault);
}

/* ---- one that may */

static void on_welcome(void *arg, const struct redis_reply *reply)
{
	struct dial *dial = arg;

	if (dial->conn.redis->kind(reply) == REDIS_KIND_ERROR)
		fail_with(dial, reply);
}

static void on_role(void *arg, const struct redis_reply *reply)
{
	struct dial *dial = arg;
	const struct redis *redis = dial->conn.redis;

	if (redis->kind(reply) == REDIS_KIND_ERROR) {
		fail_with(dial, reply);
	} else if (redis->count(reply) == 0 ||
		   !span_is(redis->text(redis->item(reply, 0)), "master")) {
		fail_for(dial, "it is read-only: a replica, not a master");
	} else {
		stop_timers(dial);
		dial->ready = true;
		dial->notify.ready(dial->notify.arg);
	}
}

static void ask(struct dial *dial, struct buf *command, conn_answer *answer)
{
	conn_ask(&dial->conn, command, answer, dial);
	buf_clear(command);
}

static void ask_in(
	struct dial *dial, struct buf *command, const struct buf *password)
{
	const char *user = dial->options->user;

	command_begin(command, user == NULL ? 2 : 3);
	command_word(command, span_of("AUTH"));
	if (user != NULL)
		command_word(command, span_of(user));
	command_word(command, buf_span(password));
	ask(dial, command, on_welcome);
}

/* All at once: the first that fails ends it. */
static void greet(struct dial *dial, const struct buf *password)
{
	const struct dial_options *options = dial->options;
	struct buf command = {0};

	if (options->password_file != NULL)
		ask_in(dial, &command, password);
	if (options->db != 0) {
		command_begin(&command, 2);
		command_word(&command, span_of("SELECT"));
		command_number(&command, options->db);
		ask(dial, &command, on_welcome);
	}
	command_begin(&command, 3);
	command_word(&command, span_of("CLIENT"));
	command_word(&command, span_of("SETNAME"));
	command_word(&command, span_of(options->name));
	ask(dial, &command, NULL);
	command_text(&command, "ROLE");
	ask(dial, &command, on_role);
	buf_release(&command);
}

static void take_address(struct dial *dial)
{
	const char *at = dial->addresses + dial->next;
	size_t len = strcspn(at, " ");

	free(dial->address);
	dial->address = mem_text(span(at, len));
	dial->next += len + strspn(at + len, " ");
}

/* From the loop, so that nobody is told from within a call of his. */
static void on_rest(void *arg)
{
	struct dial *dial = arg;
	char host[sizeof(((struct sockaddr_un *)0)->sun_path)];
	char fault[REDIS_FAULT];
	struct buf password = {0};
	int port;

	take_address(dial);
	if (!dial_address(dial->address, strlen(dial->address), host,
		    sizeof(host), &port)) {
		fail_for(dial, "this is no address");
	} else if (dial->options->password_file != NULL &&
		   !password_read(&password, dial->options->password_file,
			   &dial->fault)) {
		fail(dial, false);
	} else if (!conn_open(&dial->conn, host, port, fault)) {
		fail_for(dial, fault);
	} else {
		timer_set(loop_timers(dial->conn.loop), &dial->patience,
			dial->options->patience_us, 0);
		greet(dial, &password);
	}
	buf_release(&password);
}

/* ---- life */

void dial_open(struct dial *dial, struct loop *loop, const struct redis *redis,
	const struct dial_options *options, const struct dial_notify *notify)
{
	*dial = (struct dial){
		.conn = {.loop = loop,
			.redis = redis,
			.gone = on_gone,
			.arg = dial},
		.options = options,
		.notify = *notify,
	};
	timer_init(&dial->rest, on_rest, dial);
	timer_init(&dial->patience, on_patience, dial);
}

void dial_close(struct dial *dial)
{
	dial_stop(dial);
	buf_release(&dial->fault);
	free(dial->addresses);
	free(dial->address);
}

void dial_start(struct dial *dial, const char *addresses)
{
	char *copied = mem_text(span_of(addresses + strspn(addresses, " ")));

	dial_stop(dial);
	free(dial->addresses);
	dial->addresses = copied;
	dial->next = 0;
	dial->rest_us = DIAL_REST_LEAST_MS * 1000ull;
	timer_set(loop_timers(dial->conn.loop), &dial->rest, 0, 0);
}

void dial_stop(struct dial *dial)
{
	stop_timers(dial);
	conn_close(&dial->conn);
	dial->ready = false;
}
