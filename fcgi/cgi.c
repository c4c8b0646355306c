#include <config.h>

#include "fcgi/cgi.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fcgi/accept.h"
#include "fcgi/cgi_records.h"
#include "fcgi/dialogue.h"
#include "fcgi/reply.h"
#include "lib/buf.h"
#include "lib/log.h"
#include "lib/sock.h"
#include "lib/text.h"

enum { CHUNK = 32 << 10 };

struct cgi {
	struct ev_loop *loop;
	struct gate *gate;
	const struct dialogue *dialogue; /* is the hub there? */
	struct ev_io body;    /* standard input, while it is wanted */
	struct ev_io say;     /* our end, while `said` waits */
	struct ev_io hear;    /* our end, while `answer` has room */
	struct ev_io write;   /* standard output, while `answer` waits */
	struct ev_io trouble; /* an epoll: standard output has an error */
	struct ev_timer deadline;
	struct ev_prepare met; /* looks whether the hub is there */
	struct ev_timer patience;
	int gate_end;	    /* of the socket pair; -1 = the gate has it */
	uint64_t body_left; /* bytes of it still to come */
	struct buf said;    /* records for the gate */
	struct buf heard;   /* less than one whole record */
	struct buf answer;  /* for standard output */
	size_t written;	    /* bytes of it that are gone */
	bool begun, ended;
};

static void stop(struct cgi *cgi)
{
	ev_break(cgi->loop, EVBREAK_ALL);
}

/* ---- the answer: records in, text out */

static void follow(struct cgi *cgi)
{
	struct ev_loop *loop = cgi->loop;
	size_t left = cgi->answer.len - cgi->written;

	if (left > 0)
		ev_io_start(loop, &cgi->write);
	else
		ev_io_stop(loop, &cgi->write);
	if (left < CGI_AHEAD && !cgi->ended)
		ev_io_start(loop, &cgi->hear);
	else
		ev_io_stop(loop, &cgi->hear);
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
	ev_timer_start(cgi->loop, &cgi->deadline);
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

static void on_heard(struct ev_loop *loop, struct ev_io *watch, int events)
{
	struct cgi *cgi = watch->data;
	char *to = buf_reserve(&cgi->heard, CHUNK);
	ssize_t got = recv(watch->fd, to, CHUNK, MSG_DONTWAIT);

	(void)loop;
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

static void on_writable(struct ev_loop *loop, struct ev_io *watch, int events)
{
	(void)loop;
	(void)events;
	move_on(watch->data);
}

static void on_trouble(struct ev_loop *loop, struct ev_io *watch, int events)
{
	(void)loop;
	(void)events;
	stop(watch->data);
}

static void on_deadline(
	struct ev_loop *loop, struct ev_timer *timer, int events)
{
	(void)loop;
	(void)events;
	stop(timer->data);
}

/* ---- the request: environment and standard input in, records out */

/* Standard input is read once what was read before has been said. */
static void say(struct cgi *cgi)
{
	struct ev_loop *loop = cgi->loop;
	ssize_t took = send(cgi->say.fd, cgi->said.at, cgi->said.len,
		MSG_DONTWAIT | MSG_NOSIGNAL);

	if (took > 0)
		buf_drop(&cgi->said, (size_t)took);
	if (took < 0 && errno != EAGAIN && errno != EINTR) {
		buf_clear(&cgi->said); /* it wants no more than it has */
		cgi->body_left = 0;
	}
	if (cgi->said.len > 0)
		ev_io_start(loop, &cgi->say);
	else
		ev_io_stop(loop, &cgi->say);
	if (cgi->said.len == 0 && cgi->body_left > 0)
		ev_io_start(loop, &cgi->body);
	else
		ev_io_stop(loop, &cgi->body);
}

static void on_sayable(struct ev_loop *loop, struct ev_io *watch, int events)
{
	(void)loop;
	(void)events;
	say(watch->data);
}

/* A body that ends too early is one that its verb refuses. */
static void on_body(struct ev_loop *loop, struct ev_io *watch, int events)
{
	struct cgi *cgi = watch->data;
	char bytes[CHUNK];
	size_t wanted = cgi->body_left < CHUNK ? cgi->body_left : CHUNK;
	ssize_t got = read(watch->fd, bytes, wanted);

	(void)loop;
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
static void begin(struct cgi *cgi)
{
	cgi_say_request(&cgi->said, environ);
	if (!text_to_u64(span_of(getenv("CONTENT_LENGTH")), &cgi->body_left))
		cgi->body_left = 0;
	if (cgi->body_left == 0)
		cgi_say_body(&cgi->said, span(NULL, 0));
	say(cgi);
}

/* ---- the hub first */

static void go_in(struct cgi *cgi)
{
	ev_prepare_stop(cgi->loop, &cgi->met);
	ev_timer_stop(cgi->loop, &cgi->patience);
	gate_take(cgi->gate, cgi->gate_end);
	cgi->gate_end = -1;
}

static void on_met(struct ev_loop *loop, struct ev_prepare *watch, int events)
{
	struct cgi *cgi = watch->data;

	(void)loop;
	(void)events;
	if (!dialogue_health(cgi->dialogue).away)
		go_in(cgi);
}

static void on_impatient(
	struct ev_loop *loop, struct ev_timer *timer, int events)
{
	(void)loop;
	(void)events;
	go_in(timer->data);
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

static void watch(struct cgi *cgi, struct ev_io *io,
	void (*ready)(struct ev_loop *, struct ev_io *, int), int fd,
	int events)
{
	ev_io_init(io, ready, fd, events);
	io->data = cgi;
}

struct cgi *cgi_new(struct ev_loop *loop, struct gate *gate,
	const struct dialogue *dialogue)
{
	struct cgi *cgi = mem_new(sizeof(*cgi));
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0,
		    ends) != 0)
		log_fatal("cgi: no socket pair");
	cgi->loop = loop;
	cgi->gate = gate;
	cgi->dialogue = dialogue;
	watch(cgi, &cgi->body, on_body, STDIN_FILENO, EV_READ);
	watch(cgi, &cgi->say, on_sayable, ends[0], EV_WRITE);
	watch(cgi, &cgi->hear, on_heard, ends[0], EV_READ);
	watch(cgi, &cgi->write, on_writable, STDOUT_FILENO, EV_WRITE);
	watch(cgi, &cgi->trouble, on_trouble, watch_trouble(), EV_READ);
	ev_timer_init(&cgi->deadline, on_deadline, REPLY_DEADLINE_MS / 1e3, 0.);
	cgi->deadline.data = cgi;
	fcntl(STDOUT_FILENO, F_SETFL,
		fcntl(STDOUT_FILENO, F_GETFL) | O_NONBLOCK);
	if (cgi->trouble.fd >= 0)
		ev_io_start(loop, &cgi->trouble);
	cgi->gate_end = ends[1];
	ev_prepare_init(&cgi->met, on_met);
	/* before the uplink's, which sends what this brings about */
	ev_set_priority(&cgi->met, EV_MAXPRI);
	ev_timer_init(&cgi->patience, on_impatient, CGI_HUB_MS / 1e3, 0.);
	cgi->met.data = cgi->patience.data = cgi;
	ev_prepare_start(loop, &cgi->met);
	ev_timer_start(loop, &cgi->patience);
	begin(cgi);
	follow(cgi);
	return cgi;
}

int cgi_free(struct cgi *cgi)
{
	struct ev_loop *loop = cgi->loop;
	int status = cgi->begun ? EXIT_SUCCESS : EXIT_FAILURE;

	ev_io_stop(loop, &cgi->body);
	ev_io_stop(loop, &cgi->say);
	ev_io_stop(loop, &cgi->hear);
	ev_io_stop(loop, &cgi->write);
	ev_io_stop(loop, &cgi->trouble);
	ev_timer_stop(loop, &cgi->deadline);
	ev_prepare_stop(loop, &cgi->met);
	ev_timer_stop(loop, &cgi->patience);
	if (cgi->gate_end >= 0)
		close(cgi->gate_end);
	if (cgi->trouble.fd >= 0)
		close(cgi->trouble.fd);
	close(cgi->hear.fd);
	buf_release(&cgi->said);
	buf_release(&cgi->heard);
	buf_release(&cgi->answer);
	free(cgi);
	return status;
}
