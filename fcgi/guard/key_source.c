/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "fcgi/guard/key_source.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "lib/config/config.h"
#include "lib/crypto/key_file.h"

void key_source_init(struct key_source *source,
	const struct config_keys *config, const struct crypto *crypto)
{
	*source = (struct key_source){.config = config, .crypto = crypto};
	for (size_t i = 0; i < config->algorithm_count; i++)
		source->algorithms |= algorithm_bit(
			algorithm_of(span_of(config->algorithms[i])));
}

void key_source_release(struct key_source *source)
{
	keys_release(&source->keys);
}

/* ---- the file */

static bool is_same_time(struct timespec a, struct timespec b)
{
	return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

/* Its modes and owner change with ctime. */
static bool is_same(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino &&
	       a->st_size == b->st_size &&
	       is_same_time(a->st_mtim, b->st_mtim) &&
	       is_same_time(a->st_ctim, b->st_ctim);
}

static bool check(const struct stat *seen, struct buf *fault)
{
	if (!S_ISREG(seen->st_mode))
		buf_printf(fault, "it is no file");
	else if ((seen->st_mode & S_IRWXO) != 0)
		buf_printf(fault, "others may read or change it (chmod o=)");
	else if (seen->st_size > KEY_FILE_MOST)
		buf_printf(fault, "it has more than 262,144 bytes");
	return fault->len == 0;
}

static bool read_all(int fd, struct buf *text, struct buf *fault)
{
	ssize_t len;

	do {
		len = read(fd, buf_reserve(text, 4096), 4096);
		if (len > 0)
			text->len += (size_t)len;
	} while (len > 0 && text->len <= KEY_FILE_MOST);
	if (len < 0)
		buf_printf(fault, "it cannot be read: %s", strerror(errno));
	return len >= 0;
}

static bool read_text(
	struct key_source *source, struct buf *text, struct buf *fault)
{
	int fd = open(source->config->file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	bool good = false;

	if (fd < 0) {
		buf_printf(fault, "it cannot be opened: %s", strerror(errno));
		return false;
	}
	if (fstat(fd, &source->seen) != 0)
		buf_printf(fault, "it cannot be read: %s", strerror(errno));
	else
		good = check(&source->seen, fault) && read_all(fd, text, fault);
	close(fd);
	return good;
}

/* ---- the keys */

/* What is there already stays the same key for whoever holds it. */
static struct key *find(const struct keys *keys, const struct key *key)
{
	for (size_t i = 0; i < keys->count; i++)
		if (key_equal(keys->at[i], key))
			return keys->at[i];
	return NULL;
}

static void mark_gone(const struct keys *old, const struct keys *fresh)
{
	for (size_t i = 0; i < old->count; i++) {
		struct key *key = old->at[i];

		assert(key != NULL);
		if (find(fresh, key) == NULL)
			key->gone = true;
	}
}

static void replace(struct key_source *source, struct keys *fresh)
{
	for (size_t i = 0; i < fresh->count; i++) {
		struct key *old = find(&source->keys, fresh->at[i]);

		if (old == NULL)
			continue;
		key_release(fresh->at[i]);
		fresh->at[i] = key_hold(old);
	}
	mark_gone(&source->keys, fresh);
	keys_release(&source->keys);
	source->keys = *fresh;
}

static bool read_keys(struct key_source *source, struct buf *fault)
{
	struct buf text = {0};
	struct keys fresh = {0};
	bool good = read_text(source, &text, fault) &&
		    key_file_read(&fresh, source->crypto, buf_span(&text),
			    source->algorithms, fault);

	if (text.size > 0)
		explicit_bzero(text.at, text.size);
	buf_release(&text);
	if (good)
		replace(source, &fresh);
	return good;
}

enum key_source_look key_source_look(
	struct key_source *source, struct buf *fault)
{
	struct stat now;

	if (stat(source->config->file, &now) != 0)
		now = (struct stat){0};
	if (source->looked && is_same(&source->seen, &now))
		return KEY_SOURCE_SAME;
	source->looked = true;
	source->seen = now;
	source->bad = !read_keys(source, fault);
	return source->bad ? KEY_SOURCE_BAD : KEY_SOURCE_NEW;
}

struct key *key_source_find(const struct key_source *source,
	bool (*is_it)(const void *arg, const struct key *key), const void *arg)
{
	for (size_t i = 0; i < source->keys.count; i++)
		if (is_it(arg, source->keys.at[i]))
			return source->keys.at[i];
	return NULL;
}
