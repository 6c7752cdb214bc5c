/* SPDX-License-Identifier: MIT */
/* Counter-based random numbers: Random123's known answers, and the distributions made from them. */
#include "framework/kernels/philox.h"
#include "framework/random.h"

#include "tests/kit.h"

/* From kat_vectors of Random123, for philox4x32-10: counter, key, result. */
static void gives_the_known_answers(void)
{
	static const uint32_t known[3][10] = {
		{0, 0, 0, 0, 0, 0, 0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8},
		{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0x408f276d,
			0x41c83b0e, 0xa20bc7c6, 0x6d5451fd},
		{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344, 0xa4093822, 0x299f31d0, 0xd16cfe09,
			0x94fdcceb, 0x5001e420, 0x24126ea1},
	};
	for (int row = 0; row < 3; row++) {
		const uint32_t *k = known[row];
		const lam_random_words words = lam_random(k[4] | (uint64_t)k[5] << 32,
			k[2] | (uint64_t)k[3] << 32, k[0] | (uint64_t)k[1] << 32);
		for (int i = 0; i < 4; i++)
			check(words.word[i] == k[6 + i], "vector %d word %d is %08x", row, i,
				words.word[i]);
	}
}

static void keys_differ_in_every_argument(void)
{
	const uint64_t key = lam_random_key(1, 2, 3);
	check(key == lam_random_key(1, 2, 3));
	check(key != lam_random_key(2, 2, 3));
	check(key != lam_random_key(1, 3, 3));
	check(key != lam_random_key(1, 2, 4));
	check(key != lam_random_key(1, 3, 2));
}

static void uniform_stays_below_one(void)
{
	check(lam_random_uniform(0) == 0);
	check((float)lam_random_uniform(UINT32_MAX) < 1);
	check(lam_random_uniform(UINT32_C(1) << 31) == 0.5);
}

static void normal_has_its_moments(void)
{
	enum { COUNT = 100000 };
	double sum = 0, squares = 0, cubes = 0, fourths = 0;
	for (uint64_t i = 0; i < COUNT; i++) {
		const double x = lam_random_normal(7, i);
		require(isfinite(x) && fabs(x) < 6.7);
		sum += x;
		squares += x * x;
		cubes += x * x * x;
		fourths += x * x * x * x;
	}
	/* The tolerances are five standard deviations of each estimate. */
	check_near(sum / COUNT, 0, 5 * sqrt(1.0 / COUNT));
	check_near(squares / COUNT, 1, 5 * sqrt(2.0 / COUNT));
	check_near(cubes / COUNT, 0, 5 * sqrt(15.0 / COUNT));
	check_near(fourths / COUNT, 3, 5 * sqrt(96.0 / COUNT));
}

/* The normal distribution function of each number is (word + 1/2) / 2^32, to the formula's seven
 * digits. */
static void normal_is_the_inverse_of_its_distribution(void)
{
	double least = 0, most = 0;
	for (uint64_t first = 0; first < 400000; first += LAM_NORMALS) {
		double normal[LAM_NORMALS];
		lam_random_normals(11, first, normal);
		for (uint64_t i = 0; i < LAM_NORMALS; i++) {
			const uint32_t word =
				lam_random(11, 0, (first + i) / 4).word[(first + i) % 4];
			const double x = normal[i], wanted = (word + 0.5) * 0x1p-32,
				     given = erfc(-x / sqrt(2)) / 2;
			const double density = exp(-x * x / 2) / sqrt(2 * 3.14159265358979323846);
			require(lam_random_normal(11, first + i) == x);
			require(fabs(given - wanted) < 2e-7 * density * fmax(1, fabs(x)),
				"word %08x gave %.9g", word, x);
			least = fmin(least, x);
			most = fmax(most, x);
		}
	}
	check(least < -4 && most > 4, "no tails: %g … %g", least, most);
}

static void below_is_within_and_even(void)
{
	static const uint64_t bounds[] = {
		1, 2, 3, 6, 10, 1000, UINT64_C(1) << 63, (UINT64_C(1) << 63) + 1, UINT64_MAX};
	check(lam_random_below(1, 2, 0) == 0);
	for (size_t b = 0; b < sizeof bounds / sizeof *bounds; b++)
		for (uint64_t i = 0; i < 200; i++)
			check(lam_random_below(b, i, bounds[b]) < bounds[b]);

	enum { COUNT = 60000 };
	int seen[6] = {0};
	for (uint64_t i = 0; i < COUNT; i++)
		seen[lam_random_below(9, i, 6)]++;
	double chi_square = 0;
	for (int i = 0; i < 6; i++)
		chi_square += (seen[i] - COUNT / 6.0) * (seen[i] - COUNT / 6.0) / (COUNT / 6.0);
	check(chi_square < 20.5, "chi square %g at 5 degrees of freedom", chi_square); /* 0.1% */
}

static void permutation_holds_each_once(void)
{
	enum { COUNT = 1000 };
	int64_t order[COUNT], again[COUNT], other[COUNT];
	bool seen[COUNT] = {false};
	lam_random_permutation(5, 1, COUNT, order);
	lam_random_permutation(5, 1, COUNT, again);
	lam_random_permutation(5, 2, COUNT, other);
	check(memcmp(order, again, sizeof order) == 0);
	check(memcmp(order, other, sizeof order) != 0);
	int fixed = 0;
	for (int i = 0; i < COUNT; i++) {
		require(order[i] >= 0 && order[i] < COUNT);
		check(!seen[order[i]], "%d twice", (int)order[i]);
		seen[order[i]] = true;
		fixed += order[i] == i;
	}
	check(fixed < 8, "%d stay in place, 1 is expected", fixed);
	lam_random_permutation(5, 1, 0, order);
	check(memcmp(order, again, sizeof order) == 0, "no count writes nothing");
}

/* All six orders of three items are equally frequent. */
static void permutation_is_fair(void)
{
	enum { COUNT = 12000 };
	int seen[9] = {0};
	for (uint64_t epoch = 0; epoch < COUNT; epoch++) {
		int64_t order[3];
		lam_random_permutation(3, epoch, 3, order);
		seen[order[0] * 3 + order[1]]++;
	}
	double chi_square = 0;
	for (int i = 0; i < 9; i++)
		if (i % 4 != 0)
			chi_square += (seen[i] - COUNT / 6.0) * (seen[i] - COUNT / 6.0)
				/ (COUNT / 6.0);
	check(chi_square < 20.5, "chi square %g at 5 degrees of freedom", chi_square);
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		TEST(gives_the_known_answers),
		TEST(keys_differ_in_every_argument),
		TEST(uniform_stays_below_one),
		TEST(normal_has_its_moments),
		TEST(normal_is_the_inverse_of_its_distribution),
		TEST(below_is_within_and_even),
		TEST(permutation_holds_each_once),
		TEST(permutation_is_fair),
	};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
