/* SPDX-License-Identifier: MIT */
/*
 * tidings-hub - keeps the log of events; see hub.h for what a turn is
 */
#include "config.h"

#include <signal.h>
#include <unistd.h>

#include "hub/hub.h"
#include "hub/log/disk/lock.h"
#include "hub/together/enter.h"
#include "lib/config/config.h"
#include "lib/log.h"
#include "lib/service/handover.h"
#include "lib/service/options.h"
#include "lib/service/supervisor.h"
#include "lib/sock.h"

#define PROGRAM "tidings-hub"

struct daemon {
	struct config config;
	int listener;
};

static const char help[] =
	"Usage: tidings-hub [-c FILE] [-t | -f | -j]\n"
	"Keeps the log of events and serves it on a Unix socket.\n"
	"\n"
	"  -c, --config=FILE  read FILE instead of the defaults\n"
	"  -t, --test         read the configuration, and end\n"
	"  -f, --found        put what the log has into a shared order that "
	"is\n"
	"                     empty, and end\n"
	"  -j, --join         make an empty log one of those of the shared\n"
	"                     order, and end\n"
	"  -h, --help         show this and end\n"
	"  -V, --version      show the version and end\n";

static int work(void *arg, int index)
{
	struct daemon *daemon = arg;
	struct lock lock;

	(void)index;
	signal(SIGPIPE, SIG_IGN); /* whoever reads our log lines may go */
	lock_take(&lock, daemon->config.log_path);
	return hub_run(&daemon->config, daemon->listener, &lock);
}

static int open_listener(const struct config *config)
{
	int listener = handover_listener();

	if (listener >= 0)
		sock_stays(listener, config->hub_socket);
	else
		listener = sock_listen(config->hub_socket,
			config->hub_socket_mode, config->hub_socket_group);
	return listener;
}

static int serve(struct daemon *daemon, char **argv)
{
	int status;

	log_open(PROGRAM, daemon->config.syslog, daemon->config.debug);
	sock_raise_limit();
	daemon->listener = open_listener(&daemon->config);
	if (daemon->listener < 0)
		return 1;
	status = supervisor_run(&(struct supervisor_job){
		.name = "hub",
		.workers = 1,
		.alone = true,
		.listener = daemon->listener,
		.argv = argv,
		.work = work,
		.arg = daemon,
	});
	/* In this order: once it is closed, the socket may be another's. */
	sock_unlink(daemon->listener);
	close(daemon->listener);
	return status;
}

static int enter(const struct config *config, enum enter_deed deed)
{
	struct lock lock;

	log_open(PROGRAM, config->syslog, config->debug);
	lock_take(&lock, config->log_path);
	return enter_order(config, &lock, deed);
}

static int run(
	struct daemon *daemon, bool test, enum enter_deed deed, char **argv)
{
	if (test)
		return 0;
	return deed == ENTER_NOTHING ? serve(daemon, argv)
				     : enter(&daemon->config, deed);
}

int main(int argc, char **argv)
{
	bool found = false, join = false;
	const struct options_flag flags[] = {
		{"found", 'f', &found}, {"join", 'j', &join}, {0}};
	struct options options = {.program = PROGRAM,
		.flags = flags,
		.help = help,
		.version = PROGRAM " " PACKAGE_VERSION "\n",
		.wrong = 2};
	struct daemon daemon = {0};
	int status;

	options_read(&options, argc, argv);
	log_open(PROGRAM, false, false);
	config_load(&daemon.config, options.config);
	status = run(&daemon, options.test,
		found  ? ENTER_FOUND
		: join ? ENTER_JOIN
		       : ENTER_NOTHING,
		argv);
	config_release(&daemon.config);
	return status;
}
