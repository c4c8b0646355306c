/* SPDX-License-Identifier: MIT */
/*
 * append_batch - a batch, and its answers (append.h)
 */
#include <config.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "hub/shared/append.h"
#include "hub/shared/command.h"
#include "hub/shared/entry.h"
#include "hub/shared/fault.h"
#include "hub/shared/random.h"
#include "lib/text.h"

enum {
	CALL_WORDS = 1 + 4 + 9, /* of a call, before its proposals */
	REPLY_WORDS = 5,	/* before the answers */
	ANSWER_WORDS = 5,	/* of each */
	DEAF_BEATS = 2, /* signs of life that a hole may take to be told */
};

/* ---- what comes of it */

struct reading {
	const struct redis *redis;
	const struct redis_reply *reply;
	bool failed;
};

static uint64_t number(struct reading *reading, size_t at)
{
	const struct redis_reply *item =
		reading->redis->item(reading->reply, at);
	int64_t value = reading->redis->number(item);

	if (reading->redis->kind(item) != REDIS_KIND_NUMBER || value < 0)
		reading->failed = true;
	return (uint64_t)value;
}

static struct span text(struct reading *reading, size_t at)
{
	const struct redis_reply *item =
		reading->redis->item(reading->reply, at);

	if (reading->redis->kind(item) != REDIS_KIND_TEXT)
		reading->failed = true;
	return reading->redis->text(item);
}

static void refuse(
	struct append *append, enum shared_where where, const char *sentence)
{
	append->notify.refused(append->notify.arg, where, sentence);
}

/* One word instead of answers: nothing was stored. */
static void take_word(struct append *append, struct reading *reading)
{
	static const struct {
		const char *word;
		enum shared_where where;
		const char *sentence;
	} words[] = {
		{"empty", SHARED_EMPTY,
			"it has nothing of ours, or has forgotten everything: "
			"tidings-hub --found writes this machine's log into "
			"it"},
		{"foreign", SHARED_AWAY,
			"it has the order of another log: prefix or db is "
			"another's, or this machine has to join it with "
			"an empty log (tidings-hub --join)"},
		{"version", SHARED_AWAY,
			"another version of Tidings made its order"},
		{"broken", SHARED_AWAY,
			"another program has written to its keys with our "
			"prefix: state is broken"},
		{"stranger", SHARED_AWAY,
			"another program has written to its keys with our "
			"prefix: log has an entry that gives no room for "
			"more"},
		{"replica", SHARED_AWAY, "it is read-only: a replica"},
		{"full", SHARED_AWAY, "there are no more ids"},
		{"forgot", SHARED_AWAY, "it has forgotten its newest events"},
	};
	struct span word = text(reading, 0);

	if (span_is(word, "unheard")) {
		append_take_back(append);
		append->busy = false;
		append->deaf =
			append->hole == append->sent_hole ? DEAF_BEATS : 0;
		return;
	}
	/* What it forgot is told first when it is linked anew. */
	if (span_is(word, "forgot"))
		append_take_back(append);
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (span_is(word, words[i].word)) {
			refuse(append, words[i].where, words[i].sentence);
			return;
		}
	refuse(append, SHARED_AWAY, "it answers what nobody understands");
}

static void take_answer(
	struct append *append, struct reading *reading, size_t at)
{
	struct waiting *waiting =
		list_entry(append->flying.next, struct waiting, node);
	uint64_t outcome = number(reading, at);
	struct shared_answer answer = {.whose = waiting->whose,
		.outcome = (enum shared_outcome)outcome,
		.first = number(reading, at + 1),
		.last = number(reading, at + 2),
		.entry = number(reading, at + 3)};

	text_to_u64(text(reading, at + 4), &answer.cursor);
	if (reading->failed || outcome >= SHARED_FAILED)
		answer = (struct shared_answer){.whose = waiting->whose,
			.outcome = SHARED_FAILED,
			.reason = "the shared order's answer is malformed"};
	append->row_failed |=
		waiting->is_row && answer.outcome == SHARED_FAILED;
	append_raise_floor(append, answer.entry);
	append_drop(append, waiting);
	append->notify.answered(append->notify.arg, &answer);
}

static bool take_identity(struct append *append, struct reading *reading)
{
	struct span identity = text(reading, 3), secret = text(reading, 4);

	if (reading->failed ||
		!entry_read_id(identity, append->identity, SHARED_ID) ||
		!entry_read_id(secret, append->secret, SHARED_SECRET))
		return false;
	append->identity_known = true;
	return true;
}

static void take_list(struct append *append, struct reading *reading)
{
	size_t count = reading->redis->count(reading->reply);
	uint64_t last;

	if (count < REPLY_WORDS || !span_is(text(reading, 0), "ok")) {
		take_word(append, reading);
		return;
	}
	last = number(reading, 1);
	if (!take_identity(append, reading)) {
		refuse(append, SHARED_AWAY,
			"another program has written to its keys with our "
			"prefix: state is broken");
		return;
	}
	append->busy = false;
	append->took_us = loop_now_us(append->loop) - append->sent_us;
	for (size_t at = REPLY_WORDS;
		at + ANSWER_WORDS <= count && !list_empty(&append->flying);
		at += ANSWER_WORDS)
		take_answer(append, reading, at);
	append->notify.heard(append->notify.arg, last, append->sent_us);
	if (append->look_sent > append->looked) {
		append->looked = append->look_sent;
		append->notify.looked(append->notify.arg, append->looked, last);
	}
}

/* Of one that has done nothing. */
static void take_error(struct append *append, struct reading *reading)
{
	struct span error = reading->redis->text(reading->reply);

	buf_clear(&append->fault);
	fault_of_error(&append->fault, error);
	buf_add_char(&append->fault, '\0');
	append->busy = false;
	/* With nothing to be stored it should not have failed; and who is
	 * read-only is of no use any more. */
	if (list_empty(&append->flying) ||
		(error.len > 8 && memcmp(error.at, "READONLY", 8) == 0)) {
		refuse(append, SHARED_AWAY, append->fault.at);
		return;
	}
	append_fail_flying(append, append->fault.at);
}

static void on_reply(void *arg, const struct redis_reply *reply)
{
	struct append *append = arg;
	struct reading reading = {append->conn->redis, reply, false};

	if (script_is_gone(&append->script, reply)) {
		append_send(append);
	} else if (reading.redis->kind(reply) == REDIS_KIND_ERROR) {
		take_error(append, &reading);
	} else if (reading.redis->count(reply) == 0) {
		refuse(append, SHARED_AWAY,
			"it answers what nobody understands");
	} else {
		take_list(append, &reading);
	}
}

/* ---- a batch */

/* Of those that are waiting, the first that fit are flying. */
static void take_off(struct append *append)
{
	size_t count = 0, bytes = 0;

	while (!list_empty(&append->waiting) && count < APPEND_MOST) {
		struct waiting *waiting =
			list_entry(append->waiting.next, struct waiting, node);

		bytes += waiting->words.len;
		if (count > 0 && bytes > APPEND_BYTES)
			break;
		list_remove(&waiting->node);
		list_append(&append->flying, &waiting->node);
		count++;
	}
}

static size_t count_flying(const struct append *append, size_t *words)
{
	size_t count = 0;

	*words = 0;
	for (struct node *at = append->flying.next; at != &append->flying;
		at = at->next, count++)
		*words += list_entry(at, struct waiting, node)->word_count;
	return count;
}

static void put_call(struct append *append, size_t count, size_t words)
{
	struct buf *out = &append->command, scratch = {0};

	script_call(&append->script, out, CALL_WORDS + words);
	command_number(out, 4);
	command_key(out, append->prefix, "log");
	command_key(out, append->prefix, "hole");
	command_key(out, append->prefix, "state");
	command_key(out, append->prefix, "inbox");
	command_key(out, append->prefix, "");
	buf_clear(&scratch);
	if (append->identity_known)
		entry_put_id(&scratch, append->identity, SHARED_ID);
	command_word(out, buf_span(&scratch));
	command_number(out, append->floor);
	command_number(out, random_below(RANDOM_JUMP));
	command_number(out, APPEND_RECEIPT_AGE_S);
	command_number(out, append->key_age_s);
	command_number(out, APPEND_BRIEF_AGE_S);
	command_number(out, append->hole);
	command_number(out, count);
	buf_release(&scratch);
}

void append_send(struct append *append)
{
	size_t words, count;

	/* If some fly already, the script has to be sent once more. */
	if (append->open && append->deaf == 0 && list_empty(&append->flying) &&
		list_empty(&append->doomed) && !append->row_failed)
		take_off(append);
	count = count_flying(append, &words);
	buf_clear(&append->command);
	put_call(append, count, words);
	for (struct node *at = append->flying.next; at != &append->flying;
		at = at->next)
		buf_add_span(&append->command,
			buf_span(&list_entry(at, struct waiting, node)->words));
	append->busy = true;
	append->probe = false;
	append->sent_hole = append->hole;
	append->look_sent = append->look;
	append->sent_us = loop_now_us(append->loop);
	conn_ask(append->conn, &append->command, on_reply, append);
	append_watch(append);
}
