/* SPDX-License-Identifier: MIT */
/* The hash by which ranks compare what must be equal. */
#include "framework/train/shards.h"
#include "tests/kit.h"

#include <string.h>

enum { MOST = 200 };

static uint64_t hash(const unsigned char *data, size_t bytes)
{
	return lam_shards_hash(LAM_SHARDS_HASH, data, bytes);
}

/* Of arrays without a byte behind them, so that a sanitizer sees what is read there. */
static void every_byte_and_the_length_count(void)
{
	for (size_t bytes = 0; bytes < MOST; bytes++) {
		unsigned char *data = calloc(bytes + 1, 1), *longer = calloc(bytes + 2, 1);
		require(data && longer, "memory");
		unsigned char *exact = malloc(bytes ? bytes : 1);
		require(exact, "memory");
		memset(exact, 0, bytes ? bytes : 1);
		const uint64_t whole = hash(exact, bytes);
		check(hash(data, bytes) == whole, "%zu bytes: two hashes of one array", bytes);
		check(hash(longer, bytes + 1) != whole, "%zu bytes: one more changes nothing",
			bytes);
		for (size_t i = 0; i < bytes; i++) {
			exact[i] = 1;
			check(hash(exact, bytes) != whole, "byte %zu of %zu changes nothing", i,
				bytes);
			exact[i] = 0;
		}
		free(data), free(longer), free(exact);
	}
}

/* An array's words go into several hashes: their order counts. */
static void the_order_of_words_counts(void)
{
	uint64_t words[24];
	for (int i = 0; i < 24; i++)
		words[i] = (uint64_t)i * i;
	const uint64_t whole = lam_shards_hash(LAM_SHARDS_HASH, words, sizeof words);
	for (int i = 0; i < 24; i++)
		for (int j = 0; j < i; j++) {
			const uint64_t a = words[i], b = words[j];
			words[i] = b, words[j] = a;
			check(lam_shards_hash(LAM_SHARDS_HASH, words, sizeof words) != whole,
				"words %d and %d may be exchanged", j, i);
			words[i] = a, words[j] = b;
		}
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		TEST(every_byte_and_the_length_count), TEST(the_order_of_words_counts)};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
