/* SPDX-License-Identifier: MIT */
/*
 * unwalled - tidings-inbox without its walls (inbox/main.c with this instead of
 * inbox/walls/shut_in.c), for a disk that is kept elsewhere than it may go
 */
#include <config.h>

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "inbox/walls/shut_in.h"
#include "lib/path.h"

const char *shut_in(const struct shut_in *how, struct shut_in_report *report)
{
	char *folder = path_folder(how->file);

	memset(report, 0, sizeof(*report));
	if (realpath(folder, report->folder) == NULL)
		report->folder[0] = '\0';
	free(folder);
	return report->folder[0] == '\0' ? "there is no such folder" : NULL;
}

bool shut_in_is_watched(void)
{
	return true;
}
