/* SPDX-License-Identifier: MIT */
/*
 * fuzz_config - any bytes as tidings.conf
 *
 * Either everything is within its range, or there is a sentence that begins
 * with the file's name and nothing is left to release.
 */
#include <config.h>

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/config/config.h"
#include "lib/text.h"
#include "tests/fuzz/fuzz.h"

static void check_good(const struct config *config)
{
	MUST(config->hub_socket[0] != '\0' && config->log_path[0] != '\0');
	MUST(config->fcgi_socket[0] != '\0');
	MUST(config->workers >= 1 && config->workers <= 64);
	MUST(config->key_age_ms >= 86400000);
	MUST(config->max_body >= config->max_event);
	MUST(config->window >= 1 << 20 && config->window <= 1 << 30);
	for (size_t i = 0; i < config->channel_count; i++) {
		const struct config_channel *channel = &config->channels[i];

		MUST(text_channel_fault(span_of(channel->name)) == NULL);
		MUST(channel->keep.age_ms != UINT64_MAX);
		MUST(channel->keep.events != UINT64_MAX);
		MUST(channel->keep.bytes != UINT64_MAX);
	}
	for (size_t i = 0; i < config->inbox_count; i++)
		MUST(config->inboxes[i].path[0] != '\0');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char path[64];
	static int fd = -1;
	struct config config;
	char *fault;

	/* One file for all: to make it takes longer than to read it. */
	if (fd < 0) {
		fd = memfd_create("config", MFD_CLOEXEC);
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	}
	MUST(pwrite(fd, data, size, 0) == (ssize_t)size);
	MUST(ftruncate(fd, (off_t)size) == 0);
	fault = config_try(&config, path);
	if (fault == NULL) {
		check_good(&config);
		config_release(&config);
	} else {
		MUST(strncmp(fault, path, strlen(path)) == 0);
		MUST(config.hub_socket == NULL && config.channels == NULL);
		free(fault);
	}
	return 0;
}
