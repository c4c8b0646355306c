/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "lib/siphash.h"

#include <endian.h>
#include <stdbool.h>
#include <sys/random.h>
#include <unistd.h>

#include "lib/clock.h"

struct sip {
	uint64_t a, b, c, d;
};

static inline uint64_t turn(uint64_t word, unsigned bits)
{
	return word << bits | word >> (64 - bits);
}

static inline void mix(struct sip *sip)
{
	sip->a += sip->b;
	sip->c += sip->d;
	sip->b = turn(sip->b, 13) ^ sip->a;
	sip->d = turn(sip->d, 16) ^ sip->c;
	sip->a = turn(sip->a, 32);
	sip->c += sip->b;
	sip->a += sip->d;
	sip->b = turn(sip->b, 17) ^ sip->c;
	sip->d = turn(sip->d, 21) ^ sip->a;
	sip->c = turn(sip->c, 32);
}

static inline void take(struct sip *sip, uint64_t word)
{
	sip->d ^= word;
	mix(sip);
	sip->a ^= word;
}

static inline uint64_t whole_word(const char *at)
{
	uint64_t word;

	memcpy(&word, at, sizeof(word));
	return le64toh(word);
}

/* What is left after the whole words, less than eight bytes: the first is the
 * lowest. */
static inline uint64_t last_word(struct span bytes)
{
	uint64_t word = 0;

	for (size_t i = bytes.len; i-- > 0;)
		word = word << 8 | (unsigned char)bytes.at[i];
	return word;
}

uint64_t siphash(const struct siphash_key *key, struct span bytes)
{
	struct sip sip = {
		key->low ^ 0x736f6d6570736575u,
		key->high ^ 0x646f72616e646f6du,
		key->low ^ 0x6c7967656e657261u,
		key->high ^ 0x7465646279746573u,
	};
	uint64_t len = bytes.len;

	for (; bytes.len >= 8; bytes = span(bytes.at + 8, bytes.len - 8))
		take(&sip, whole_word(bytes.at));
	take(&sip, last_word(bytes) | len << 56);
	sip.c ^= 0xff;
	mix(&sip);
	mix(&sip);
	mix(&sip);
	return sip.a ^ sip.b ^ sip.c ^ sip.d;
}

/* Before the kernel has gathered randomness, better than nothing. */
static struct siphash_key draw(void)
{
	struct siphash_key key;

	if (getrandom(&key, sizeof(key), GRND_NONBLOCK) != sizeof(key))
		key = (struct siphash_key){clock_mono_us(), (uint64_t)getpid()};
	return key;
}

const struct siphash_key *siphash_secret(void)
{
	static struct siphash_key key;
	static bool drawn;

	if (!drawn) {
		key = draw();
		drawn = true;
	}
	return &key;
}
