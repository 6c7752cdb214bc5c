/* SPDX-License-Identifier: MIT */
/* Packed copies of parameters are made again after each change of a parameter, before they are
 * read, and only if something reads them. */
#include "tests/kit.h"

#include <lamina.h>

enum { FORWARD_COPY, BACKWARD_COPY, COPIES };
enum { LAYERS = 2, SLICES = 3, VALUES = 2 };

struct scale {
	int number; /* of the layer */
};

static int packed[LAYERS][COPIES]; /* slices packed so far */
static bool there[LAYERS];         /* whether the last .gradient had the copy for .backward */
static int made;

static lam_status init(lam_layer *self)
{
	((struct scale *)lam_layer_state(self))->number = made++;
	return LAM_OK;
}

static lam_status check_shape(lam_layer *self, const lam_shape *in, int inputs, lam_shape *out)
{
	(void)self, (void)inputs;
	*out = *in;
	return LAM_OK;
}

static lam_status plan(const lam_layer *self, const lam_shape *in, lam_plan *plan)
{
	(void)self, (void)in;
	int weight = lam_plan_param(plan, "weight", LAM_SHAPE(VALUES), (lam_param_options){0});
	lam_plan_packed(plan, weight, SLICES * sizeof(lam_real), SLICES, false);
	lam_plan_packed(plan, weight, SLICES * sizeof(lam_real), SLICES, true);
	return LAM_OK;
}

static lam_status pack(const lam_layer *self, int index, const lam_real *w, void *copy,
	int64_t slice, int64_t slices)
{
	(void)slices;
#pragma omp atomic
	packed[((const struct scale *)lam_layer_state(self))->number][index]++;
	((lam_real *)copy)[slice] = w[0] + (lam_real)slice;
	return LAM_OK;
}

static void see(const lam_real *copy, const lam_real *w)
{
	for (int slice = 0; slice < SLICES; slice++)
		check(copy[slice] == w[0] + (lam_real)slice,
			"slice %d of a packed copy is not of the parameter as it is", slice);
}

static lam_status forward(const lam_layer *self, const lam_pass *pass)
{
	(void)self;
	see(pass->packed[FORWARD_COPY], pass->w[0]);
	memset(pass->out->data, 0, (size_t)pass->out->values * sizeof(lam_real));
	return LAM_OK;
}

static lam_status backward(const lam_layer *self, const lam_pass *pass)
{
	(void)self;
	see(pass->packed[BACKWARD_COPY], pass->w[0]);
	memset(pass->dx->data, 0, (size_t)pass->dx->values * sizeof(lam_real));
	return LAM_OK;
}

static lam_status gradient(const lam_layer *self, const lam_pass *pass)
{
	there[((const struct scale *)lam_layer_state(self))->number] = pass->packed[BACKWARD_COPY]
		!= NULL;
	for (int i = 0; i < VALUES; i++)
		pass->dw[0][i] = 1;
	return LAM_OK;
}

static const lam_layer_class scale_class = {
	LAM_LAYER_ABI,
	.kind = "scale",
	.state_size = sizeof(struct scale),
	.init = init,
	.check = check_shape,
	.plan = plan,
	.pack = pack,
	.forward = forward,
	.backward = backward,
	.gradient = gradient,
};

static lam_net *two_scales(bool input_grad, bool inference)
{
	made = 0;
	memset(packed, 0, sizeof packed);
	lam_layer *first = lam_layer_new(&scale_class, NULL),
		  *second = lam_layer_new(&scale_class, NULL);
	return lam_net_create(lam_sequential(first, second), LAM_SHAPE(3), .max_batch = 20,
		.input_grad = input_grad, .inference = inference);
}

/* Checks how often each copy was made: the first layer's for forward and backward, then the
 * second's. */
static void expect(const char *when, int first, int first_back, int second, int second_back)
{
	const int expected[LAYERS][COPIES] = {{first, first_back}, {second, second_back}};
	for (int layer = 0; layer < LAYERS; layer++)
		for (int copy = 0; copy < COPIES; copy++)
			check(packed[layer][copy] == expected[layer][copy] * SLICES,
				"%s, layer %d, copy %d: %d slices packed, expected %d", when, layer,
				copy, packed[layer][copy], expected[layer][copy] * SLICES);
}

static const lam_real zeros[20 * 3];

static void copies_follow_changes_and_readers(void)
{
	lam_net *net = two_scales(false, false);
	const lam_optimizer sgd = lam_sgd(.lr = 1);
	check_ok(lam_net_forward(net, LAM_EVAL, zeros, NULL, 20));
	expect("after an evaluation", 1, 0, 1, 0);
	for (int step = 0; step < 2; step++) {
		check_ok(lam_net_forward(net, LAM_TRAIN, zeros, NULL, 20));
		check_ok(lam_net_backward_from(net, zeros));
		expect("after a backward", 1 + step, 0, 1 + step, 1 + step);
		check(!there[0] && there[1],
			"the first layer has a copy for a backward that never runs, or the second "
			"has none");
		check_ok(lam_net_update(net, &sgd));
	}
	check_ok(lam_net_forward(net, LAM_EVAL, zeros, NULL, 20));
	check_ok(lam_net_forward(net, LAM_EVAL, zeros, NULL, 20));
	expect("after evaluations of a changed net", 3, 0, 3, 2);
	check_ok(lam_net_forward(net, LAM_TRAIN, zeros, NULL, 20));
	check_ok(lam_net_backward_from(net, zeros));
	expect("after a backward behind them", 3, 0, 3, 3);
	lam_net_free(net);
}

static void the_input_gradient_is_given_on_request(void)
{
	lam_net *net = two_scales(true, false);
	check_ok(lam_net_forward(net, LAM_TRAIN, zeros, NULL, 20));
	check_ok(lam_net_backward_from(net, zeros));
	expect("with an input gradient", 1, 1, 1, 1);
	lam_net_free(net);
}

static void inference_makes_only_forward_copies(void)
{
	lam_net *net = two_scales(false, true);
	check_ok(lam_net_forward(net, LAM_EVAL, zeros, NULL, 20));
	expect("for inference", 1, 0, 1, 0);
	lam_net_free(net);
}

/* Copies that nothing reads take no memory, as the summary shows. */
static void the_summary_counts_copies(void)
{
	lam_net_memory with, without;
	lam_net *net = two_scales(true, false);
	lam_net_memory_of(net, &with, sizeof with);
	lam_net_free(net);
	net = two_scales(false, false);
	lam_net_memory_of(net, &without, sizeof without);
	lam_net_free(net);
	check(with.packed * 3 == without.packed * 4,
		"%lld bytes packed with an input gradient, %lld without", (long long)with.packed,
		(long long)without.packed);
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		TEST(copies_follow_changes_and_readers),
		TEST(the_input_gradient_is_given_on_request),
		TEST(inference_makes_only_forward_copies),
		TEST(the_summary_counts_copies),
	};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
