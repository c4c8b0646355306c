/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "hub/together/own_id.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "hub/lines.h"
#include "lib/buf.h"
#include "lib/log.h"

static void make(const char *path, uint8_t id[ORIGIN_HUB])
{
	struct buf name = {0};
	int fd;

	buf_printf(&name, "%s.new", path);
	buf_add_char(&name, '\0');
	fd = open(name.at, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0 || getrandom(id, ORIGIN_HUB, 0) != ORIGIN_HUB ||
		write(fd, id, ORIGIN_HUB) != ORIGIN_HUB || fsync(fd) < 0 ||
		close(fd) < 0 || rename(name.at, path) < 0)
		log_fatal(LINE_OWN_ID, path);
	buf_release(&name);
}

void own_id_read(const char *log, uint8_t id[ORIGIN_HUB])
{
	struct buf path = {0};
	ssize_t got;
	int fd;

	buf_printf(&path, "%s.origin", log);
	buf_add_char(&path, '\0');
	fd = open(path.at, O_RDONLY | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT) {
		make(path.at, id);
	} else {
		got = fd < 0 ? -1 : read(fd, id, ORIGIN_HUB);
		if (got < 0)
			log_fatal(LINE_OWN_ID, path.at);
		if (got != ORIGIN_HUB)
			log_fatalx(LINE_OWN_ID_BROKEN, path.at);
		close(fd);
	}
	buf_release(&path);
}
