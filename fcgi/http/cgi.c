/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "fcgi/http/cgi.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fcgi/http/accept.h"
#include "fcgi/http/cgi_records.h"
#include "fcgi/http/reply.h"
#include "fcgi/lines.h"
#include "fcgi/uplink/session.h"
#include "lib/buf.h"
#include "lib/log.h"
#include "lib/loop.h"
#include "lib/sock.h"
#include "lib/text.h"

enum { CHUNK = 32 << 10 };

struct cgi {
	struct loop *loop;
	struct acceptor *acceptor;
	const struct session *session; /* is the hub there? */
	struct loop_io body;	       /* standard input, while it is wanted */
	struct loop_io say;	       /* our end, while `said` waits */
	struct loop_io hear;	       /* our end, while `answer` has room */
	struct loop_io write;	/* standard output, while `answer` waits */
	struct loop_io trouble; /* an epoll: standard output has an error */
	struct timer deadline;
	struct loop_turn met; /* looks whether the hub is there */
	struct timer patience;
	int acceptor_end;   /* of the socket pair; -1 = the acceptor has it */
	uint64_t body_left; /* bytes of it still to come */
	struct buf said;    /* records for the acceptor */
	struct buf heard;   /* less than one whole record */
	struct buf answer;  /* for standard output */
	size_t written;	    /* bytes of it that are gone */
	bool begun, ended;
};

static void stop(struct cgi *cgi)
{
	loop_stop(cgi->loop);
}

/* ---- the answer: records in, text out */

static void follow(struct cgi *cgi)
{
	size_t left = cgi->answer.len - cgi->written;

	if (left > 0)
		loop_io_want(cgi->loop, &cgi->write, LOOP_WRITE);
	else
		loop_io_want(cgi->loop, &cgi->write, 0);
	if (left < CGI_AHEAD && !cgi->ended)
		loop_io_want(cgi->loop, &cgi->hear, LOOP_READ);
	else
		loop_io_want(cgi->loop, &cgi->hear, 0);
	if (left == 0 && cgi->ended)
		stop(cgi);
}

/* Writes what standard output takes; false if nobody is there any more. */
static bool flush(struct cgi *cgi)
{
	struct buf *answer = &cgi->answer;
	ssize_t took = 1;

	while (cgi->written < answer->len && took > 0) {
		took = write(STDOUT_FILENO, answer->at + cgi->written,
			answer->len - cgi->written);
		if (took > 0)
			cgi->written += (size_t)took;
	}
	if (took < 0 && errno != EAGAIN && errno != EINTR)
		return false;
	if (cgi->written == answer->len) {
		cgi->written = 0;
		buf_clear(answer);
	}
	return true;
}

static void move_on(struct cgi *cgi)
{
	if (flush(cgi))
		follow(cgi);
	else
		stop(cgi);
}

static void end(struct cgi *cgi)
{
	cgi->ended = true;
	timer_set(loop_timers(cgi->loop), &cgi->deadline,
		REPLY_DEADLINE_MS * 1000ull, 0);
}

static void take_records(struct cgi *cgi)
{
	bool ended = false;
	size_t taken = cgi_hear(&cgi->answer, buf_span(&cgi->heard), &ended);

	buf_drop(&cgi->heard, taken);
	cgi->begun |= cgi->answer.len > 0;
	if (ended)
		end(cgi);
}

static void on_heard(void *arg, unsigned events)
{
	struct cgi *cgi = arg;
	char *to = buf_reserve(&cgi->heard, CHUNK);
	ssize_t got = recv(loop_io_fd(&cgi->hear), to, CHUNK, MSG_DONTWAIT);

	(void)events;
	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (got > 0)
		cgi->heard.len += (size_t)got;
	take_records(cgi);
	if (got <= 0 && !cgi->ended)
		end(cgi); /* closed in the middle, or without a word */
	move_on(cgi);
}

static void on_writable(void *arg, unsigned events)
{
	(void)events;
	move_on(arg);
}

static void on_trouble(void *arg, unsigned events)
{
	(void)events;
	stop(arg);
}

static void on_deadline(void *arg)
{
	stop(arg);
}

/* ---- the request: environment and standard input in, records out */

/* Standard input is read once what was read before has been said. */
static void say(struct cgi *cgi)
{
	ssize_t took = send(loop_io_fd(&cgi->say), cgi->said.at, cgi->said.len,
		MSG_DONTWAIT | MSG_NOSIGNAL);

	if (took > 0)
		buf_drop(&cgi->said, (size_t)took);
	if (took < 0 && errno != EAGAIN && errno != EINTR) {
		buf_clear(&cgi->said); /* it wants no more than it has */
		cgi->body_left = 0;
	}
	if (cgi->said.len > 0)
		loop_io_want(cgi->loop, &cgi->say, LOOP_WRITE);
	else
		loop_io_want(cgi->loop, &cgi->say, 0);
	if (cgi->said.len == 0 && cgi->body_left > 0)
		loop_io_want(cgi->loop, &cgi->body, LOOP_READ);
	else
		loop_io_want(cgi->loop, &cgi->body, 0);
}

static void on_sayable(void *arg, unsigned events)
{
	(void)events;
	say(arg);
}

/* A body that ends too early is one that its handler refuses. */
static void on_body(void *arg, unsigned events)
{
	struct cgi *cgi = arg;
	char bytes[CHUNK];
	size_t wanted = cgi->body_left < CHUNK ? cgi->body_left : CHUNK;
	ssize_t got = read(STDIN_FILENO, bytes, wanted);

	(void)events;
	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (got > 0)
		cgi_say_body(&cgi->said, span(bytes, (size_t)got));
	cgi->body_left -= got > 0 ? (uint64_t)got : cgi->body_left;
	if (cgi->body_left == 0)
		cgi_say_body(&cgi->said, span(NULL, 0));
	say(cgi);
}

/* Without Content-Length there is no body (RFC 3875 section 4.2). */
static void begin(struct cgi *cgi, const char *base)
{
	cgi_say_request(&cgi->said, environ, base);
	if (!text_to_u64(span_of(getenv("CONTENT_LENGTH")), &cgi->body_left))
		cgi->body_left = 0;
	if (cgi->body_left == 0)
		cgi_say_body(&cgi->said, span(NULL, 0));
	say(cgi);
}

/* ---- the hub first */

static void go_in(struct cgi *cgi)
{
	loop_turn_stop(cgi->loop, &cgi->met);
	timer_stop(loop_timers(cgi->loop), &cgi->patience);
	acceptor_take(cgi->acceptor, cgi->acceptor_end);
	cgi->acceptor_end = -1;
}

static void on_met(void *arg)
{
	struct cgi *cgi = arg;

	if (!session_health(cgi->session).away)
		go_in(cgi);
}

static void on_impatient(void *arg)
{
	go_in(arg);
}

/* ---- life */

bool cgi_is_meant(void)
{
	return getenv("GATEWAY_INTERFACE") != NULL &&
	       !sock_is_listening(STDIN_FILENO);
}

/* Readable once standard output has an error or nobody at its other end, and
 * at nothing else: libev cannot ask that of a descriptor.  -1 for a file. */
static int watch_trouble(void)
{
	struct epoll_event nothing = {0};
	int fd = epoll_create1(EPOLL_CLOEXEC);

	if (fd < 0 ||
		epoll_ctl(fd, EPOLL_CTL_ADD, STDOUT_FILENO, &nothing) == 0)
		return fd;
	close(fd);
	return -1;
}

struct cgi *cgi_new(struct loop *loop, struct acceptor *acceptor,
	const struct session *session, const char *base)
{
	struct cgi *cgi = mem_new(sizeof(*cgi));
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0,
		    ends) != 0)
		log_fatal(LINE_NO_SOCKET_PAIR);
	cgi->loop = loop;
	cgi->acceptor = acceptor;
	cgi->session = session;
	loop_io_init(&cgi->body, STDIN_FILENO, on_body, cgi);
	loop_io_init(&cgi->say, ends[0], on_sayable, cgi);
	loop_io_init(&cgi->hear, ends[0], on_heard, cgi);
	loop_io_init(&cgi->write, STDOUT_FILENO, on_writable, cgi);
	loop_io_init(&cgi->trouble, watch_trouble(), on_trouble, cgi);
	timer_init(&cgi->deadline, on_deadline, cgi);
	fcntl(STDOUT_FILENO, F_SETFL,
		fcntl(STDOUT_FILENO, F_GETFL) | O_NONBLOCK);
	loop_io_want(loop, &cgi->trouble, LOOP_READ);
	cgi->acceptor_end = ends[1];
	/* before the uplink, which sends what this brings about */
	loop_turn_init(&cgi->met, -1, on_met, cgi);
	timer_init(&cgi->patience, on_impatient, cgi);
	loop_turn_start(loop, &cgi->met);
	timer_set(loop_timers(loop), &cgi->patience, CGI_HUB_MS * 1000ull, 0);
	begin(cgi, base);
	follow(cgi);
	return cgi;
}

int cgi_free(struct cgi *cgi)
{
	int status = cgi->begun ? EXIT_SUCCESS : EXIT_FAILURE;

	loop_io_want(cgi->loop, &cgi->body, 0);
	loop_io_want(cgi->loop, &cgi->say, 0);
	loop_io_want(cgi->loop, &cgi->hear, 0);
	loop_io_want(cgi->loop, &cgi->write, 0);
	loop_io_want(cgi->loop, &cgi->trouble, 0);
	timer_stop(loop_timers(cgi->loop), &cgi->deadline);
	loop_turn_stop(cgi->loop, &cgi->met);
	timer_stop(loop_timers(cgi->loop), &cgi->patience);
	if (cgi->acceptor_end >= 0)
		close(cgi->acceptor_end);
	if (loop_io_fd(&cgi->trouble) >= 0)
		close(loop_io_fd(&cgi->trouble));
	close(loop_io_fd(&cgi->hear));
	buf_release(&cgi->said);
	buf_release(&cgi->heard);
	buf_release(&cgi->answer);
	free(cgi);
	return status;
}
