/* SPDX-License-Identifier: MIT */
/* Memory is aligned and zeroed, a size that overflows is refused, and the user's allocator is used
 * when there is one. The summary says what it knows of the moments. A concatenation has no memory
 * of its own where its inputs are written into it. */
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
/* Bytes of activations of a net for `samples` samples, of one or of two layers of `channels`. */
static int64_t activations(int channels, int samples, bool inference)
{
	lam_net_memory memory;
	lam_net *net = lam_net_create(
		lam_sequential(lam_conv2d(.out = channels, .kernel = {5}), lam_relu(),
			lam_conv2d(.out = channels, .kernel = {5}), lam_softmax_cross_entropy()),
		LAM_SHAPE(channels, 20, 20), .max_batch = samples, .inference = inference,
		.threads = 1, .direct = true);
	if (!check(net != NULL, "%s", lam_error()))
		return 0;
	lam_net_memory_of(net, &memory, sizeof memory);
	lam_net_free(net);
	return memory.activations;
}

/* Where channels leave lanes idle, batch lanes win before there are sixteen samples, and have the
 * memory of sixteen; where they fill the lanes, samples are computed one at a time. */
static void lanes_follow_the_work(void)
{
	for (int inference = 0; inference < 2; inference++) {
		const int64_t of_16 = activations(6, 16, inference);
		check(activations(6, 2, inference) != of_16);
		check(activations(6, 8, inference) == of_16, "%lld bytes",
			(long long)activations(6, 8, inference));
		check(activations(32, 8, inference) != activations(32, 16, inference));
	}
}

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

/* An allocator that fills what it gives, and knows it. */
enum { MOST_BLOCKS = 400, FILLING = 0xa5, LARGE = 1000 };
struct filler {
	struct {
		unsigned char *bytes;
		size_t count;
	} block[MOST_BLOCKS];
	int blocks;
};

static void *filler_allocate(void *data, size_t align, size_t bytes)
{
	struct filler *filler = data;
	void *memory = NULL;
	if (filler->blocks == MOST_BLOCKS || posix_memalign(&memory, align, bytes) != 0)
		return NULL;
	memset(memory, FILLING, bytes);
	filler->block[filler->blocks].bytes = memory;
	filler->block[filler->blocks++].count = bytes;
	return memory;
}

static void filler_release(void *data, void *memory)
{
	struct filler *filler = data;
	for (int i = 0; i < filler->blocks; i++)
		if (filler->block[i].bytes == memory) {
			filler->block[i] = filler->block[--filler->blocks];
			break;
		}
	free(memory);
}

static lam_layer *model_number(int number)
{
	switch (number) {
	case 0:
		return lam_sequential(lam_conv2d(.out = 6, .kernel = {3}), lam_batch_norm(),
			lam_relu(), lam_max_pool2d(.kernel = {2}),
			lam_conv2d(.out = 8, .kernel = {5}), lam_silu(), lam_global_max_pool(),
			lam_affine(.out = 10), lam_softmax_cross_entropy());
	case 1:
		return lam_sequential(lam_conv2d(.out = 4, .kernel = {3}, .pad = {1}),
			lam_softmax(), lam_conv2d(.out = 3, .kernel = {3}, .pad = {1}),
			lam_mean_squared_error());
	case 2:
		return lam_sequential(lam_conv2d(.out = 3, .kernel = {3}, .pad = {1}),
			lam_sigmoid_cross_entropy());
	default:
		return lam_sequential(lam_affine(.out = 50), lam_tanh(), lam_affine(.out = 10));
	}
}

/* Predicts with a net for inference, and evaluates it if it has a loss. Then all of every large
 * array has been written. */
static void use_all(int number, int64_t n, struct filler *filler)
{
	enum { IN = 3 * 20 * 20, MOST = 33 };
	static lam_real x[MOST * IN], y[MOST * IN];
	static const int32_t labels[MOST];
	lam_net *net = lam_net_create(model_number(number), LAM_SHAPE(3, 20, 20), .max_batch = n,
		.inference = true, .threads = 1);
	lam_dataset *data = number == 0
		? lam_dataset_arrays(x, LAM_SHAPE(3, 20, 20), labels, MOST)
		: lam_dataset_arrays(x, LAM_SHAPE(3, 20, 20), NULL, MOST, .targets = LAM_INPUT);
	require(net && data, "%s", lam_error());
	lam_score score;
	check_ok(lam_net_predict(net, x, n, y));
	check(lam_net_output(net) != NULL);
	if (number < 3)
		check_ok(lam_evaluate(net, data, &score));
	for (int i = 0; i < filler->blocks; i++) {
		const size_t count = filler->block[i].count;
		size_t written = 0;
		for (size_t k = 0; k < count; k++)
			written += filler->block[i].bytes[k] != FILLING;
		check(count < LARGE || written > count * 9 / 10,
			"model %d, %d samples: %zu of %zu bytes written", number, (int)n, written,
			count);
	}
	lam_dataset_free(data);
	lam_net_free(net);
}

static void a_net_for_inference_uses_what_it_allocates(void)
{
	static const int64_t batches[] = {1, 2, 15, 16, 33};
	for (int number = 0; number < 4; number++)
		for (size_t i = 0; i < sizeof batches / sizeof *batches; i++) {
			struct filler filler = {.blocks = 0};
			lam_set_allocator(
				&(lam_allocator){filler_allocate, filler_release, &filler});
			use_all(number, batches[i], &filler);
			lam_set_allocator(NULL);
			check(filler.blocks == 0);
		}
}

enum { DENSE_LAYERS = 12, GROWTH = 12, FIRST = 16, DENSE_SIDE = 8 };

/* A dense block: each layer reads the channels of all before it and adds GROWTH. */
static lam_net *dense_block(int layers, bool inference)
{
	lam_layer *list[DENSE_LAYERS];
	for (int i = 0; i < layers; i++)
		list[i] = lam_concat(lam_identity(),
			lam_sequential(lam_batch_norm(), lam_relu(),
				lam_conv2d(.out = GROWTH, .kernel = {3}, .pad = {1})));
	lam_layer *block = lam_sequential_new(&(lam_sequential_options){
		.size = sizeof(lam_sequential_options), .layers = list, .count = layers});
	lam_net *net = lam_net_create(
		lam_sequential(lam_conv2d(.out = FIRST, .kernel = {3}, .pad = {1}), block,
			lam_global_avg_pool(), lam_affine(.out = 10), lam_softmax_cross_entropy()),
		LAM_SHAPE(3, DENSE_SIDE, DENSE_SIDE), .max_batch = 16, .inference = inference);
	check(net, "%s", lam_error());
	return net;
}

/* Forward are kept: the block's output, and each layer's normalized input. Backward, the largest
 * moment is that of the last layer: the gradients of the block's output and of the layer's input.
 * For inference, the output and the last layer's normalized input are all there is. */
static void a_dense_block_is_what_its_layers_write(void)
{
	const int64_t channel = DENSE_SIDE * DENSE_SIDE * 16 * (int64_t)sizeof(lam_real);
	int64_t normalized = 0;
	for (int layers = 1; layers <= DENSE_LAYERS; layers++) {
		const int64_t whole = FIRST + GROWTH * layers, last = whole - GROWTH;
		normalized += last;
		for (int inference = 0; inference < 2; inference++) {
			lam_net *net = dense_block(layers, inference);
			lam_net_memory memory;
			lam_net_memory_of(net, &memory, sizeof memory);
			/* beside it the input's three channels, and the ends of the net */
			const int64_t most = 4
				+ (inference ? whole + last : 2 * whole + normalized + last);
			check(memory.activations <= most * channel,
				"%d layers%s: %lld bytes, expected at most %lld", layers,
				inference ? ", inference" : "", (long long)memory.activations,
				(long long)(most * channel));
			lam_net_free(net);
		}
	}
}

/* A step of a dense block calls no concatenation, and no identity forward. (An identity's input
 * gradient is the sum of those of its input's readers.) */
static void no_time_goes_to_a_concatenation(void)
{
	enum { MOST_ROWS = 400 };
	static lam_real x[16 * 3 * DENSE_SIDE * DENSE_SIDE];
	static const int32_t labels[16];
	static lam_profile_row rows[MOST_ROWS];
	const lam_optimizer sgd = lam_sgd(.lr = (lam_real)0.01);
	lam_net *net = dense_block(DENSE_LAYERS, false);
	check_ok(lam_net_profile_start(net));
	check_ok(lam_net_step(net, &sgd, x, labels, 16));
	check_ok(lam_net_profile_stop(net));
	const int count = lam_net_profile_rows(net, rows, MOST_ROWS, sizeof *rows);
	require(count > 4 * DENSE_LAYERS && count <= MOST_ROWS, "%d rows", count);
	for (int i = 0; i < count; i++)
		check(strcmp(rows[i].kind, "concat")
				&& (strcmp(rows[i].kind, "identity")
					|| rows[i].job != LAM_PROFILE_FORWARD),
			"%s, a %s, has work", rows[i].name, rows[i].kind);
	lam_net_free(net);
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		TEST(is_aligned_and_zeroed),
		TEST(refuses_sizes_that_overflow),
		TEST(grows_and_copies),
		TEST(uses_an_allocator_of_ones_own),
		TEST(a_net_for_inference_uses_what_it_allocates),
		TEST(lanes_follow_the_work),
		TEST(the_summary_states_the_moments),
		TEST(a_dense_block_is_what_its_layers_write),
		TEST(no_time_goes_to_a_concatenation),
	};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
