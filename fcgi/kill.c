/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "fcgi/kill.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fcgi/guard/own_page.h"
#include "fcgi/http/reply.h"
#include "fcgi/lines.h"
#include "lib/clock.h"
#include "lib/json/document.h"
#include "lib/json/json.h"
#include "lib/log.h"

/* ---- the token */

struct token {
	char text[KILL_TOKEN_MOST];
	size_t len; /* 0 = there is none */
};

/* Is the file nobody's but its owner's? */
static bool is_secret(int fd)
{
	struct stat stat;

	return fstat(fd, &stat) == 0 && S_ISREG(stat.st_mode) &&
	       (stat.st_mode & 077) == 0;
}

/* Each time anew: who takes the file away takes the switch away. */
static struct token read_token(const char *file)
{
	struct token token = {0};
	ssize_t len = -1;
	int fd = file[0] == '\0' ? -1
				 : open(file, O_RDONLY | O_CLOEXEC |
						      O_NOFOLLOW | O_NONBLOCK);

	if (fd >= 0 && is_secret(fd))
		len = read(fd, token.text, sizeof(token.text));
	if (fd >= 0)
		close(fd);
	while (len > 0 && strchr(" \r\n", token.text[len - 1]) != NULL)
		len--;
	if (len >= KILL_TOKEN_LEAST)
		token.len = (size_t)len;
	return token;
}

/* In the same time, however much of it is right. */
static bool is_same(const struct token *token, struct span text)
{
	unsigned char different = 0;

	if (token->len != text.len)
		return false;
	for (size_t i = 0; i < text.len; i++)
		different |= (unsigned char)(token->text[i] ^ text.at[i]);
	return different == 0;
}

static bool shows_token(
	const struct request *request, const struct token *token)
{
	const struct member *member;
	struct document body;
	struct json_fault fault;
	struct buf text = {0};
	bool same;

	if (!document_read(&body, buf_span(&request->body), &fault))
		return false;
	member = document_member(&body, "token");
	if (member != NULL && json_is_string(member->value))
		json_decode(&text, member->value);
	same = is_same(token, buf_span(&text));
	buf_release(&text);
	document_release(&body);
	return same;
}

/* ---- what is answered */

/* ms; 0 = it may be killed. */
static uint64_t spared_for(const struct kill_switch *kill_switch)
{
	uint64_t age = (clock_now_us(kill_switch->timers->clock) -
			       kill_switch->began) /
		       1000;

	return age < KILL_AGE_MS ? KILL_AGE_MS - age : 0;
}

static void answer(struct replies *replies, struct request *request,
	unsigned status, struct json_object *object)
{
	struct buf body = {0};

	json_add_number(object, "process", (uint64_t)getpid());
	json_end(object, &body);
	reply_json(replies, request, status, buf_span(&body));
	buf_release(&body);
}

void kill_tell(void *room, struct request *request, const struct target *target)
{
	const struct kill_switch *kill_switch = room;
	struct token token = read_token(kill_switch->file);
	struct json_object *object;

	(void)target;
	if (token.len == 0 || own_page_asks(request) != ASKER_PAGE) {
		reply(kill_switch->replies, request,
			&(struct answer){.status = 204});
		return;
	}
	object = json_new();
	json_add_text(object, "token", span(token.text, token.len));
	json_add_number(object, "spared_ms", spared_for(kill_switch));
	if (kill_switch->inbox != NULL)
		json_add_text(object, "inbox", span_of(kill_switch->inbox));
	answer(kill_switch->replies, request, 200, object);
}

static void refuse_young(const struct kill_switch *kill_switch,
	struct request *request, uint64_t spared)
{
	char header[48];

	snprintf(header, sizeof(header), "Retry-After: %u\r\n",
		(unsigned)((spared + 999) / 1000));
	reply_error_with(kill_switch->replies, request, header, 429,
		"too_young", "this process has only just begun: wait");
}

/* False if it has been refused. */
static bool may_kill(
	const struct kill_switch *kill_switch, struct request *request)
{
	struct token token = read_token(kill_switch->file);
	uint64_t spared = spared_for(kill_switch);

	if (token.len == 0)
		reply_error(kill_switch->replies, request, 404, "not_found",
			"there is nothing at this address");
	else if (own_page_asks(request) == ASKER_FOREIGN)
		reply_error(kill_switch->replies, request, 403, "not_from_here",
			"only this machine's own page may do that");
	else if (!shows_token(request, &token))
		reply_error(kill_switch->replies, request, 403, "wrong_token",
			"that needs the token of quickstart");
	else if (spared > 0)
		refuse_young(kill_switch, request, spared);
	else
		return true;
	return false;
}

void kill_do(void *room, struct request *request, const struct target *target)
{
	struct kill_switch *kill_switch = room;
	struct json_object *object;

	(void)target;
	if (!may_kill(kill_switch, request))
		return;
	object = json_new();
	json_add_text(object, "status", span_of("dying"));
	answer(kill_switch->replies, request, 202, object);
	if (!timer_is_set(&kill_switch->death))
		timer_set(kill_switch->timers, &kill_switch->death,
			KILL_AFTER_MS * 1000ull, 0);
}

/* ---- life, and its end */

static void on_death(void *arg)
{
	(void)arg;
	log_info(LINE_KILLED);
	kill(getpid(), SIGKILL);
}

void kill_switch_open(struct kill_switch *kill_switch, const char *file,
	const char *inbox, struct timers *timers, struct replies *replies)
{
	*kill_switch = (struct kill_switch){
		.file = file,
		.inbox = inbox,
		.timers = timers,
		.replies = replies,
		.began = clock_now_us(timers->clock),
	};
	timer_init(&kill_switch->death, on_death, kill_switch);
}

void kill_switch_close(struct kill_switch *kill_switch)
{
	timer_stop(kill_switch->timers, &kill_switch->death);
}
