#include <config.h>

#include "fcgi/hash.h"

#include <stdbool.h>
#include <sys/random.h>
#include <unistd.h>

#include "lib/clock.h"

struct sip {
	uint64_t a, b, c, d;
};

static uint64_t turn(uint64_t word, unsigned bits)
{
	return word << bits | word >> (64 - bits);
}

static void rounds(struct sip *sip, int count)
{
	while (count-- > 0) {
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
}

static void take(struct sip *sip, uint64_t word)
{
	sip->d ^= word;
	rounds(sip, 2);
	sip->a ^= word;
}

/* Up to eight bytes, the first the lowest. */
static uint64_t word_of(struct span bytes)
{
	uint64_t word = 0;

	for (size_t i = 0; i < bytes.len; i++)
		word |= (uint64_t)(unsigned char)bytes.at[i] << 8 * i;
	return word;
}

uint64_t hash_with(const struct hash_key *key, struct span bytes)
{
	struct sip sip = {
		key->low ^ 0x736f6d6570736575u,
		key->high ^ 0x646f72616e646f6du,
		key->low ^ 0x6c7967656e657261u,
		key->high ^ 0x7465646279746573u,
	};
	uint64_t len = bytes.len;

	for (; bytes.len >= 8; bytes = span(bytes.at + 8, bytes.len - 8))
		take(&sip, word_of(span(bytes.at, 8)));
	take(&sip, word_of(bytes) | len << 56);
	sip.c ^= 0xff;
	rounds(&sip, 4);
	return sip.a ^ sip.b ^ sip.c ^ sip.d;
}

/* Before the kernel has gathered randomness, better than nothing. */
static struct hash_key draw(void)
{
	struct hash_key key;

	if (getrandom(&key, sizeof(key), GRND_NONBLOCK) != sizeof(key))
		key = (struct hash_key){clock_mono_us(), (uint64_t)getpid()};
	return key;
}

uint32_t hash_of(struct span bytes)
{
	static struct hash_key key;
	static bool drawn;

	if (!drawn) {
		key = draw();
		drawn = true;
	}
	return (uint32_t)hash_with(&key, bytes);
}
