/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "client/http/interrupt.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

static volatile sig_atomic_t caught;
static int ends[2] = {-1, -1};

static void note(int number)
{
	int error = errno;

	caught = number;
	(void)!write(ends[1], "", 1);
	errno = error;
}

void interrupt_catch(void)
{
	static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
	struct sigaction action = {.sa_handler = note};

	if (ends[0] >= 0 || pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0)
		return;
	sigemptyset(&action.sa_mask);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		sigaction(numbers[i], &action, NULL);
}

bool interrupt_caught(void)
{
	return caught != 0;
}

int interrupt_fd(void)
{
	return ends[0];
}

void interrupt_die(void)
{
	signal(caught, SIG_DFL);
	raise(caught);
}
