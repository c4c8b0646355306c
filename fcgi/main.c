/* SPDX-License-Identifier: MIT */
/*
 * main - tidings.fcgi, the responder
 *
 * Its supervisor binds the socket, or has it from a service manager
 * (LISTEN_FDS), and keeps it and its workers (lib/service/supervisor.h), which
 * serve (worker.h).
 *
 * Started by a web server it is a worker without a supervisor: for as long as
 * it is let, if the listening socket is its standard input (mod_fcgid,
 * lighttpd's bin-path), or as a CGI program for one request (cgi.h).
 */
#include <config.h>

#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

#include "fcgi/guard/keyring.h"
#include "fcgi/http/cgi.h"
#include "fcgi/lines.h"
#include "fcgi/worker.h"
#include "lib/config/config.h"
#include "lib/log.h"
#include "lib/service/handover.h"
#include "lib/service/options.h"
#include "lib/service/supervisor.h"
#include "lib/sock.h"

#define PROGRAM "tidings.fcgi"

struct daemon {
	struct config config;
	const char *socket; /* NULL = the configuration's */
	int listener;
};

static const char help[] =
	"Usage: tidings.fcgi [-c FILE] [--socket PATH]\n"
	"Serve Server-Sent Events behind a web server that speaks FastCGI.\n"
	"\n"
	"  -c, --config FILE   read this tidings.conf\n"
	"  -s, --socket PATH   listen here, whatever the configuration says\n"
	"  -t, --test          read the configuration, and end\n"
	"  -h, --help          show this and end\n"
	"  -V, --version       show the version and end\n";

/* A start with a bad file of keys is refused; a process for one request reads
 * them only if a token comes. */
static void check_keys(const struct config *config)
{
	struct buf fault = {0};
	struct keyring *keyring = keyring_new(config, &fault);

	if (keyring == NULL)
		log_fatalx(LINE_KEYS_BAD, (int)fault.len, fault.at);
	keyring_free(keyring);
	buf_release(&fault);
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
	struct config config;
	int status;

	fill_standard_descriptors();
	log_open(PROGRAM, false, false);
	config_load(&config, find_config(NULL));
	log_open(PROGRAM, config.syslog, config.debug);
	log_faults_only();
	status = worker_serve_cgi(&config);
	config_release(&config);
	return status;
}

static int serve_standard_input(const char *file)
{
	struct config config;
	int status;

	log_open(PROGRAM, false, false);
	config_load(&config, find_config(file));
	log_open(PROGRAM, config.syslog, config.debug);
	check_keys(&config);
	sock_raise_limit();
	fcntl(STDIN_FILENO, F_SETFL, fcntl(STDIN_FILENO, F_GETFL) | O_NONBLOCK);
	status = worker_serve(&config, STDIN_FILENO);
	config_release(&config);
	return status;
}

/* ---- the supervisor */

static int open_listener(const struct daemon *daemon)
{
	const struct config *config = &daemon->config;
	const char *path =
		daemon->socket != NULL ? daemon->socket : config->fcgi_socket;
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
	const struct daemon *daemon = arg;

	(void)index;
	return worker_serve(&daemon->config, daemon->listener);
}

static int serve(struct daemon *daemon, char **argv)
{
	int status;

	log_open(PROGRAM, daemon->config.syslog, daemon->config.debug);
	sock_raise_limit();
	daemon->listener = open_listener(daemon);
	if (daemon->listener < 0)
		return EXIT_FAILURE;
	status = supervisor_run(&(struct supervisor_job){
		.name = "responder",
		.workers = (int)daemon->config.workers,
		.listener = daemon->listener,
		.argv = argv,
		.work = work,
		.arg = daemon,
	});
	close(daemon->listener);
	return status;
}

static int serve_with_supervisor(
	struct daemon *daemon, const struct options *options, char **argv)
{
	int status;

	log_open(PROGRAM, false, false);
	config_load(&daemon->config, options->config);
	check_keys(&daemon->config);
	status = options->test ? EXIT_SUCCESS : serve(daemon, argv);
	config_release(&daemon->config);
	return status;
}

static void refuse(const char *word)
{
	log_fatalx(LINE_UNEXPECTED_ARGUMENT, word);
}

int main(int argc, char **argv)
{
	struct daemon daemon = {0};
	const struct options_row more[] = {
		{"socket", 's', &daemon.socket}, {0}};
	struct options options = {.program = PROGRAM,
		.help = help,
		.version = PACKAGE_STRING "\n",
		.more = more,
		.wrong = EXIT_FAILURE,
		.unexpected = refuse};

	if (cgi_is_meant())
		return serve_one_request();
	options_read(&options, argc, argv);
	if (!options.test && daemon.socket == NULL &&
		sock_is_listening(STDIN_FILENO))
		return serve_standard_input(options.config);
	return serve_with_supervisor(&daemon, &options, argv);
}
