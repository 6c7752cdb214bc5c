/* SPDX-License-Identifier: MIT */
/* Work that treats each value by itself is cut: one block keeps several threads busy, and every
 * value is computed once, by elementwise layers, sums of gradients and copies of them. */
#include "tests/kit.h"

#include <lamina.h>

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

static atomic_int forwards, backwards;

/* y = 2 x in the place of x, so that a value that is computed twice, or not at all, is seen. */
static lam_status twice_forward(const lam_layer *self, const lam_pass *pass)
{
	(void)self;
	atomic_fetch_add(&forwards, 1);
	for (int64_t i = 0; i < pass->out->values; i++)
		pass->out->data[i] = 2 * pass->x->data[i];
	return LAM_OK;
}

static lam_status twice_backward(const lam_layer *self, const lam_pass *pass)
{
	(void)self;
	atomic_fetch_add(&backwards, 1);
	for (int64_t i = 0; i < pass->dy->values; i++)
		pass->dx->data[i] = 2 * pass->dy->data[i];
	return LAM_OK;
}

static const lam_layer_class twice_class = {
	LAM_LAYER_ABI,
	.kind = "twice",
	.flags = LAM_ELEMENTWISE | LAM_ELEMENTWISE_TRAINING | LAM_IN_PLACE | LAM_EVAL_BACKWARD,
	.forward = twice_forward,
	.backward = twice_backward,
};

static lam_layer *twice(void)
{
	return lam_layer_new(&twice_class, NULL);
}

/* y is `first` times x; of a net that puts two values side by side, then `second` times x. */
struct expected {
	lam_real first, second;
};

static lam_net *net_of(lam_layer *model, lam_shape shape, int n, int threads)
{
	lam_net *net = lam_net_create(
		model, shape, .max_batch = n, .threads = threads, .input_grad = true);
	check(net != NULL, "%s", lam_error());
	return net;
}

/* Checks every value of y and of dx, for dy = 1. */
static void check_values_of(lam_net *net, int n, struct expected expected)
{
	const lam_shape in = lam_net_input_shape(net), out = lam_net_output_shape(net);
	const int64_t features = lam_shape_count(&in), outs = lam_shape_count(&out);
	lam_real *x = malloc((size_t)(n * features) * sizeof *x),
		 *dy = malloc((size_t)(n * outs) * sizeof *dy);
	int64_t wrong_y = 0, wrong_dx = 0;
	require(x && dy, "no memory");
	for (int64_t i = 0; i < n * features; i++)
		x[i] = (lam_real)(i * 7919 % 1013) / 64 - 8;
	for (int64_t i = 0; i < n * outs; i++)
		dy[i] = 1;
	check_ok(lam_net_forward(net, LAM_TRAIN, x, NULL, n));
	const lam_real *y = lam_net_output(net);
	for (int64_t i = 0; i < n * outs; i++) {
		const int64_t sample = i / outs, f = i % outs;
		const lam_real factor = f < features ? expected.first : expected.second;
		wrong_y += y[i] != factor * x[sample * features + f % features];
	}
	check_ok(lam_net_backward_from(net, dy));
	const lam_real *dx = lam_net_input_grad(net);
	for (int64_t i = 0; i < n * features; i++)
		wrong_dx += dx[i] != expected.first + expected.second;
	check(wrong_y == 0 && wrong_dx == 0, "%d samples of %s: %lld of y and %lld of dx are wrong",
		n, lam_shape_text(in).text, (long long)wrong_y, (long long)wrong_dx);
	free(x);
	free(dy);
}

/* 2 x + x, plus 4 x. The first reader of 2 x is an addition, whose dy goes on to x as well: the
 * gradient of 2 x begins as a copy. */
static lam_layer *sums(lam_shape shape)
{
	lam_graph *g = lam_graph_new();
	const lam_value x = lam_graph_input(g, "x", shape), a = lam_apply(g, twice(), x),
			b = lam_apply(g, lam_add(), a, x), c = lam_apply(g, twice(), a);
	lam_graph_output(g, lam_apply(g, lam_add(), b, c), "y");
	return lam_graph_done(g);
}

/* Sizes that are a multiple of nothing, and one block of them that is worth several slices. */
static void every_value_once(void)
{
	static const lam_shape shapes[] = {
		{3, {3, 64, 64}}, {3, {5, 33, 31}}, {2, {7, 1001}}, {1, {2049}}, {1, {3}}};
	static const int samples[] = {1, 3, 15, 16, 17, 40};
	for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
		for (size_t k = 0; k < sizeof samples / sizeof *samples; k++)
			for (int threads = 1; threads <= 3; threads++) {
				const int n = samples[k];
				lam_net *nets[] = {
					net_of(lam_sequential(twice(), twice()), shapes[i], n,
						threads),
					net_of(lam_residual(twice()), shapes[i], n, threads),
					net_of(lam_concat(lam_identity(), twice()), shapes[i], n,
						threads),
					net_of(sums(shapes[i]), shapes[i], n, threads),
				};
				check_values_of(nets[0], n, (struct expected){4, 0});
				check_values_of(nets[1], n, (struct expected){3, 0});
				check_values_of(nets[2], n, (struct expected){1, 2});
				check_values_of(nets[3], n, (struct expected){7, 0});
				for (size_t m = 0; m < sizeof nets / sizeof *nets; m++)
					lam_net_free(nets[m]);
			}
}

/* One block of many values is several units of both jobs; many blocks are not cut. */
static void one_block_is_cut(void)
{
	static const struct {
		int n;
		bool cut;
	} runs[] = {{16, true}, {32, false}};
	for (int i = 0; i < 2; i++) {
		lam_net *net = net_of(twice(), LAM_SHAPE(8, 32, 32), runs[i].n, 2);
		forwards = backwards = 0;
		check_values_of(net, runs[i].n, (struct expected){2, 0});
		const int blocks = runs[i].n / LAM_LANES;
		check(runs[i].cut ? forwards > blocks && backwards > blocks
				  : forwards == blocks && backwards == blocks,
			"%d samples: %d calls forward, %d backward", runs[i].n, forwards,
			backwards);
		lam_net_free(net);
	}
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		TEST(every_value_once),
		TEST(one_block_is_cut),
	};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
