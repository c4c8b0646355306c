/* SPDX-License-Identifier: MIT */
/*
 * reconnects - subscribers that are cut at seeded moments and come back with
 * Last-Event-ID, and the books of what they saw
 *
 *     reconnects SEED RECONNECTS PORT SOCKET BOOKS < conversation
 *
 * Standard input is first the plan (lives.h).  Those of one chair follow each
 * other: the next sits down when the one before has caught up.  After so many
 * answered reconnects, or an empty line, no more cuts are made, and `calm` is
 * printed, later `all there` when all have caught up.  The next line of
 * standard input has an id for each chair; once all have seen that far, or the
 * last number of the line, milliseconds, is over, a line of JSON tells what
 * happened, and BOOKS ("-" for none) has ids and sums of the subscribers, one
 * after the other.
 */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "lives.h"

enum {
	STDIN_NUMBER = LIVES_CHAIRS,
	PATIENCE_MS = 120000, /* until all have caught up */
};

/* AWAY until `due`; else connected, and cut at `due` at the latest. */
struct chair {
	int fd;
	bool sent, half; /* half: closed for writing */
	bool patient;	 /* waits for an answer, however long it takes */
	uint64_t due;
	uint64_t wanted; /* the id to have seen at the end */
	bool back;	 /* this connection's request named an id */
	struct life *life;
	struct framing framing;
};

static struct lives lives;
static struct chair chairs[LIVES_CHAIRS];
static uint64_t random_state;
static uint64_t reconnects; /* wanted */
static uint64_t answered;   /* reconnects that were told `connected` */
static uint64_t connects, refused, ends, cuts[PLACES], resets_sent;
static struct sockaddr_in web;
static struct sockaddr_un fcgi;
static int loop;
static bool calm;

static uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* splitmix64 */
static uint64_t chance(uint64_t below)
{
	uint64_t z = random_state += UINT64_C(0x9E3779B97F4A7C15);

	z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
	z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
	return (z ^ z >> 31) % below;
}

/* 0 to 2^most, each power of two as likely. */
static uint32_t any_size(unsigned most)
{
	return (uint32_t)chance(UINT64_C(1) << chance(most + 1));
}

static struct cut draw_cut(struct chair *chair)
{
	chair->due = now_ms() + any_size(8);
	chair->patient = chance(8) != 0;
	switch (chance(6)) {
	case 0:
		return (struct cut){CUT_BYTES, 1 + any_size(18)};
	case 1:
		return (struct cut){CUT_EVENTS, any_size(11)};
	case 2:
		chair->due += 1000;
		return (struct cut){CUT_BEFORE_LIVE, 0};
	case 3:
		chair->due += 1000;
		return (struct cut){CUT_AFTER_LIVE, any_size(6)};
	default:
		return (struct cut){CUT_NEVER, 0};
	}
}

static uint64_t draw_absence(void)
{
	switch (chance(16)) {
	case 0:
		return 1000 + chance(2000);
	case 1:
	case 2:
	case 3:
		return chance(300);
	default:
		return chance(8);
	}
}

static bool caught_up(const struct chair *chair)
{
	return chair->fd >= 0 && chair->life->books.place >= HANDED_OVER;
}

static void hang_up(struct chair *chair)
{
	struct linger reset = {1, 0};

	if (chance(2) == 0 && chair->life->door == FRAMING_HTTP) {
		setsockopt(chair->fd, SOL_SOCKET, SO_LINGER, &reset,
			sizeof(reset));
		resets_sent++;
	}
	close(chair->fd);
	chair->fd = -1;
	chair->due = now_ms() + (calm ? chance(8) : draw_absence());
}

/* Not at once again, whatever was wrong. */
static void is_refused(struct chair *chair)
{
	refused++;
	hang_up(chair);
	chair->due += 20;
}

static void leave(struct chair *chair)
{
	struct life *life = chair->life;

	cuts[life->books.place]++;
	if (life->books.place >= HANDED_OVER)
		life = lives_next(&lives, life->chair, life);
	hang_up(chair);
	if (life != NULL)
		chair->life = life;
}

static void watch(struct chair *chair, int act, uint32_t events)
{
	struct epoll_event event = {
		.events = events, .data.u64 = (uint64_t)(chair - chairs)};

	if (epoll_ctl(loop, act, chair->fd, &event) != 0)
		err(2, "epoll_ctl");
}

static void ask(struct chair *chair)
{
	struct life *life = chair->life;
	uint64_t id =
		life->books.last_id != 0 ? life->books.last_id : life->last_id;
	char text[4096];
	size_t len = framing_request(
		text, sizeof(text), life->door, life->target, id);

	chair->back = life->books.last_id != 0;
	if (send(chair->fd, text, len, MSG_NOSIGNAL) != (ssize_t)len) {
		is_refused(chair);
		return;
	}
	chair->sent = true;
	watch(chair, EPOLL_CTL_MOD, EPOLLIN);
}

static void dial(struct chair *chair)
{
	bool http = chair->life->door == FRAMING_HTTP;
	void *there = http ? (void *)&web : (void *)&fcgi;
	socklen_t size = http ? sizeof(web) : sizeof(fcgi);

	chair->fd = socket(http ? AF_INET : AF_UNIX,
		SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (chair->fd < 0)
		err(2, "socket");
	chair->sent = chair->half = false;
	framing_begin(&chair->framing, chair->life->door);
	struct cut cut = draw_cut(chair);
	books_begin(&chair->life->books, calm ? (struct cut){0} : cut);
	if (calm)
		chair->due = UINT64_MAX;
	if (connect(chair->fd, there, size) != 0 && errno != EINPROGRESS) {
		is_refused(chair);
		return;
	}
	connects++;
	watch(chair, EPOLL_CTL_ADD, EPOLLOUT);
}

bool framing_body(void *arg, const char *at, size_t len)
{
	struct chair *chair = arg;
	struct books *books = &chair->life->books;
	bool before = books->place == UNANSWERED;
	bool more = books_read(books, at, len);

	if (before && books->place != UNANSWERED && chair->back)
		answered++;
	return more;
}

static void readable(struct chair *chair)
{
	static char room[256 << 10];
	ssize_t got = recv(chair->fd, room, sizeof(room), 0);

	if (got < 0 && errno == EAGAIN)
		return;
	if (got <= 0) {
		ends++;
		hang_up(chair);
	} else if (!framing_take(&chair->framing, chair, room, (size_t)got)) {
		if (chair->framing.headed) {
			leave(chair);
		} else {
			is_refused(chair);
		}
	} else if (chair->framing.ended) {
		ends++;
		hang_up(chair);
	}
}

/* Some say first that they will write no more. */
static void time_is_up(struct chair *chair, uint64_t now)
{
	if (chair->fd < 0) {
		dial(chair);
	} else if (calm) {
		chair->due = UINT64_MAX;
	} else if (chair->patient && chair->life->books.place == UNANSWERED) {
		chair->due = now + 1 + any_size(6);
	} else if (chair->sent && !chair->half && chance(8) == 0) {
		chair->half = true;
		shutdown(chair->fd, SHUT_WR);
		chair->due = now + chance(20);
	} else {
		leave(chair);
	}
}

static bool all_caught_up(void)
{
	for (uint32_t i = 0; i < lives.chairs; i++)
		if (!caught_up(&chairs[i]))
			return false;
	return true;
}

static void enough(void)
{
	calm = true;
	for (uint32_t i = 0; i < lives.chairs; i++)
		chairs[i].life->books.cut = (struct cut){0};
}

static void tick(void)
{
	uint64_t now = now_ms();

	for (uint32_t i = 0; i < lives.chairs; i++)
		if (chairs[i].due <= now)
			time_is_up(&chairs[i], now);
	if (!calm && answered >= reconnects)
		enough();
}

/* Returns true if standard input has something to say. */
static bool turn(void)
{
	struct epoll_event events[64];
	int count = epoll_wait(loop, events, 64, 1);
	bool said = false;

	for (int i = 0; i < count; i++) {
		uint64_t number = events[i].data.u64;
		struct chair *chair = &chairs[number];
		if (number == STDIN_NUMBER)
			said = true;
		else if (chair->fd >= 0 && !chair->sent)
			ask(chair);
		else if (chair->fd >= 0)
			readable(chair);
	}
	tick();
	return said;
}

static void sit_down(void)
{
	for (uint32_t i = 0; i < lives.chairs; i++) {
		chairs[i].life = lives_next(&lives, i, NULL);
		if (chairs[i].life == NULL)
			errx(2, "nobody sits on chair %u", i);
		chairs[i].fd = -1;
		chairs[i].due = now_ms() + chance(200);
	}
}

static uint64_t read_fences(void)
{
	uint64_t within;

	for (uint32_t i = 0; i < lives.chairs; i++)
		if (scanf("%" SCNu64, &chairs[i].wanted) != 1)
			errx(2, "no fences");
	if (scanf("%" SCNu64, &within) != 1)
		errx(2, "no time for the fences");
	return within;
}

static void wait_for_fences(uint64_t within)
{
	uint64_t began = now_ms();
	bool all = false;

	while (!all && now_ms() < began + within) {
		turn();
		all = true;
		for (uint32_t i = 0; i < lives.chairs; i++)
			all &= chairs[i].life->books.seen >= chairs[i].wanted;
	}
	for (uint32_t i = 0; i < lives.chairs; i++)
		if (chairs[i].life->books.seen < chairs[i].wanted)
			chairs[i].life->late_ms = (int64_t)within;
}

static void report(void)
{
	printf("{\"answered\": %" PRIu64 ", \"connects\": %" PRIu64
	       ", \"refused\": %" PRIu64 ", \"ends\": %" PRIu64
	       ", \"reset\": %" PRIu64 ", \"cuts\": [%" PRIu64 ", %" PRIu64
	       ", %" PRIu64 ", %" PRIu64 "], \"lives\": ",
		answered, connects, refused, ends, resets_sent,
		cuts[UNANSWERED], cuts[REPLAYING], cuts[HANDED_OVER],
		cuts[LIVE]);
	lives_print(&lives);
	printf("}\n");
}

static void say(const char *words)
{
	printf("%s\n", words);
	fflush(stdout);
}

static void progress(void)
{
	static uint64_t next;
	uint64_t now = now_ms();

	if (now < next)
		return;
	next = now + 1000;
	printf("%" PRIu64 "\n", answered);
	fflush(stdout);
}

static void open_doors(const char *port, const char *path)
{
	struct epoll_event event = {
		.events = EPOLLIN, .data.u64 = STDIN_NUMBER};

	web.sin_family = AF_INET;
	web.sin_port = htons((uint16_t)atoi(port));
	web.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	fcgi.sun_family = AF_UNIX;
	strncpy(fcgi.sun_path, path, sizeof(fcgi.sun_path) - 1);
	loop = epoll_create1(EPOLL_CLOEXEC);
	if (epoll_ctl(loop, EPOLL_CTL_ADD, STDIN_FILENO, &event) != 0)
		err(2, "standard input");
}

int main(int argc, char **argv)
{
	if (argc != 6)
		errx(2, "SEED RECONNECTS PORT SOCKET BOOKS");
	setvbuf(stdin, NULL, _IONBF, 0);
	random_state = strtoull(argv[1], NULL, 10);
	reconnects = strtoull(argv[2], NULL, 10);
	bool keep = strcmp(argv[5], "-") != 0;
	lives_read(&lives, keep);
	sit_down();
	open_doors(argv[3], argv[4]);
	while (!calm) {
		int said = turn() ? getchar() : 0;
		if (said == EOF)
			errx(2, "nobody is there any more");
		if (said == '\n')
			enough();
		progress();
	}
	say("calm");
	uint64_t deadline = now_ms() + PATIENCE_MS;
	while (!all_caught_up() && now_ms() < deadline)
		turn();
	say("all there");
	while (!turn())
		;
	wait_for_fences(read_fences());
	if (keep)
		lives_write(&lives, argv[5]);
	report();
	lives_release(&lives);
	return 0;
}
