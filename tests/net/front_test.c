/* SPDX-License-Identifier: MIT */
/* Fronts: a depthwise convolution that the 1x1 convolution behind it computes, with what it has
 * absorbed, in nets for inference. They give the bits that they give where they stand; and where
 * anything else reads what lies between them, they stand. */
#include "tests/kit.h"
#include "tests/net/summary_text.h"

#include <lamina.h>

enum { MOST = 40, NETS = 150, OUT = 19 };

static uint64_t state;

/* A number from 0 to `count` - 1. */
static int draw(int count)
{
	state = state * 6364136223846793005u + 1442695040888963407u;
	return (int)((state >> 33) % (uint64_t)count);
}

static int channels(void)
{
	static const int some[] = {16, 17, 32, 40, 48, 100, 160, 300};
	return some[draw((int)(sizeof some / sizeof *some))];
}

/* A batch norm, an activation, or both. */
static lam_layer *between(void)
{
	lam_layer *layers[2] = {lam_batch_norm()};
	int count = draw(3) ? 1 : 0;
	if (!count)
		lam_layer_free(layers[0]);
	if (draw(3))
		layers[count++] = draw(2) ? lam_relu() : lam_hard_swish();
	return count ? lam_sequential_new(&(lam_sequential_options){
		       .size = sizeof(lam_sequential_options), .layers = layers, .count = count})
		     : lam_leaky_relu();
}

static lam_layer *pair_of_images(int in, int out)
{
	const int64_t kernel = 2 + draw(4), stride = 1 + draw(2);
	return lam_sequential(lam_conv2d(.out = in, .kernel = {kernel, 3}, .pad = {kernel / 2, 2},
				      .stride = {stride, stride}, .dilation = {1, 1 + draw(2)},
				      .groups = in, .no_bias = draw(2)),
		between(), lam_conv2d(.out = out, .kernel = {1}, .no_bias = draw(2)), between());
}

static lam_layer *pair_of_signals(int in, int out)
{
	const int64_t kernel = 2 + draw(4);
	return lam_sequential(lam_conv1d(.out = in, .kernel = kernel, .pad = kernel / 2,
				      .stride = 1 + draw(2), .groups = in, .no_bias = draw(2)),
		between(), lam_conv1d(.out = out, .kernel = 1, .no_bias = draw(2)), between());
}

/* The same net for the same `seed`. */
static lam_layer *model(uint64_t seed, bool signals)
{
	state = seed;
	const int a = channels(), b = channels(), c = channels();
	return lam_sequential(signals ? lam_conv1d(.out = a, .kernel = 3, .pad = 1)
				      : lam_conv2d(.out = a, .kernel = {3}, .pad = {1}),
		signals ? pair_of_signals(a, b) : pair_of_images(a, b),
		signals ? pair_of_signals(b, c) : pair_of_images(b, c), lam_global_avg_pool(),
		lam_affine(.out = OUT));
}

static void draw_params(lam_net *net, uint64_t seed)
{
	state = seed;
	for (int i = 0; i < lam_net_param_count(net) + lam_net_state_count(net); i++) {
		const int k = i - lam_net_param_count(net);
		lam_param *param = k < 0 ? lam_net_param(net, i) : lam_net_state(net, k);
		const lam_shape shape = lam_param_shape(param);
		const bool positive = strstr(lam_param_name(param), "running_var");
		lam_real *value = lam_param_edit(param);
		for (int64_t j = 0; j < lam_shape_count(&shape); j++)
			value[j] = (lam_real)(draw(4096) / 4096. - (positive ? -0.2 : 0.5));
	}
}

static void gives_the_same_bits(void)
{
	static const int batches[] = {1, 2, 3, 7, 15, 16, 17, 40};
	static const char *const all[] = {"1.0", "2.0", "1.1", "2.1", NULL};
	static lam_real x[MOST * 3 * 24 * 96], plain[MOST * OUT], kept[MOST * OUT];
	int fronts = 0;
	for (int i = 0; i < MOST * 3 * 24 * 96; i++)
		x[i] = (lam_real)((i % 1013 * 7919) % 1013) / 1013 - (lam_real)0.4;
	for (uint64_t seed = 1; seed <= NETS; seed++) {
		const int batch = batches[seed % 8], side = (int)(6 + seed % 19);
		const bool signals = seed % 4 == 0;
		const lam_shape in = signals ? LAM_SHAPE(3, 8 * side)
					     : LAM_SHAPE(3, side, seed % 3 ? side : 4 * side);
		test_begin("net %d, %d samples", (int)seed, batch);
		lam_net *net = lam_net_create(model(seed, signals), in, .max_batch = batch,
			.inference = true, .threads = 1 + (int)(seed % 4));
		lam_net *other = lam_net_create(model(seed, signals), in, .max_batch = batch,
			.inference = true, .threads = 1, .watch = all);
		require(net && other, "%s", lam_error());
		fronts += count_computed(net, "behind");
		check(!count_computed(other, "behind"), "watched layers are computed by others");
		draw_params(net, seed);
		draw_params(other, seed);
		check_ok(lam_net_predict(net, x, batch, plain));
		check_ok(lam_net_predict(other, x, batch, kept));
		check(!memcmp(plain, kept, (size_t)(batch * OUT) * sizeof *plain), "other bits");
		lam_net_free(net);
		lam_net_free(other);
	}
	test_begin("there are fronts");
	check(fronts > NETS, "%d in %d nets", fronts, NETS);
}

/* The depthwise layer of this net, of `max_batch` samples, is a front. */
static int fronts_of(lam_layer *body, int max_batch, bool inference)
{
	lam_net *net = lam_net_create(lam_sequential(lam_conv2d(.out = 32, .kernel = {3}), body,
					      lam_global_avg_pool(), lam_affine(.out = 3)),
		LAM_SHAPE(3, 12, 12), .max_batch = max_batch, .inference = inference);
	check(net != NULL, "%s", lam_error());
	const int fronts = net ? count_computed(net, "behind") : -1;
	lam_net_free(net);
	return fronts;
}

static lam_layer *depthwise(void)
{
	return lam_conv2d(.out = 32, .kernel = {3}, .pad = {1}, .groups = 32);
}

static lam_layer *dot(void)
{
	return lam_conv2d(.out = 32, .kernel = {1});
}

/* act(x) + dot(dw(x)), whose calls are not neighbours. */
static lam_slot expand_mix(const lam_layer *self, lam_plan *plan, lam_slot x)
{
	const lam_slot dw = lam_plan_layer(plan, lam_layer_child(self, 0), x, "dw"),
		       act = lam_plan_layer(plan, lam_layer_child(self, 1), x, "act"),
		       dotted = lam_plan_layer(plan, lam_layer_child(self, 2), dw, "dot");
	return lam_plan_add(plan, dotted, act);
}

struct mix_options {
	LAM_LAYER_OPTIONS;
};

static lam_layer *mix(lam_layer *act)
{
	static const lam_layer_class mix_class = {LAM_LAYER_ABI, .kind = "mix",
		.state_size = sizeof(struct mix_options), .expand = expand_mix, .min_children = 3,
		.max_children = 3};
	return lam_layer_new_with_children(&mix_class,
		&(struct mix_options){.size = sizeof(struct mix_options)},
		(lam_layer *[]){depthwise(), act, dot()}, 3);
}

/* What lies between two calls may take the place of the first one's input. */
static void is_the_call_just_before(void)
{
	static const char *const all[] = {"0", "1.dw", NULL};
	static lam_real x[3 * 12 * 12], y[3], other_y[3];
	for (int i = 0; i < 3 * 12 * 12; i++)
		x[i] = (lam_real)(i % 7 - 3);
	for (int kind = 0; kind < 3; kind++) {
		lam_net *nets[2];
		test_begin("activation %d", kind);
		for (int watched = 0; watched < 2; watched++) {
			lam_layer *act = kind == 0 ? lam_relu()
				: kind == 1        ? lam_batch_norm()
						   : lam_hard_swish();
			nets[watched] = lam_net_create(
				lam_sequential(lam_conv2d(.out = 32, .kernel = {3}), mix(act),
					lam_global_avg_pool(), lam_affine(.out = 3)),
				LAM_SHAPE(3, 12, 12), .inference = true,
				.max_batch = kind % 2 ? 16 : 1, .watch = watched ? all : NULL);
			require(nets[watched] != NULL, "%s", lam_error());
			check_ok(lam_net_predict(nets[watched], x, 1, watched ? other_y : y));
		}
		check(!memcmp(y, other_y, sizeof y), "other bits");
		lam_net_free(nets[0]);
		lam_net_free(nets[1]);
	}
}

static void stands_where_it_is_read(void)
{
	test_begin("alone");
	check(fronts_of(lam_sequential(depthwise(), dot()), 1, true) == 1, "it is no front");
	test_begin("with a batch norm and an activation");
	check(fronts_of(lam_sequential(depthwise(), lam_batch_norm(), lam_silu(), dot()), 1, true)
			== 1,
		"it is no front");
	test_begin("two readers");
	check(!fronts_of(lam_sequential(depthwise(), lam_residual(dot())), 1, true), "is a front");
	test_begin("behind a sum that it has absorbed");
	check(!fronts_of(lam_sequential(lam_residual(depthwise()), dot()), 1, true), "is a front");
	test_begin("no 1x1 behind it");
	check(!fronts_of(
		      lam_sequential(depthwise(), lam_conv2d(.out = 32, .kernel = {3})), 1, true),
		"is a front");
	test_begin("a stride behind it");
	check(!fronts_of(lam_sequential(depthwise(),
				 lam_conv2d(.out = 32, .kernel = {1}, .stride = {2, 2})),
		      1, true),
		"is a front");
	test_begin("training");
	check(!fronts_of(lam_sequential(depthwise(), dot()), 1, false), "is a front");
	test_begin("16 samples");
	check(fronts_of(lam_sequential(depthwise(), dot()), 16, true) == 1, "it is no front");
	test_begin("16 samples, few outputs");
	check(!fronts_of(
		      lam_sequential(depthwise(), lam_conv2d(.out = 8, .kernel = {1})), 16, true),
		"is a front");
}

/* A convolution of one channel is depthwise, but reads planes, of which a front knows nothing. */
static void one_channel_of_planes_is_none(void)
{
	static lam_real x[144], y[2][32];
	static const char *const first[] = {"0", NULL};
	for (int i = 0; i < 144; i++)
		x[i] = (lam_real)(i % 7 - 3);
	for (int watched = 0; watched < 2; watched++) {
		lam_net *net = lam_net_create(
			lam_sequential(lam_conv2d(.out = 1, .kernel = {3}, .pad = {1}),
				lam_conv2d(.out = 32, .kernel = {1}), lam_global_avg_pool()),
			LAM_SHAPE(1, 12, 12), .inference = true, .max_batch = 1,
			.watch = watched ? first : NULL);
		require(net != NULL, "%s", lam_error());
		check(!count_computed(net, "behind"), "is a front");
		check_ok(lam_net_predict(net, x, 1, y[watched]));
		lam_net_free(net);
	}
	check(!memcmp(y[0], y[1], sizeof y[0]), "other bits");
}

/* More taps than one sum has: the same pieces, whether a band is computed alone or by the pair. */
static void long_kernels_have_the_same_bits(void)
{
	enum { CHANNELS = 16, LENGTH = 177, HEIGHT = 7, WIDTH = 16, MOST = 86 * HEIGHT * LENGTH };
	static lam_real x[CHANNELS * LENGTH], y[2][MOST];
	static const char *const first[] = {"1", NULL};
	for (int i = 0; i < CHANNELS * LENGTH; i++)
		x[i] = (lam_real)(i % 23 - 11) / 16;
	for (int flat = 0; flat < 2; flat++) {
		for (int watched = 0; watched < 2; watched++) {
			lam_layer *long_one = flat ? lam_conv1d(.out = CHANNELS, .groups = CHANNELS,
						      .kernel = 341, .pad = 170)
						   : lam_conv2d(.out = CHANNELS, .groups = CHANNELS,
							   .kernel = {5, 56}, .pad = {2, 28}),
				  *dot = flat ? lam_conv1d(.out = 10, .kernel = 1)
					      : lam_conv2d(.out = 86, .kernel = {1});
			lam_net *net = lam_net_create(
				lam_sequential(flat ? lam_max_pool1d(.kernel = 1)
						    : lam_max_pool2d(.kernel = {1}),
					long_one, dot),
				flat ? LAM_SHAPE(CHANNELS, LENGTH)
				     : LAM_SHAPE(CHANNELS, HEIGHT, WIDTH),
				.inference = true, .max_batch = 1, .seed = 3, .threads = 1,
				.watch = watched ? first : NULL);
			require(net != NULL, "%s", lam_error());
			check_ok(lam_net_predict(net, x, 1, y[watched]));
			lam_net_free(net);
		}
		check(!memcmp(y[0], y[1], sizeof y[0]), "other bits, %s",
			flat ? "a signal" : "an image");
	}
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		TEST(gives_the_same_bits),
		TEST(is_the_call_just_before),
		TEST(stands_where_it_is_read),
		TEST(one_channel_of_planes_is_none),
		TEST(long_kernels_have_the_same_bits),
	};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
