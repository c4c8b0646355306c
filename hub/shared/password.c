/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "hub/shared/password.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

bool password_read(struct buf *password, const char *path, struct buf *fault)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct stat status;
	ssize_t len = -1;
	const char *end;

	buf_clear(fault);
	if (fd < 0 || fstat(fd, &status) != 0) {
		buf_printf(fault, "%s: %s", path, strerror(errno));
	} else if (!S_ISREG(status.st_mode) ||
		   (status.st_mode & S_IRWXO) != 0) {
		buf_printf(fault, "%s: others may read it", path);
	} else {
		len = read(
			fd, buf_reserve(password, PASSWORD_MAX), PASSWORD_MAX);
		if (len < 0)
			buf_printf(fault, "%s: %s", path, strerror(errno));
	}
	if (fd >= 0)
		close(fd);
	if (len < 0)
		return false;
	end = memchr(password->at, '\n', (size_t)len);
	password->len =
		end != NULL ? (size_t)(end - password->at) : (size_t)len;
	while (password->len > 0 && password->at[password->len - 1] == '\r')
		password->len--;
	return true;
}
