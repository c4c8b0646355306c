#include "config.h"

#include "hub/holder.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/buf.h"
#include "lib/clock.h"
#include "lib/log.h"

/* Where SQLite has the lock of whoever writes: see "locking_byte" and
 * "WAL-index format" in its documentation. */
static const struct place {
	off_t byte, bytes;
} places[] = {
	[false] = {0x40000000, 2}, /* PENDING and RESERVED, in the file */
	[true] = {120, 1},	   /* WAL_WRITE_LOCK, in the -shm file */
};

void holder_init(struct holder *holder)
{
	memset(holder, 0, sizeof(*holder));
	holder->fd = -1;
}

void holder_open(struct holder *holder, const struct db *db, bool wal)
{
	struct buf path = {0};

	holder_close(holder);
	buf_printf(&path, "%s%s", db_path(db), wal ? "-shm" : "");
	buf_add_char(&path, '\0');
	holder->fd = open(path.at, O_RDONLY | O_CLOEXEC);
	holder->wal = wal;
	buf_release(&path);
}

void holder_close(struct holder *holder)
{
	if (holder->fd >= 0)
		close(holder->fd);
	holder_init(holder);
}

/* False if nobody but us holds it. */
static bool find(const struct holder *holder, pid_t *pid)
{
	struct flock lock = {
		.l_type = F_WRLCK,
		.l_whence = SEEK_SET,
		.l_start = places[holder->wal].byte,
		.l_len = places[holder->wal].bytes,
	};

	if (holder->fd < 0 || fcntl(holder->fd, F_GETLK, &lock) < 0 ||
		lock.l_type == F_UNLCK)
		return false;
	*pid = lock.l_pid > 0 ? lock.l_pid : 0;
	return true;
}

/* "process 4711 (sqlite3)", the name as far as it may be known. */
static void add_process(struct buf *out, pid_t pid)
{
	char path[64], name[64] = "";
	FILE *file;

	if (pid == 0) {
		buf_add_span(
			out, span_of("a process not to be seen from here"));
		return;
	}
	buf_printf(out, "process %d", (int)pid);
	snprintf(path, sizeof(path), "/proc/%d/comm", (int)pid);
	file = fopen(path, "re");
	if (file == NULL)
		return;
	if (fgets(name, sizeof(name), file) != NULL) {
		name[strcspn(name, "\n")] = '\0';
		buf_printf(out, " (%s)", name);
	}
	fclose(file);
}

static void tell(const struct holder *holder, const char *inbox)
{
	struct buf who = {0};

	add_process(&who, holder->pid);
	buf_add_char(&who, '\0');
	log_warnx("inbox %s: has been locked for %d s by %s: nobody else can "
		  "insert",
		inbox, HOLDER_PATIENCE_US / 1000000, who.at);
	buf_release(&who);
}

static void begin(struct holder *holder, pid_t pid, uint64_t version)
{
	holder->state = HELD;
	holder->pid = pid;
	holder->version = version;
	holder->since = clock_mono_us();
}

static void end(struct holder *holder, const char *inbox)
{
	if (holder->state == TOLD)
		log_info("inbox %s: is no longer locked, after %d s", inbox,
			(int)((clock_mono_us() - holder->since) / 1000000));
	holder->state = FREE;
}

static uint64_t ask(struct query *version, uint64_t before)
{
	if (query_step(version) == DB_ROW)
		before = query_int(version, 0);
	query_reset(version);
	return before;
}

void holder_look(
	struct holder *holder, struct query *version, const char *inbox)
{
	uint64_t now;
	pid_t pid;

	if (!find(holder, &pid)) {
		end(holder, inbox);
		return;
	}
	now = ask(version, holder->version);
	if (holder->state == FREE || pid != holder->pid ||
		now != holder->version) {
		end(holder, inbox);
		begin(holder, pid, now);
	} else if (holder->state == HELD &&
		   clock_mono_us() - holder->since >= HOLDER_PATIENCE_US) {
		tell(holder, inbox);
		holder->state = TOLD;
	}
}
