/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "tests/bench/publishers.h"

#include <err.h>
#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/bench/answer.h"

enum state { IDLE, ASKING, WAITING };

enum {
	AGAIN_NS = 20000000,
	HEAD_MAX = OPTIONS_PATH + (4 << 10),
};

struct publisher {
	int fd;
	uint32_t number;
	enum state state;
	uint32_t event;
	uint64_t began; /* of its first attempt */
	uint64_t due;
	struct answer answer;
};

struct publishers {
	const struct options *options;
	struct ledger *ledger;
	int epoll;
	bool keyed;
	uint32_t capacity;
	uint64_t start;
	uint64_t stop;
	uint64_t answered_last;
	uint32_t turn;
	uint32_t acknowledged;
	uint32_t failed;
	uint32_t again;
	struct histogram lag;
	struct histogram ack;
	char *text;
	struct publisher *all;
};

struct publishers *publishers_new(
	const struct options *options, struct ledger *ledger, int epoll)
{
	struct publishers *publishers = calloc(1, sizeof(*publishers));

	if (publishers == NULL)
		err(1, "publishers");
	publishers->options = options;
	publishers->ledger = ledger;
	publishers->epoll = epoll;
	publishers->keyed = options->publish != NULL &&
			    strstr(options->publish, "{key}") != NULL;
	publishers->capacity = options_capacity(options);
	publishers->all = calloc(options->publishers, sizeof(struct publisher));
	publishers->text = malloc(HEAD_MAX + options->size);
	if (publishers->all == NULL || publishers->text == NULL)
		err(1, "publishers");
	for (uint32_t i = 0; i < options->publishers; i++) {
		publishers->all[i].fd = -1;
		publishers->all[i].number = i;
	}
	return publishers;
}

void publishers_free(struct publishers *publishers)
{
	for (uint32_t i = 0; i < publishers->options->publishers; i++)
		if (publishers->all[i].fd >= 0)
			close(publishers->all[i].fd);
	free(publishers->all);
	free(publishers->text);
	free(publishers);
}

static void dial(struct publishers *publishers, struct publisher *one)
{
	struct sockaddr_in there = {.sin_family = AF_INET,
		.sin_port = htons(publishers->options->publish_port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct epoll_event event = {.events = EPOLLIN,
		.data.u64 = publishers->options->streams + one->number};
	int on = 1;

	one->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (one->fd < 0 ||
		connect(one->fd, (struct sockaddr *)&there, sizeof(there)) != 0)
		err(1, "publishers: connect to port %u",
			publishers->options->publish_port);
	setsockopt(one->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (epoll_ctl(publishers->epoll, EPOLL_CTL_ADD, one->fd, &event) != 0)
		err(1, "publishers: epoll_ctl");
}

static void hang_up(struct publisher *one)
{
	close(one->fd);
	one->fd = -1;
}

/* No answer, or a bad one. */
static void failed(struct publishers *publishers, struct publisher *one)
{
	hang_up(one);
	if (publishers->keyed) {
		publishers->again++;
		one->state = WAITING;
		one->due = payload_now() + AGAIN_NS;
		return;
	}
	if (publishers->failed++ == 0)
		warnx("publishers: event %u: %.*s", one->event, 60,
			one->answer.got > 0 ? one->answer.text
					    : "connection closed");
	one->state = IDLE;
}

static void post(struct publishers *publishers, struct publisher *one)
{
	const struct options *options = publishers->options;
	const bool form = options->form != NULL, token = options->token != NULL;
	struct payload payload = {one->event, one->number, one->began};
	char path[OPTIONS_PATH], before[1024] = "";

	if (one->fd < 0)
		dial(publishers, one);
	options_path(path, sizeof(path), options->publish,
		one->event % options->channels, one->event);
	if (form)
		options_path(before, sizeof(before), options->form,
			one->event % options->channels, one->event);
	int len = snprintf(publishers->text, HEAD_MAX,
		"POST %s HTTP/1.1\r\nHost: 127.0.0.1:%u\r\n%s%s%s"
		"Content-Type: %s\r\nContent-Length: %zu\r\n\r\n%s",
		path, options->port, token ? "Authorization: Bearer " : "",
		token ? options->token : "", token ? "\r\n" : "",
		form ? "application/x-www-form-urlencoded" : "text/plain",
		strlen(before) + options->size, before);
	if (len >= HEAD_MAX)
		errx(1, "publishers: a POST's head is too long");
	payload_write(publishers->text + len, options->size, &payload);
	one->state = ASKING;
	answer_clear(&one->answer);
	size_t all = (size_t)len + options->size;
	if (send(one->fd, publishers->text, all, MSG_NOSIGNAL) != (ssize_t)all)
		failed(publishers, one);
}

static struct publisher *next_idle(struct publishers *publishers)
{
	uint32_t count = publishers->options->publishers;

	for (uint32_t i = 0; i < count; i++) {
		struct publisher *one =
			&publishers->all[(publishers->turn + i) % count];
		if (one->state != IDLE)
			continue;
		publishers->turn = one->number + 1;
		return one;
	}
	return NULL;
}

void publishers_start(struct publishers *publishers, uint64_t now)
{
	double seconds = publishers->options->seconds;

	publishers->start = now;
	publishers->stop = now + (uint64_t)(seconds * 1e9);
}

/* A server that cannot keep up does not make the run longer. */
static bool finished(
	const struct publishers *publishers, uint64_t due, uint64_t now)
{
	return publishers->ledger->published == publishers->capacity ||
	       due >= publishers->stop || now >= publishers->stop;
}

static uint64_t due_time(const struct publishers *publishers, uint64_t now)
{
	double rate = publishers->options->rate;

	if (rate <= 0)
		return now;
	return publishers->start +
	       (uint64_t)(publishers->ledger->published * 1e9 / rate);
}

static uint64_t repeat(struct publishers *publishers, uint64_t now)
{
	uint64_t next = UINT64_MAX;

	for (uint32_t i = 0; i < publishers->options->publishers; i++) {
		struct publisher *one = &publishers->all[i];
		if (one->state == WAITING && one->due <= now)
			post(publishers, one);
		if (one->state == WAITING && one->due < next)
			next = one->due;
	}
	return next;
}

uint64_t publishers_tick(struct publishers *publishers, uint64_t now)
{
	uint64_t next =
		publishers->keyed ? repeat(publishers, now) : UINT64_MAX;

	for (;;) {
		uint64_t due = due_time(publishers, now);
		if (finished(publishers, due, now))
			return next;
		if (due > now)
			return due < next ? due : next;
		struct publisher *one = next_idle(publishers);
		if (one == NULL)
			return next;
		one->event = publishers->ledger->published++;
		one->began = payload_now();
		histogram_add(&publishers->lag, one->began - due);
		post(publishers, one);
	}
}

static void answered(struct publishers *publishers, struct publisher *one)
{
	uint64_t now = payload_now();

	if (!answer_is_good(&one->answer)) {
		failed(publishers, one);
		return;
	}
	publishers->acknowledged++;
	publishers->answered_last = now;
	histogram_add(&publishers->ack, now - one->began);
	one->state = IDLE;
	if (answer_is_last(&one->answer))
		hang_up(one);
}

void publishers_ready(struct publishers *publishers, uint32_t number)
{
	struct publisher *one = &publishers->all[number];

	if (one->fd < 0)
		return;
	switch (answer_take(&one->answer, one->fd)) {
	case ANSWER_PART:
		break;
	case ANSWER_WHOLE:
		answered(publishers, one);
		break;
	case ANSWER_CUT:
		if (one->state == ASKING)
			failed(publishers, one);
		else
			hang_up(one);
	}
}

bool publishers_done(const struct publishers *publishers)
{
	uint64_t now = payload_now();

	for (uint32_t i = 0; i < publishers->options->publishers; i++)
		if (publishers->all[i].state != IDLE)
			return false;
	return finished(publishers, due_time(publishers, now), now);
}

void publishers_print(const struct publishers *publishers)
{
	double span = (double)(publishers->answered_last - publishers->start);

	printf("acknowledged=%u\nfailed=%u\nsent_again=%u\n",
		publishers->acknowledged, publishers->failed,
		publishers->again);
	if (publishers->acknowledged > 0)
		printf("acknowledged_per_s=%.0f\n",
			publishers->acknowledged / span * 1e9);
	histogram_print(&publishers->ack, "ack");
	if (publishers->options->rate > 0)
		histogram_print(&publishers->lag, "lag");
}
