/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "hub/shared/fault.h"

static const struct {
	const char *begins, *sentence;
} known[] = {
	{"WRONGPASS", "the user or the password is wrong"},
	{"ERR invalid password", "the password is wrong"},
	{"ERR AUTH", "it knows no password, but password_file has one"},
	{"ERR Client sent AUTH",
		"it knows no password, but password_file has one"},
	{"NOAUTH", "it asks for a password, and there is no password_file"},
	{"READONLY", "it is read-only: a replica, or about to be one"},
	{"OOM", "it has no memory left for more (maxmemory)"},
	{"MISCONF", "it cannot write to its disk, and takes nothing more"},
	{"NOREPLICAS", "it has too few replicas, and takes nothing more"},
	{"LOADING", "it is still reading its data"},
	{"MASTERDOWN", "it is a replica that has lost its master"},
	{"BUSY", "it is busy with another program's script"},
	{"MOVED", "it is part of a cluster, which is not followed"},
	{"CLUSTERDOWN", "it is part of a cluster, which is not followed"},
	{"CROSSSLOT", "it is part of a cluster, which is not followed"},
	{"WRONGTYPE", "another program has written to its keys with our "
		      "prefix: one is of another type"},
	{"ERR The user executing the script can't",
		"its ACL forbids a command that is needed"},
	{"ERR ACL failure", "its ACL forbids a command that is needed"},
	{"ERR DB index", "it has no such db"},
	{"ERR invalid DB", "it has no such db"},
};

static bool begins(struct span text, const char *with)
{
	size_t len = strlen(with);

	return text.len >= len && memcmp(text.at, with, len) == 0;
}

void fault_of_error(struct buf *out, struct span error)
{
	size_t most = error.len < 200 ? error.len : 200;

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (begins(error, known[i].begins)) {
			buf_add_text(out, known[i].sentence);
			return;
		}
	if (begins(error, "NOPERM"))
		buf_add_text(out, "its ACL forbids what is needed: ");
	buf_add(out, error.at, most);
}
