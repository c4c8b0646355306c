/* SPDX-License-Identifier: MIT */
/*
 * main - tidings.fcgi, the responder
 *
 *   supervisor  binds the socket, or has it from a service manager
 * (LISTEN_FDS), and keeps it and its workers (lib/service/supervisor.h) worker
 * serves (worker.h)
 *
 * Started by a web server it is a worker without a supervisor: for as long as
 * it is let, if the listening socket is its standard input (mod_fcgid,
 * lighttpd's bin-path), or as a CGI program for one request (cgi.h).
 */
#include <config.h>

#include <fcntl.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "fcgi/http/cgi.h"
#include "fcgi/lines.h"
#include "fcgi/worker.h"
#include "lib/config/config.h"
#include "lib/log.h"
#include "lib/service/handover.h"
#include "lib/service/supervisor.h"
#include "lib/sock.h"

struct options {
	const char *config;
	const char *socket;
	bool test;	   /* of the configuration only */
	char *const *argv; /* main's */
};

struct job {
	struct config config;
	int listener;
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
	struct config config;
	int status;

	fill_standard_descriptors();
	log_open("tidings.fcgi", false, false);
	config_load(&config, find_config(NULL));
	log_open("tidings.fcgi", config.syslog, config.debug);
	log_faults_only();
	status = worker_serve_cgi(&config);
	config_release(&config);
	return status;
}

static int serve_standard_input(const struct options *options)
{
	struct config config;
	int status;

	log_open("tidings.fcgi", false, false);
	config_load(&config, find_config(options->config));
	log_open("tidings.fcgi", config.syslog, config.debug);
	sock_raise_limit();
	fcntl(STDIN_FILENO, F_SETFL, fcntl(STDIN_FILENO, F_GETFL) | O_NONBLOCK);
	status = worker_serve(&config, STDIN_FILENO);
	config_release(&config);
	return status;
}

/* ---- the supervisor */

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
		log_fatalx(LINE_UNEXPECTED_ARGUMENT, argv[optind]);
	return options;
}

static int open_listener(
	const struct options *options, const struct config *config)
{
	const char *path =
		options->socket != NULL ? options->socket : config->fcgi_socket;
	int listener = handover_listener(), inherited = sock_inherited();

	if (listener >= 0 && inherited < 0)
		sock_stays(listener, path);
	if (listener < 0)
		listener = inherited;
	if (listener >= 0)
		return listener;
	return sock_listen(
		path, config->fcgi_socket_mode, config->fcgi_socket_group);
}

static int work(void *arg, int index)
{
	const struct job *job = arg;

	(void)index;
	return worker_serve(&job->config, job->listener);
}

static int serve(const struct options *options)
{
	struct job job = {0};
	int status;

	log_open("tidings.fcgi", false, false);
	config_load(&job.config, options->config);
	if (options->test) {
		config_release(&job.config);
		return EXIT_SUCCESS;
	}
	log_open("tidings.fcgi", job.config.syslog, job.config.debug);
	sock_raise_limit();
	job.listener = open_listener(options, &job.config);
	if (job.listener < 0) {
		config_release(&job.config);
		return EXIT_FAILURE;
	}
	status = supervisor_run(&(struct supervisor_job){
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
