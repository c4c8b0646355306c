/* SPDX-License-Identifier: MIT */
/*
 * tidings-hub - keeps the log of events; see hub.h for what a turn is
 */
#include "config.h"

#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "hub/hub.h"
#include "hub/log/lock.h"
#include "lib/config/config.h"
#include "lib/log.h"
#include "lib/service/handover.h"
#include "lib/service/supervisor.h"
#include "lib/sock.h"

struct daemon {
	struct config config;
	int listener;
};

static void help(void)
{
	puts("Usage: tidings-hub [-c FILE]\n"
	     "Keeps the log of events and serves it on a Unix socket.\n"
	     "\n"
	     "  -c, --config=FILE  read FILE instead of the defaults\n"
	     "  -t, --test         read the configuration, and end\n"
	     "  -h, --help         show this and end\n"
	     "  -V, --version      show the version and end");
}

/* The configuration file, or NULL. */
static const char *read_options(int argc, char **argv, bool *test)
{
	static const struct option options[] = {
		{"config", required_argument, NULL, 'c'},
		{"test", no_argument, NULL, 't'},
		{"help", no_argument, NULL, 'h'},
		{"version", no_argument, NULL, 'V'},
		{NULL, 0, NULL, 0},
	};
	const char *file = NULL;
	int option;

	while ((option = getopt_long(argc, argv, "c:thV", options, NULL)) !=
		-1) {
		switch (option) {
		case 'c':
			file = optarg;
			break;
		case 't':
			*test = true;
			break;
		case 'h':
			help();
			exit(0);
		case 'V':
			puts("tidings-hub " PACKAGE_VERSION);
			exit(0);
		default:
			exit(2);
		}
	}
	if (optind < argc) {
		fprintf(stderr, "tidings-hub: unexpected argument \"%s\"\n",
			argv[optind]);
		exit(2);
	}
	return file;
}

static int work(void *arg, int index)
{
	struct daemon *daemon = arg;
	struct lock lock;

	(void)index;
	signal(SIGPIPE, SIG_IGN); /* whoever reads our log lines may go */
	lock_take(&lock, daemon->config.log_path);
	return hub_run(&daemon->config, daemon->listener, &lock);
}

int main(int argc, char **argv)
{
	struct daemon daemon = {0};
	bool test = false;
	const char *file = read_options(argc, argv, &test);
	int status;

	log_open("tidings-hub", false, false);
	config_load(&daemon.config, file);
	if (test) {
		config_release(&daemon.config);
		return 0;
	}
	log_open("tidings-hub", daemon.config.syslog, daemon.config.debug);
	sock_raise_limit();
	daemon.listener = handover_listener();
	if (daemon.listener >= 0)
		sock_stays(daemon.listener, daemon.config.hub_socket);
	else
		daemon.listener = sock_listen(daemon.config.hub_socket,
			daemon.config.hub_socket_mode,
			daemon.config.hub_socket_group);
	if (daemon.listener < 0) {
		config_release(&daemon.config);
		return 1;
	}
	status = supervisor_run(&(struct supervisor_job){
		.name = "hub",
		.workers = 1,
		.alone = true,
		.listener = daemon.listener,
		.argv = argv,
		.work = work,
		.arg = &daemon,
	});
	/* In this order: once it is closed, the socket may be another's. */
	sock_unlink(daemon.listener);
	close(daemon.listener);
	config_release(&daemon.config);
	return status;
}
