/*
 * main - tidings.fcgi, the responder
 *
 *   parent   binds the socket, or has it from a service manager (LISTEN_FDS),
 *            and keeps it and its workers (lib/parent.h)
 *   worker   SERVING, then from SIGTERM on DRAINING: accepts no more, streams
 *            get their end, answers that are on their way finish; gone when
 *            they have, or after DRAIN_MS.  SIGHUP: the same, but a successor
 *            is there, so that it takes its time (departure.h)
 *
 * Started by a web server it is a worker without a parent: for as long as it is
 * let, if the listening socket is its standard input (mod_fcgid, lighttpd's
 * bin-path), or as a CGI program for one request (cgi.h).
 */
#include <config.h>

#include <ev.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fcgi/accept.h"
#include "fcgi/asker.h"
#include "fcgi/audience.h"
#include "fcgi/cgi.h"
#include "fcgi/departure.h"
#include "fcgi/fanout.h"
#include "fcgi/meter.h"
#include "fcgi/opening.h"
#include "fcgi/pager.h"
#include "fcgi/quota.h"
#include "fcgi/reply.h"
#include "fcgi/responder.h"
#include "fcgi/stream.h"
#include "fcgi/tasks.h"
#include "fcgi/uplink.h"
#include "fcgi/window.h"
#include "lib/clock.h"
#include "lib/config.h"
#include "lib/handover.h"
#include "lib/log.h"
#include "lib/parent.h"
#include "lib/sock.h"

enum {
	DRAIN_MS = 6000, /* more than the hub's word may take, less than the
			    parent's patience */
	READY_LOOK_MS = 10,
};

struct options {
	const char *config;
	const char *socket;
	bool test;	   /* of the configuration only */
	char *const *argv; /* main's */
};

struct job {
	struct config config;
	int listener; /* -1: a CGI program has none */
};

struct worker {
	struct responder responder;
	struct cgi *cgi; /* NULL if it is none */
	struct departure *departure;
	struct ev_signal term, interrupt, hangup;
	struct ev_prepare drained;
	struct ev_timer deadline;
	struct ev_timer ready; /* looks whether the window has been filled */
	bool ending;
};

static const char usage[] =
	"Usage: tidings.fcgi [-c FILE] [--socket PATH]\n"
	"Serve Server-Sent Events behind a web server that speaks FastCGI.\n"
	"\n"
	"  -c, --config FILE   read this tidings.conf\n"
	"  -s, --socket PATH   listen here, whatever the configuration says\n"
	"  -t, --test          read the configuration, and end\n"
	"  -h, --help          show this and end\n"
	"  -V, --version       show the version and end\n";

/* ---- a worker */

static void on_drained(
	struct ev_loop *loop, struct ev_prepare *prepare, int events)
{
	struct responder *responder = prepare->data;

	(void)events;
	if (gate_count(responder->gate) == 0 &&
		askers_count(responder->askers) == 0 &&
		replies_count(responder->replies) == 0 &&
		stream_count(responder) == 0)
		ev_break(loop, EVBREAK_ALL);
}

static void on_deadline(
	struct ev_loop *loop, struct ev_timer *timer, int events)
{
	(void)timer;
	(void)events;
	ev_break(loop, EVBREAK_ALL);
}

static void end_within(struct worker *worker, unsigned ms)
{
	struct ev_loop *loop = worker->responder.loop;

	if (worker->cgi == NULL) /* which knows itself when it is done */
		ev_prepare_start(loop, &worker->drained);
	ev_timer_stop(loop, &worker->deadline);
	ev_timer_set(&worker->deadline, ms / 1000.0, 0.0);
	ev_timer_start(loop, &worker->deadline);
}

static void on_signal(
	struct ev_loop *loop, struct ev_signal *signal, int events)
{
	struct worker *worker = signal->data;
	struct responder *responder = &worker->responder;

	(void)loop;
	(void)events;
	if (worker->ending)
		return;
	worker->ending = responder->draining = true;
	gate_shut(responder->gate);
	stream_drain(responder);
	end_within(worker, DRAIN_MS);
}

static void on_hangup(
	struct ev_loop *loop, struct ev_signal *signal, int events)
{
	struct worker *worker = signal->data;

	(void)loop;
	(void)events;
	if (worker->responder.draining)
		return;
	departure_begin(worker->departure);
	end_within(worker, DEPARTURE_MS);
}

/* From now on there is somebody to take over from an older version. */
static void on_ready(struct ev_loop *loop, struct ev_timer *timer, int events)
{
	struct worker *worker = timer->data;
	const struct responder *responder = &worker->responder;

	(void)events;
	if (!window_valid(responder->window) ||
		!uplink_is_filled(responder->uplink))
		return;
	parent_ready();
	ev_timer_stop(loop, timer);
}

static void watch(struct worker *worker)
{
	struct ev_loop *loop = worker->responder.loop;

	ev_signal_init(&worker->term, on_signal, SIGTERM);
	worker->term.data = worker;
	ev_signal_start(loop, &worker->term);
	ev_signal_init(&worker->interrupt, on_signal, SIGINT);
	worker->interrupt.data = worker;
	ev_signal_start(loop, &worker->interrupt);
	ev_signal_init(&worker->hangup, on_hangup, SIGHUP);
	worker->hangup.data = worker;
	ev_signal_start(loop, &worker->hangup);
	ev_timer_init(&worker->ready, on_ready, 0.0, READY_LOOK_MS / 1000.0);
	worker->ready.data = worker;
	ev_timer_start(loop, &worker->ready);
	worker->departure = departure_new(&worker->responder);
	ev_prepare_init(&worker->drained, on_drained);
	worker->drained.data = &worker->responder;
	ev_init(&worker->deadline, on_deadline);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGUSR1, SIG_IGN);
}

static void open_rooms(struct responder *responder, const struct job *job)
{
	responder->config = &job->config;
	responder->lone = job->listener < 0;
	responder->loop = ev_loop_new(EVFLAG_AUTO);
	if (responder->loop == NULL)
		log_fatalx("responder: no event loop");
	responder->meter = meter_new();
	responder->audience = audience_new(responder);
	responder->window = window_new(
		job->config.window, audience_channels(responder->audience));
	responder->openings = openings_new(responder);
	responder->fanout = fanout_new(responder);
	responder->uplink = uplink_new(responder);
	responder->pager = pager_new(responder);
	responder->quota = quota_new(&job->config);
	responder->tasks = tasks_new(responder);
	responder->replies = replies_new(responder->loop);
	responder->askers = askers_new(responder->loop);
	responder->gate = gate_new(responder, job->listener);
}

static void close_rooms(struct responder *responder)
{
	gate_free(responder->gate);
	askers_free(responder->askers);
	replies_free(responder->replies);
	stream_drain(responder);
	uplink_farewell(responder->uplink);
	tasks_free(responder->tasks);
	pager_free(responder->pager);
	uplink_free(responder->uplink);
	fanout_free(responder->fanout);
	openings_free(responder->openings);
	window_free(responder->window);
	audience_free(responder->audience);
	quota_free(responder->quota);
	meter_free(responder->meter);
	ev_loop_destroy(responder->loop);
}

static int work(void *arg, int index)
{
	struct worker worker = {0};

	(void)index;
	open_rooms(&worker.responder, arg);
	watch(&worker);
	ev_run(worker.responder.loop, 0);
	departure_free(worker.departure);
	close_rooms(&worker.responder);
	return EXIT_SUCCESS;
}

/* ---- started by a web server */

/* It cannot always say -c. */
static const char *find_config(const char *given)
{
	static const char usual[] = SYSCONFDIR "/tidings/tidings.conf";

	if (given == NULL)
		given = getenv("TIDINGS_CONF");
	if (given == NULL && access(usual, F_OK) == 0)
		given = usual;
	return given;
}

/* Or what is opened next would be taken for them. */
static void fill_standard_descriptors(void)
{
	int fd;

	do {
		fd = open("/dev/null", O_RDWR);
	} while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
}

/* The command line is not looked at: of a query without "=" a web server makes
 * arguments (RFC 3875 section 4.4), so it is the browser's. */
static int serve_one_request(void)
{
	struct job job = {.listener = -1};
	struct worker worker = {0};
	int status;

	fill_standard_descriptors();
	log_open("tidings.fcgi", false, false);
	config_load(&job.config, find_config(NULL));
	log_open("tidings.fcgi", job.config.syslog, job.config.debug);
	log_faults_only();
	job.config.window = CGI_WINDOW;
	/* each process has a `retry:` of its own */
	srandom((unsigned)clock_mono_us() ^ (unsigned)getpid());
	open_rooms(&worker.responder, &job);
	watch(&worker);
	worker.cgi = cgi_new(&worker.responder);
	ev_run(worker.responder.loop, 0);
	status = cgi_free(worker.cgi);
	departure_free(worker.departure);
	close_rooms(&worker.responder);
	config_release(&job.config);
	return status;
}

static int serve_standard_input(const struct options *options)
{
	struct job job = {.listener = STDIN_FILENO};
	int status;

	log_open("tidings.fcgi", false, false);
	config_load(&job.config, find_config(options->config));
	log_open("tidings.fcgi", job.config.syslog, job.config.debug);
	sock_raise_limit();
	fcntl(STDIN_FILENO, F_SETFL, fcntl(STDIN_FILENO, F_GETFL) | O_NONBLOCK);
	srandom((unsigned)clock_mono_us() ^ (unsigned)getpid());
	status = work(&job, 0);
	config_release(&job.config);
	return status;
}

/* ---- the parent */

static void show(const char *text)
{
	fputs(text, stdout);
	exit(EXIT_SUCCESS);
}

static struct options read_options(int argc, char **argv)
{
	static const struct option names[] = {
		{"config", required_argument, NULL, 'c'},
		{"socket", required_argument, NULL, 's'},
		{"test", no_argument, NULL, 't'},
		{"help", no_argument, NULL, 'h'},
		{"version", no_argument, NULL, 'V'},
		{0},
	};
	struct options options = {.argv = argv};
	int option;

	while ((option = getopt_long(argc, argv, "c:s:thV", names, NULL)) != -1)
		switch (option) {
		case 'c':
			options.config = optarg;
			break;
		case 's':
			options.socket = optarg;
			break;
		case 't':
			options.test = true;
			break;
		case 'h':
			show(usage);
			break;
		case 'V':
			show(PACKAGE_STRING "\n");
			break;
		default:
			exit(EXIT_FAILURE); /* getopt has said why */
		}
	if (optind < argc)
		log_fatalx("tidings.fcgi: what is \"%s\"?", argv[optind]);
	return options;
}

static int open_listener(
	const struct options *options, const struct config *config)
{
	int listener = handover_listener();

	if (listener < 0)
		listener = sock_inherited();
	if (listener >= 0)
		return listener;
	return sock_listen(
		options->socket != NULL ? options->socket : config->fcgi_socket,
		config->fcgi_socket_mode, config->fcgi_socket_group);
}

static int serve(const struct options *options)
{
	struct job job = {0};
	int status;

	log_open("tidings.fcgi", false, false);
	config_load(&job.config, options->config);
	if (options->test)
		return EXIT_SUCCESS;
	log_open("tidings.fcgi", job.config.syslog, job.config.debug);
	sock_raise_limit();
	job.listener = open_listener(options, &job.config);
	if (job.listener < 0)
		return EXIT_FAILURE;
	status = parent_run(&(struct parent_job){
		.name = "responder",
		.workers = (int)job.config.workers,
		.listener = job.listener,
		.argv = options->argv,
		.work = work,
		.arg = &job,
	});
	close(job.listener);
	config_release(&job.config);
	return status;
}

int main(int argc, char **argv)
{
	struct options options;

	if (cgi_is_meant())
		return serve_one_request();
	options = read_options(argc, argv);
	if (!options.test && options.socket == NULL &&
		sock_is_listening(STDIN_FILENO))
		return serve_standard_input(&options);
	return serve(&options);
}
