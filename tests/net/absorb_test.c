/* SPDX-License-Identifier: MIT */
/* Layers that a convolution or an affine layer before them computes, in nets for inference: batch
 * norm, the addition of a residual block, an activation. They give the bits that they give where
 * they stand, and those of the parameters and statistics of the moment. */
#include "tests/kit.h"
#include "tests/net/summary_text.h"

#include <lamina.h>

enum { MOST = 19, NETS = 120, LONGEST = 1 << 16 };

static uint64_t state;

/* A number from 0 to `count` - 1. */
static int draw(int count)
{
	state = state * 6364136223846793005u + 1442695040888963407u;
	return (int)((state >> 33) % (uint64_t)count);
}

static lam_layer *activation(void)
{
	switch (draw(8)) {
	case 0:
		return lam_clip(.least = LAM_ZERO, .most = (lam_real)0.7);
	case 1:
		return lam_leaky_relu(.slope = (lam_real)0.1);
	case 2:
		return lam_hard_swish();
	case 3:
		return lam_silu();
	case 4:
		return lam_gelu();
	default:
		return lam_relu();
	}
}

/* A layer that takes calls behind it, of `out` channels: every algorithm and form of a convolution.
 * The plane stays as it is. */
static lam_layer *host(int in, int out)
{
	const bool bare = draw(2);
	switch (draw(7)) {
	case 0: /* Winograd's, or its channels in the lanes */
		return lam_conv2d(.out = out, .kernel = {3}, .pad = {1}, .no_bias = bare);
	case 1:
		return lam_conv2d(.out = out, .kernel = {1}, .no_bias = bare);
	case 2: /* depthwise, if it can be */
		return lam_conv2d(.out = out, .kernel = {3}, .pad = {1}, .no_bias = bare,
			.groups = in == out ? in : 1);
	case 3: /* groups of whole lane blocks, or of a few channels */
		return lam_conv2d(.out = out, .kernel = {3}, .pad = {1}, .no_bias = bare,
			.groups = in % 2 || out % 2 ? 1 : 2);
	case 4: /* several sweeps would need a stride */
		return lam_transposed_conv2d(.out = out, .kernel = {3}, .pad = {1});
	case 5:
		return lam_conv2d(.out = out, .kernel = {5, 3}, .pad = {2, 1}, .no_bias = bare);
	default:
		return lam_conv2d(.out = out, .kernel = {3}, .pad = {2}, .dilation = {2});
	}
}

static int channels(void)
{
	static const int some[] = {1, 3, 4, 6, 16, 17, 32, 40, 64};
	return some[draw((int)(sizeof some / sizeof *some))];
}

/* A host and some of what it may absorb, in and out of order. */
static lam_layer *chain(int in, int out)
{
	lam_layer *layers[4] = {host(in, out)};
	int count = 1;
	if (draw(4))
		layers[count++] = lam_batch_norm();
	if (draw(2))
		layers[count++] = activation();
	if (!draw(5))
		layers[count++] = lam_batch_norm();
	return lam_sequential_new(&(lam_sequential_options){
		.size = sizeof(lam_sequential_options), .layers = layers, .count = count});
}

static lam_layer *block(int in, int out)
{
	if (!draw(3))
		return chain(in, out);
	lam_layer *sum = in == out && draw(2)
		? lam_residual(chain(in, out))
		: lam_residual(chain(in, out), .shortcut = chain(in, out));
	return draw(2) ? lam_sequential(sum, activation()) : sum;
}

/* The same net for the same `seed`. */
static lam_layer *model(uint64_t seed, int in)
{
	state = seed;
	const int a = channels(), b = channels(), c = channels();
	lam_layer *layers[] = {chain(in, a), block(a, b), block(b, b), block(b, c),
		draw(2) ? lam_global_avg_pool() : lam_flatten(), lam_affine(.out = 21), NULL, NULL};
	int count = 6;
	if (draw(2))
		layers[count++] = lam_batch_norm();
	if (draw(2))
		layers[count++] = activation();
	return lam_sequential_new(&(lam_sequential_options){
		.size = sizeof(lam_sequential_options), .layers = layers, .count = count});
}

static lam_real noise(double least, double most)
{
	return (lam_real)(least + (most - least) * draw(4096) / 4096);
}

/* Draws all parameters and statistics, variances above 0. */
static void draw_params(lam_net *net)
{
	for (int i = 0; i < lam_net_param_count(net) + lam_net_state_count(net); i++) {
		const int k = i - lam_net_param_count(net);
		lam_param *param = k < 0 ? lam_net_param(net, i) : lam_net_state(net, k);
		const lam_shape shape = lam_param_shape(param);
		const bool positive = strstr(lam_param_name(param), "running_var");
		lam_real *value = lam_param_edit(param);
		for (int64_t j = 0; j < lam_shape_count(&shape); j++)
			value[j] = positive ? noise(0.2, 2) : noise(-0.5, 0.5);
	}
}

static char summary[LONGEST];

/* The paths of all layers, from the parameters' net: watching them keeps every value, so nothing is
 * absorbed. */
struct paths {
	char text[200][40];
	const char *list[201];
};

static void list_paths(const lam_net *net, struct paths *paths)
{
	int count = 0;
	read_summary(net, summary, sizeof summary);
	for (char *line = strtok(summary, "\n"); line && count < 200; line = strtok(NULL, "\n")) {
		char kind[40], *path = paths->text[count];
		if (sscanf(line, "%39s %39s", path, kind) != 2 || *path < '0' || *path > '9'
			|| strstr(line, "parameters;") || strstr(line, "computed")
			|| !strcmp(kind, "relayout") || strstr(path, ".add"))
			continue;
		paths->list[count++] = path;
	}
	paths->list[count] = NULL;
}

static lam_net *make(uint64_t seed, lam_shape in, int batch, int threads, const char *const *watch)
{
	return lam_net_create(model(seed, (int)in.dim[0]), in, .max_batch = batch,
		.inference = true, .threads = threads, .watch = watch, .direct = seed % 3 == 0);
}

static void gives_the_same_bits(void)
{
	static const int batches[] = {1, 2, 5, 8, 15, 16, MOST};
	static lam_real x[MOST * 16 * 12 * 12], plain[MOST * 21], kept[MOST * 21];
	static struct paths paths;
	int all = 0;
	for (int i = 0; i < MOST * 16 * 12 * 12; i++)
		x[i] = (lam_real)((i * 7919) % 1013) / 1013 - (lam_real)0.4;
	for (uint64_t seed = 1; seed <= NETS; seed++) {
		const int batch = batches[seed % 7], side = (int)(3 + seed % 10);
		const lam_shape in = LAM_SHAPE(seed % 2 ? 3 : 16, side, side);
		test_begin("net %d, %d samples", (int)seed, batch);
		lam_net *net = make(seed, in, batch, 1 + (int)(seed % 3), NULL);
		require(net != NULL, "%s", lam_error());
		list_paths(net, &paths);
		lam_net *other = make(seed, in, batch, 1, paths.list);
		require(other != NULL, "%s", lam_error());
		all += count_computed(net, "before");
		check(!count_computed(other, "before"), "%d are absorbed though they are watched",
			count_computed(other, "before"));
		for (int round = 0; round < 2; round++) {
			state = seed + (uint64_t)round;
			draw_params(net);
			state = seed + (uint64_t)round;
			draw_params(other);
			check_ok(lam_net_predict(net, x, batch, plain));
			check_ok(lam_net_predict(other, x, batch, kept));
			check(!memcmp(plain, kept, (size_t)batch * 21 * sizeof *plain),
				"after %d changes", round + 1);
		}
		lam_net_free(net);
		lam_net_free(other);
	}
	test_begin("layers are absorbed");
	check(all > 6 * NETS, "%d in %d nets", all, NETS);
}

static lam_layer *trained(void)
{
	return lam_sequential(lam_conv2d(.out = 20, .kernel = {3}, .pad = {1}), lam_batch_norm(),
		lam_relu(),
		lam_residual(lam_sequential(
			lam_conv2d(.out = 20, .kernel = {3}, .pad = {1}, .no_bias = true),
			lam_batch_norm())),
		lam_silu(), lam_global_avg_pool(), lam_affine(.out = 7), lam_batch_norm(),
		lam_softmax_cross_entropy());
}

/* A replica folds the statistics of the moment: after steps, after steps of frozen parameters,
 * which change statistics alone, and after edits. */
static void follows_every_change(void)
{
	enum { BATCH = 18, IN = 3 * 64 };
	static lam_real x[BATCH * IN], y[BATCH * 7], expected[BATCH * 7];
	static int32_t classes[BATCH];
	const lam_optimizer sgd = lam_sgd(.lr = (lam_real)0.05);
	for (int i = 0; i < BATCH * IN; i++)
		x[i] = (lam_real)((i * 7919) % 1013) / 1013;
	for (int few = 0; few < 2; few++) {
		const int batch = few ? 6 : BATCH;
		test_begin("%d samples", batch);
		lam_net *net = lam_net_create(
			trained(), LAM_SHAPE(3, 8, 8), .max_batch = batch, .seed = 5);
		lam_net *replica = lam_net_replica(net, .inference = true);
		require(net && replica, "%s", lam_error());
		for (int step = 0; step < 8; step++) {
			if (step == 3 || step == 6)
				for (int i = 0; i < lam_net_param_count(net); i++)
					lam_param_set_trainable(lam_net_param(net, i), step == 6);
			if (step == 5)
				lam_param_edit(lam_net_find(net, "1.running_var"))[2] = 3;
			else
				check_ok(lam_net_step(
					net, &sgd, x, (const int32_t *)classes, batch));
			check_ok(lam_net_predict(net, x, batch, expected));
			check_ok(lam_net_predict(replica, x, batch, y));
			check(!memcmp(y, expected, (size_t)batch * 7 * sizeof *y), "step %d", step);
		}
		check(count_computed(replica, "before") == 6, "%d layers are absorbed",
			count_computed(replica, "before"));
		check(!count_computed(net, "before"), "a net for training says that it absorbs");
		lam_net_free(replica);
		lam_net_free(net);
	}
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		TEST(gives_the_same_bits),
		TEST(follows_every_change),
	};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
