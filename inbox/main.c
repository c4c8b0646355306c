/* SPDX-License-Identifier: MIT */
/*
 * tidings-inbox - reads the files that others INSERT into, each in a process of
 * its own, and tells the hub of their rows
 */
#include "config.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "inbox/lines.h"
#include "inbox/reader.h"
#include "lib/config/config.h"
#include "lib/log.h"
#include "lib/service/options.h"
#include "lib/service/supervisor.h"
#include "lib/sock.h"
#include "lib/wire.h"

#define PROGRAM "tidings-inbox"

enum { SILENCE_MS = 5000 };

struct daemon {
	struct config config;
	int hub;   /* the connection for the reader that is started next, or -1
		    */
	bool away; /* the hub; it has been said */
};

static const char help[] =
	"Usage: tidings-inbox [-c FILE]\n"
	"Reads inboxes, SQLite files in which a row is an event.\n"
	"\n"
	"  -c, --config=FILE  read FILE instead of the defaults\n"
	"  -t, --test         read the configuration, and end\n"
	"  -h, --help         show this and end\n"
	"  -V, --version      show the version and end\n";

/* ---- the connection, which its reader could not make itself */

static bool introduce(int hub, const char *inbox)
{
	struct buf out = {0};
	uint64_t source = 0;
	size_t begun;
	bool done;

	while (source == 0)
		if (getrandom(&source, sizeof(source), 0) != sizeof(source))
			source = 0;
	begun = wire_begin(&out, WIRE_HELLO);
	wire_put_u16(&out, WIRE_VERSION);
	wire_put_u64(&out, source);
	wire_put_str8(&out, span_of(PROGRAM));
	wire_end(&out, begun);
	begun = wire_begin(&out, WIRE_READER);
	wire_put_str8(&out, span_of(inbox));
	wire_end(&out, begun);
	/* Into an empty socket, all or nothing. */
	done = send(hub, out.at, out.len, MSG_NOSIGNAL) == (ssize_t)out.len;
	buf_release(&out);
	return done;
}

static bool prepare(void *arg, int index)
{
	struct daemon *daemon = arg;
	const struct config *config = &daemon->config;

	daemon->hub = sock_connect(config->hub_socket);
	if (daemon->hub >= 0 &&
		introduce(daemon->hub, config->inboxes[index].name)) {
		daemon->away = false;
		return true;
	}
	if (!daemon->away)
		log_warn(LINE_HUB_UNREACHED, config->hub_socket);
	daemon->away = true;
	if (daemon->hub >= 0)
		close(daemon->hub);
	return false;
}

static void forked(void *arg, int index)
{
	struct daemon *daemon = arg;

	(void)index;
	close(daemon->hub);
}

static int work(void *arg, int index)
{
	struct daemon *daemon = arg;

	signal(SIGPIPE, SIG_IGN); /* whoever reads our log lines may go */
	return reader_run(
		&daemon->config, &daemon->config.inboxes[index], daemon->hub);
}

static int serve(struct daemon *daemon, char **argv)
{
	log_open(PROGRAM, daemon->config.syslog, daemon->config.debug);
	_Static_assert((int)CONFIG_INBOXES_MAX <= (int)SUPERVISOR_WORKERS_MAX,
		"each inbox has a reader");
	return supervisor_run(&(struct supervisor_job){
		.name = "inbox",
		.workers = (int)daemon->config.inbox_count,
		.alone = true,
		.listener = -1,
		.argv = argv,
		.renews = true,
		.silence_ms = SILENCE_MS,
		.prepare = prepare,
		.forked = forked,
		.work = work,
		.arg = daemon,
	});
}

int main(int argc, char **argv)
{
	struct options options = {.program = PROGRAM,
		.help = help,
		.version = PROGRAM " " PACKAGE_VERSION "\n",
		.wrong = 2};
	struct daemon daemon = {.hub = -1};
	int status;

	options_read(&options, argc, argv);
	log_open(PROGRAM, false, false);
	config_load(&daemon.config, options.config);
	status = options.test ? 0 : serve(&daemon, argv);
	config_release(&daemon.config);
	return status;
}
