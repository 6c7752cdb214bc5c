/* SPDX-License-Identifier: MIT */
/* lam_conv1d, lam_conv2d */
#include "tests/battery/prove.h"

#include "tests/files/files.h"

static void battery(void)
{
	battery_prove_all(conv_subjects);
}

/* Tries all combinations of the options, because a fast path may ignore one. */
static void every_combination(void)
{
	int count = 0;
	for (int kernel = 1; kernel <= 3; kernel++)
		for (int stride = 1; stride <= 3; stride++)
			for (int pad = 0; pad <= 2; pad++)
				for (int dilation = 1; dilation <= 2; dilation++)
					for (int groups = 1; groups <= 4; groups++)
						for (int bias = 0; bias <= 1; bias++, count++) {
							struct trial t = {
								.subject = battery_find("conv2d"),
								.number = count,
								.n = 1 + count % 18,
								.bias = bias,
								.in = LAM_SHAPE(6, 5, 5),
								.rectified = count % 2,
								.window = {.groups = groups == 4
										? 6
										: groups,
									.out = 6,
									.kernel = {kernel, kernel},
									.stride = {stride, stride},
									.pad = {pad, pad},
									.dilation = {dilation,
										dilation}},
							};
							struct dice dice = {(uint64_t)count};
							require(trial_complete(&t, &dice),
								"no memory");
							const char *complaint = trial_compare(&t,
								&(struct setting){.threads = 2},
								false);
							check(!complaint, "%s", complaint);
							trial_clear(&t);
						}
}

/* Layers of real nets: their planes are cut into bands and slices, and their channels fill more
 * than one tile. */
static void shapes_of_real_nets(void)
{
	static const struct {
		int n, in, out, groups, kernel, stride, pad, plane[2];
		bool transformed; /* Winograd's algorithm pays */
	} table[] = {
		{17, 1, 6, 1, 5, 1, 2, {28, 28}, false},
		{17, 6, 16, 1, 5, 1, 0, {14, 14}, false},
		{17, 6, 16, 1, 5, 1, 0, {14, 14}, true},
		{3, 3, 64, 1, 3, 1, 1, {32, 32}, false},
		{1, 64, 64, 1, 3, 1, 1, {32, 33}, false},
		{1, 64, 64, 1, 3, 1, 1, {32, 33}, true},
		{17, 32, 64, 1, 3, 1, 0, {26, 26}, true},
		{1, 64, 128, 1, 3, 2, 1, {32, 32}, false},
		{2, 256, 64, 1, 1, 1, 0, {16, 16}, false},
		{1, 128, 72, 1, 3, 1, 1, {8, 8}, false},
		{1, 128, 72, 1, 3, 1, 1, {8, 8}, true},
		{18, 64, 64, 64, 3, 1, 1, {32, 32}, false},
		{1, 20, 20, 1, 3, 1, 1, {100, 61}, false},
	};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct trial t = {
			.subject = battery_find("conv2d"),
			.number = -1 - (int)i,
			.n = table[i].n,
			.bias = true,
			.rectified = i % 2,
			.transformed = table[i].transformed,
			.in = LAM_SHAPE(table[i].in, table[i].plane[0], table[i].plane[1]),
			.window = {.groups = table[i].groups,
				.out = table[i].out,
				.kernel = {table[i].kernel, table[i].kernel},
				.stride = {table[i].stride, table[i].stride},
				.pad = {table[i].pad, table[i].pad},
				.dilation = {1, 1}},
		};
		struct dice dice = {i};
		require(trial_complete(&t, &dice), "no memory");
		const char *complaint = trial_compare(&t, &(struct setting){.threads = 2}, false);
		check(!complaint, "%s", complaint);
		trial_clear(&t);
	}
}

/* If there is only one window along a side, the stride of that side changes neither the memory nor
 * the values. */
static void one_window_makes_no_step(void)
{
	const int strides[] = {1, 1 << 20};
	lam_net_memory memory[2];
	lam_real x[2 * 3 * 4], y[2][2 * 2], dx[2][2 * 3 * 4];
	for (int i = 0; i < 2 * 3 * 4; i++)
		x[i] = (lam_real)(i % 7 - 3);
	for (int i = 0; i < 2; i++) {
		lam_net *net = lam_net_create(
			lam_conv2d(.out = 2, .kernel = {2, 3}, .pad = {0, 1},
				.stride = {strides[i], i ? strides[i] : 4}, .dilation = {2, 1}),
			LAM_SHAPE(1, 3, 4), .max_batch = 2, .seed = 3, .input_grad = true);
		require(net != NULL, "%s", lam_error());
		lam_net_memory_of(net, &memory[i], sizeof memory[i]);
		check_ok(lam_net_forward(net, LAM_TRAIN, x, NULL, 2));
		memcpy(y[i], lam_net_output(net), sizeof y[i]);
		check_ok(lam_net_backward_from(net, y[i]));
		memcpy(dx[i], lam_net_input_grad(net), sizeof dx[i]);
		lam_net_free(net);
	}
	check(memory[0].total == memory[1].total, "%lld and %lld bytes", (long long)memory[0].total,
		(long long)memory[1].total);
	check(!memcmp(y[0], y[1], sizeof y[0]) && !memcmp(dx[0], dx[1], sizeof dx[0]));
}

/* Makes a net of one layer for which Winograd's algorithm pays, and runs forward and backward. */
static lam_net *transformed_net(bool layer_direct, bool net_direct)
{
	lam_net *net = lam_net_create(
		lam_conv2d(.out = 32, .kernel = {3}, .pad = {1}, .direct = layer_direct),
		LAM_SHAPE(32, 12, 12), .max_batch = 16, .seed = 5, .direct = net_direct);
	lam_real *x = malloc(3 * 32 * 12 * 12 * sizeof *x);
	for (int i = 0; x && i < 3 * 32 * 12 * 12; i++)
		x[i] = (lam_real)(i * 7919 % 1000) / 1000;
	if (!net || !x || lam_net_forward(net, LAM_TRAIN, x, NULL, 3)
		|| lam_net_backward_from(net, lam_net_output(net)))
		check(false, "%s", lam_error());
	free(x);
	return net;
}

static bool same_values(lam_net *a, lam_net *b)
{
	lam_shape shape = lam_net_output_shape(a);
	size_t values = 3 * (size_t)lam_shape_count(&shape), weights = 32 * 32 * 9;
	return !memcmp(lam_net_output(a), lam_net_output(b), values * sizeof(lam_real))
		&& !memcmp(lam_param_grad(lam_net_param(a, 0)), lam_param_grad(lam_net_param(b, 0)),
			weights * sizeof(lam_real));
}

/* The option .direct of the layer, of the net and of lam_net_load() each excludes Winograd's
 * algorithm: results are bit-identical with the direct one's. */
static void direct_rules_winograd_out(void)
{
	lam_net *by_shape = transformed_net(false, false), *layer = transformed_net(true, false),
		*net = transformed_net(false, true);
	require(by_shape && layer && net, "%s", lam_error());
	check(same_values(layer, net));
	check(!same_values(by_shape, layer), "Winograd's algorithm was not used");
	lam_net *replica = lam_net_replica(net, .max_batch = 3);
	lam_real x[32 * 12 * 12], y[2][32 * 12 * 12];
	for (int i = 0; i < 32 * 12 * 12; i++)
		x[i] = (lam_real)(i % 11) / 11;
	check_ok(lam_net_predict(net, x, 1, y[0]));
	check_ok(lam_net_predict(replica, x, 1, y[1]));
	check(!memcmp(y[0], y[1], sizeof y[0]), "a replica computes in another way");
	lam_net_free(replica);
	check_ok(lam_net_save(net, file_path("direct.npz")));
	lam_net *loaded = lam_net_load(file_path("direct.npz"), .direct = true, .max_batch = 16);

	require(loaded != NULL, "%s", lam_error());
	check_ok(lam_net_predict(loaded, x, 1, y[1]));
	check(!memcmp(y[0], y[1], sizeof y[0]), "a loaded net computes in another way");
	lam_net_free(loaded);
	lam_net_free(net);
	lam_net_free(layer);
	lam_net_free(by_shape);
}

static void refuses_bad_options(void)
{
	refuses(lam_conv2d(.kernel = {3}), LAM_SHAPE(1, 8, 8), "conv2d: option out is required");
	refuses(lam_conv2d(.out = 2), LAM_SHAPE(1, 8, 8), "conv2d: option kernel is required");
	refuses(lam_conv2d(.out = -2, .kernel = {3}), LAM_SHAPE(1, 8, 8),
		"conv2d: option out is -2; expected at least 1");
	refuses(lam_conv2d(.out = 2, .kernel = {3, -1}), LAM_SHAPE(1, 8, 8),
		"conv2d: option kernel is -1; expected at least 1");
	refuses(lam_conv2d(.out = 2, .kernel = {3, LAM_ZERO}), LAM_SHAPE(1, 8, 8),
		"conv2d: option kernel is 0; expected at least 1");
	refuses(lam_conv2d(.out = 2, .kernel = {3}, .stride = {-1}), LAM_SHAPE(1, 8, 8),
		"conv2d: option stride is -1; expected at least 1");
	refuses(lam_conv2d(.out = 2, .kernel = {3}, .pad = {-1}), LAM_SHAPE(1, 8, 8),
		"conv2d: option pad is -1; expected at least 0");
	refuses(lam_conv2d(.out = 2, .kernel = {5}), LAM_SHAPE(1, 4, 4),
		"conv2d: kernel 5x5 is larger than the padded input 4x4");
	refuses(lam_conv2d(.out = 2, .kernel = {3, 5}), LAM_SHAPE(1, 4, 4),
		"conv2d: kernel 3x5 is larger than the padded input 4x4 in width");
	refuses(lam_conv2d(.out = 2, .kernel = {3, 2}, .dilation = {2}), LAM_SHAPE(1, 4, 4),
		"conv2d: kernel 3x2 with dilation 2x2 covers 5x3, more than the padded input 4x4 "
		"in height");
	refuses(lam_conv2d(.out = 4, .kernel = {3}, .groups = 3), LAM_SHAPE(4, 8, 8),
		"conv2d: groups 3 do not divide 4 output channels");
	refuses(lam_conv2d(.out = 3, .kernel = {3}, .groups = 3), LAM_SHAPE(4, 8, 8),
		"conv2d: groups 3 do not divide 4 input channels");
	refuses(lam_conv2d(.out = 4, .kernel = {3}, .init_scale = 0.5f), LAM_SHAPE(4, 8, 8),
		"conv2d: init_scale 0.5 with init default; it applies to init normal alone");
	refuses(lam_conv2d(.out = 4, .kernel = {3}), LAM_SHAPE(4, 8),
		"conv2d: an input of rank 2 (4x8): conv2d takes CxHxW");
	refuses(lam_conv1d(.out = 4, .kernel = 3), LAM_SHAPE(4, 8, 8),
		"conv1d: an input of rank 3 (4x8x8): conv1d takes CxL");
	refuses(lam_conv1d(.out = 4, .kernel = 5, .pad = 1, .dilation = 3), LAM_SHAPE(4, 8),
		"conv1d: kernel 5 with dilation 3 covers 13, more than the padded input 10");
	refuses(lam_conv1d(.kernel = 5), LAM_SHAPE(4, 8), "conv1d: option out is required");
	refuses(lam_conv1d(.out = 4), LAM_SHAPE(4, 8), "conv1d: option kernel is required");
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		TEST(battery),
		TEST(every_combination),
		TEST(shapes_of_real_nets),
		TEST(one_window_makes_no_step),
		TEST(direct_rules_winograd_out),
		TEST(refuses_bad_options),
	};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
