/* SPDX-License-Identifier: MIT */
/* Memory is aligned and zeroed, a size that overflows is refused, and the user's allocator is used
 * when there is one. The summary says what it knows of the moments. */
#include "framework/memory.h"

#include <lamina.h>

#include "tests/kit.h"

#include <stdlib.h>

static void is_aligned_and_zeroed(void)
{
	for (size_t count = 0; count < 300; count += 37) {
		unsigned char *bytes = lam_alloc(count, 3);
		require(bytes != NULL, "%s", lam_error());
		check((uintptr_t)bytes % LAM_ALIGN == 0);
		for (size_t i = 0; i < 3 * count; i++)
			check(bytes[i] == 0, "byte %zu of %zu", i, 3 * count);
		memset(bytes, 255, 3 * count);
		lam_free(bytes);
	}
	lam_free(NULL);
}

static void refuses_sizes_that_overflow(void)
{
	check(lam_alloc(SIZE_MAX / 2, 4) == NULL);
	check(strstr(lam_error(), "out of memory") != NULL, "%s", lam_error());
	check(lam_alloc(SIZE_MAX, 1) == NULL);
	size_t value;
	check(lam_size_multiply(6, 7, &value) && value == 42);
	check(!lam_size_multiply(SIZE_MAX / 2, 3, &value));
	check(!lam_size_multiply(SIZE_MAX / 2 + 1, 1, &value));
	check(lam_size_add(6, 7, &value) && value == 13);
	check(!lam_size_add(SIZE_MAX, 1, &value));
	check(lam_size_align(0) == 0 && lam_size_align(1) == 64 && lam_size_align(64) == 64
		&& lam_size_align(65) == 128);
}

static void grows_and_copies(void)
{
	int *values = lam_grow(NULL, 0, 2, sizeof *values);
	require(values != NULL, "%s", lam_error());
	values[0] = 1;
	values[1] = 2;
	int *grown = lam_grow(values, 2, 5, sizeof *values);
	require(grown != NULL, "%s", lam_error());
	check(grown[0] == 1 && grown[1] == 2 && grown[2] == 0 && grown[4] == 0);
	lam_free(grown);

	char *text = lam_text_copy("conv1");
	check(text && strcmp(text, "conv1") == 0);
	lam_free(text);
	check(lam_text_copy(NULL) == NULL);
}

struct ledger {
	int taken, returned;
	bool refuse;
};

static void *ledger_allocate(void *data, size_t align, size_t bytes)
{
	struct ledger *ledger = data;
	void *memory = NULL;
	if (ledger->refuse || posix_memalign(&memory, align, bytes) != 0)
		return NULL;
	ledger->taken++;
	return memory;
}

static void ledger_release(void *data, void *memory)
{
	((struct ledger *)data)->returned++;
	free(memory);
}

static void uses_an_allocator_of_ones_own(void)
{
	struct ledger ledger = {0};
	lam_set_allocator(&(lam_allocator){ledger_allocate, ledger_release, &ledger});
	void *memory = lam_alloc(10, 10);
	check(memory != NULL && ledger.taken == 1);
	lam_free(memory);
	check(ledger.returned == 1);
	ledger.refuse = true;
	check(lam_alloc(10, 10) == NULL);
	check(strstr(lam_error(), "100 bytes") != NULL, "%s", lam_error());
	lam_set_allocator(NULL);
	lam_free(lam_alloc(1, 1));
	check(ledger.taken == 1 && ledger.returned == 1);
}

/* Whether the summary has a line of moments with these words. */
static bool states_moments(const lam_net *net, const char *words)
{
	FILE *file = tmpfile();
	char line[256];
	bool found = false;
	if (!file || lam_net_summary(net, file))
		return false;
	rewind(file);
	while (fgets(line, sizeof line, file))
		found = found || (strstr(line, "  moments ") && strstr(line, words));
	fclose(file);
	return found;
}

/* Before there is an optimizer their bytes are not 0 but not known. */
static void the_summary_states_the_moments(void)
{
	enum { ARENA = 32 * (int)sizeof(lam_real) }; /* 4 x 4 weights and 4 biases, aligned */
	char words[64];
	const lam_optimizer adam = lam_adam(.lr = (lam_real)0.01), sgd = lam_sgd(.lr = 1);
	for (int i = 0; i < 3; i++) {
		lam_net *net = lam_net_create(
			lam_sequential(lam_affine(.out = 4), lam_mean_squared_error()),
			LAM_SHAPE(4), .max_batch = 4, .inference = i == 2);
		require(net, "%s", lam_error());
		snprintf(words, sizeof words, " %d bytes\n", i == 0 ? 2 * ARENA : 0);
		check(states_moments(net, i == 2 ? words : " ? bytes, until lam_net_prepare()"));
		check_ok(lam_net_prepare(net, i == 0 ? &adam : i == 1 ? &sgd : NULL));
		check(states_moments(net, words), "%s", words);
		lam_net_free(net);
	}
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		TEST(is_aligned_and_zeroed),
		TEST(refuses_sizes_that_overflow),
		TEST(grows_and_copies),
		TEST(uses_an_allocator_of_ones_own),
		TEST(the_summary_states_the_moments),
	};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
