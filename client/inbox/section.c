/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "client/inbox/section.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "client/show/print.h"
#include "lib/buf.h"
#include "lib/path.h"

enum exit_status section_print(const char *path)
{
	char whole[PATH_MAX];
	struct buf out = {0};
	enum exit_status exit_status;
	const char *name;

	if (realpath(path, whole) == NULL)
		return fail_errno(EXIT_FILE, "%s", path);
	name = path_name(whole);
	buf_printf(&out, "[inbox %.*s]\npath = %s\n",
		(int)(strcspn(name + 1, ".") + 1), name, whole);
	exit_status = print_text(buf_span(&out));
	buf_release(&out);
	if (exit_status == EXIT_OK)
		say("add these lines to tidings.conf, and let the hub write "
		    "the file and its folder; the application must wait for "
		    "locks (busy_timeout)");
	return exit_status;
}
