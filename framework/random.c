#include "framework/random.h"

#include "framework/kernels/philox.h"

#include <math.h>

/* Tells the shuffle's key from those of layers, whose numbers are small. */
#define SHUFFLE UINT64_C(0x73687566666c65)

lam_random_words lam_random(uint64_t key, uint64_t high, uint64_t low)
{
	lam_random_words words = {{(uint32_t)low, (uint32_t)(low >> 32), (uint32_t)high, (uint32_t)(high >> 32)}};
	philox(words.word, (uint32_t)key, (uint32_t)(key >> 32));
	return words;
}

static uint64_t first_64(lam_random_words words)
{
	return words.word[0] | (uint64_t)words.word[1] << 32;
}

uint64_t lam_random_key(uint64_t seed, uint64_t pass, uint64_t layer)
{
	return first_64(lam_random(seed, layer, pass));
}

double lam_random_normal(uint64_t key, uint64_t counter)
{
	const lam_random_words words = lam_random(key, 0, counter);
	const double radius = (words.word[0] + 1.0) * 0x1p-32;   /* in (0, 1]: its logarithm is finite */
	const double angle = words.word[1] * (0x1p-32 * 2 * 3.14159265358979323846);
	return sqrt(-2 * log(radius)) * cos(angle);
}

/* Numbers from the last whole multiple of `bound` on would favour small results: drawn again, under the next attempt. */
uint64_t lam_random_below(uint64_t key, uint64_t counter, uint64_t bound)
{
	if (bound == 0)
		return 0;
	const uint64_t excess = (UINT64_MAX % bound + 1) % bound;   /* 2^64 mod bound */
	for (uint64_t attempt = 0;; attempt++) {
		const uint64_t number = first_64(lam_random(key, attempt, counter));
		if (number <= UINT64_MAX - excess)
			return number % bound;
	}
}

void lam_random_permutation(uint64_t seed, uint64_t epoch, int64_t count, int64_t *order)
{
	const uint64_t key = lam_random_key(seed, epoch, SHUFFLE);
	for (int64_t i = 0; i < count; i++)
		order[i] = i;
	for (int64_t i = count - 1; i > 0; i--) {
		const int64_t other = (int64_t)lam_random_below(key, (uint64_t)i, (uint64_t)i + 1);
		const int64_t swapped = order[i];
		order[i] = order[other];
		order[other] = swapped;
	}
}
