/* SPDX-License-Identifier: MIT */
/* Divisors for parts of a batch, weights in a loss of one's own, and wrong weights. */
#include "tests/net/weights.h"

/* A graph of two losses, whose parts count differently. */
static lam_net *two_losses(void)
{
	lam_graph *g = lam_graph_new();
	lam_value in = lam_graph_input(g, "x", LAM_SHAPE(IN)),
		  h = lam_apply(g, lam_sequential(lam_affine(.out = 8), lam_tanh()), in),
		  map = lam_apply(g,
			  lam_sequential(lam_affine(.out = K * PLACES),
				  lam_reshape(.shape = LAM_SHAPE(K, PLACES))),
			  h);
	lam_graph_loss(g, classes_weighted(), map, .name = "map");
	lam_graph_loss(g, huber(), lam_apply(g, lam_affine(.out = K), h), .name = "near",
		.weight = (lam_real)0.5);
	return lam_net_create(lam_graph_done(g), .max_batch = N, .seed = 3);
}

static void parts_make_the_whole(void)
{
	static const int sizes[] = {16, 3, 1, 17};
	static lam_real few[N][K];
	lam_net *net = two_losses(), *parts = two_losses();
	double divisors[2] = {0}, count, loss = 0;
	int64_t values = 0;
	require(net && parts, "%s", lam_error());
	fill(true);
	for (int i = 0; i < N; i++)
		memcpy(few[i], targets[i], sizeof *few);
	check_ok(lam_net_forward_io(net, LAM_TRAIN,
		(const lam_io[]){
			{"x", x}, {"map", classes}, {"near", few}, {"map.weights", weights}, {0}},
		N));
	check_ok(lam_net_backward(net));
	for (int k = 0, first = 0; k < 4; first += sizes[k++]) {
		check_ok(lam_net_divisor_of(
			parts, "map", classes[first], weights + first, sizes[k], &count));
		divisors[0] += count;
		check_ok(lam_net_divisor_of(parts, "near", few[first], NULL, sizes[k], &count));
		divisors[1] += count;
	}
	check(divisors[1] == N);
	check_ok(lam_net_accumulate(parts, true));
	check_ok(lam_net_set_divisor(parts, "map", divisors[0]));
	check_ok(lam_net_set_divisor(parts, "near", divisors[1]));
	for (int k = 0, first = 0; k < 4; first += sizes[k++]) {
		const lam_io io[] = {{"x", x[first]}, {"map", classes[first]}, {"near", few[first]},
			{"map.weights", weights + first}, {0}};
		check_ok(lam_net_forward_io(parts, LAM_TRAIN, io, sizes[k]));
		check_ok(lam_net_backward(parts));
		loss += lam_net_loss(parts);
	}
	check_near(loss, lam_net_loss(net), 1e-6 * lam_net_loss(net));
	const lam_real *expected = lam_net_gradients(net, &values);
	check_close("sum of parts", lam_net_gradients(parts, &values), expected, values);

	/* 0: again each batch's own. */
	check_ok(lam_net_accumulate(parts, false));
	check_ok(lam_net_set_divisor(parts, "map", 0));
	check_ok(lam_net_set_divisor(parts, "near", 0));
	check_ok(lam_net_forward_io(parts, LAM_TRAIN,
		(const lam_io[]){
			{"x", x}, {"map", classes}, {"near", few}, {"map.weights", weights}, {0}},
		N));
	check_ok(lam_net_backward(parts));
	check(!memcmp(
		lam_net_gradients(parts, &values), expected, (size_t)values * sizeof(lam_real)));
	check(lam_net_loss(parts) == lam_net_loss(net));
	lam_net_free(net);
	lam_net_free(parts);
}

/* A loss of one's own, y with weights of its samples; `wrong` forgets them in backward. */
static bool wrong;

static lam_status own_forward(const lam_layer *self, const lam_pass *pass)
{
	(void)self;
	double sum = 0;
	for (int64_t i = 0; i < pass->x->values; i++) {
		const int64_t lane = i % LAM_LANES, sample = pass->block * LAM_LANES + lane;
		const lam_real w = lane >= pass->real ? 0
			: pass->weights               ? pass->weights[sample]
						      : 1;
		if (w != 0)
			sum += (double)w * (double)pass->x->data[i] * (double)pass->x->data[i];
		pass->out->data[i] = pass->x->data[i];
	}
	if (pass->loss)
		*pass->loss = sum;
	return LAM_OK;
}

static lam_status own_backward(const lam_layer *self, const lam_pass *pass)
{
	(void)self;
	for (int64_t i = 0; i < pass->x->values; i++) {
		const int64_t lane = i % LAM_LANES, sample = pass->block * LAM_LANES + lane;
		const bool counts = lane < pass->real && pass->count > 0;
		const double w = pass->weights && counts && !wrong ? (double)pass->weights[sample]
								   : 1;
		pass->dx->data[i] = counts
			? (lam_real)(2 * w * (double)pass->y->data[i] / pass->count)
			: 0;
	}
	return LAM_OK;
}

static const lam_layer_class own_class = {
	LAM_LAYER_ABI,
	.kind = "own",
	.flags = LAM_LOSS | LAM_KEEP_Y | LAM_EVAL_BACKWARD | LAM_WEIGHS_SAMPLES,
	.forward = own_forward,
	.backward = own_backward,
};

static const lam_layer_class unweighted_class = {
	LAM_LAYER_ABI,
	.kind = "unweighted",
	.flags = LAM_LOSS | LAM_KEEP_Y | LAM_EVAL_BACKWARD,
	.forward = own_forward,
	.backward = own_backward,
};

static void the_gradient_check_weighs(void)
{
	lam_gradcheck_report report;
	check_ok(lam_gradcheck(lam_layer_new(&own_class, NULL), LAM_SHAPE(K), &report));
	for (wrong = true; wrong; wrong = false) {
		check_fails(lam_gradcheck(lam_layer_new(&own_class, NULL), LAM_SHAPE(K), &report),
			LAM_ERR_NUMERIC, "gradient check: own: input[");
		check_ok(lam_gradcheck(
			lam_layer_new(&unweighted_class, NULL), LAM_SHAPE(K), &report));
	}
	for (int i = 0; i < LOSSES; i++)
		check_ok(lam_gradcheck(
			losses[i].make(), LAM_SHAPE(K), &report, .low = LAM_ZERO, .high = 1));
}

static void refuses_bad_weights(void)
{
	static const lam_real bad[] = {-1, (lam_real)NAN, (lam_real)INFINITY};
	static const char *const shown[] = {"-1", "nan", "inf"};
	lam_net *net = net_of(0, false, 1, N);
	double count;
	require(net, "%s", lam_error());
	for (int i = 0; i < 3; i++) {
		char words[100];
		weights[5] = bad[i];
		snprintf(words, sizeof words, "the weight of sample 5 is %s; the loss softmax_",
			shown[i]);
		check_fails(
			forward(net, LAM_TRAIN, 0, false, 0, N, weights), LAM_ERR_ARGUMENT, words);
		check_fails(lam_net_divisor_of(
				    net, "loss", targets_at(0, false, 0), weights, N, &count),
			LAM_ERR_ARGUMENT, words);
	}
	weights[5] = 0;
	const void *t = targets_at(0, false, 0);
	const lam_io twice[] = {{"loss.weights", weights}, {"input", x}, {"loss", t},
		{"loss.weights", weights}, {0}};
	check_fails(lam_net_forward_io(net, LAM_EVAL, twice, N), LAM_ERR_ARGUMENT,
		"\"loss.weights\" is in the list twice");
	const lam_io alone[] = {{"input", x}, {"loss.weights", weights}, {0}};
	check_fails(lam_net_forward_io(net, LAM_EVAL, alone, N), LAM_ERR_ARGUMENT,
		"weights of samples, but the targets of the loss softmax_cross_entropy \"3\" are "
		"NULL; expected both");
	const lam_io unknown[] = {{"input", x}, {"other.weights", weights}, {0}};
	check_fails(lam_net_forward_io(net, LAM_EVAL, unknown, N), LAM_ERR_ARGUMENT,
		"the net has no \"other.weights\"; expected one of \"input\", \"loss\"");
	check_fails(lam_net_set_divisor(net, "loss", -1), LAM_ERR_ARGUMENT,
		"lam_net_set_divisor: the divisor of \"loss\" is -1; expected a finite number");
	check_fails(lam_net_set_divisor(net, "gain", 1), LAM_ERR_ARGUMENT, "no loss \"gain\"");
	check_fails(
		lam_net_divisor_of(net, "loss", t, NULL, 0, &count), LAM_ERR_ARGUMENT, "0 samples");
	lam_net_free(net);
	net = lam_net_create(lam_layer_new(&unweighted_class, NULL), LAM_SHAPE(IN), .max_batch = N);
	const lam_io own[] = {{"input", x}, {"loss", x}, {"loss.weights", weights}, {0}};
	check_fails(lam_net_forward_io(net, LAM_EVAL, own, N), LAM_ERR_UNSUPPORTED,
		"weights of samples for the loss unweighted, whose class lacks "
		"LAM_WEIGHS_SAMPLES; expected none");
	lam_net_free(net);
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		TEST(parts_make_the_whole),
		TEST(the_gradient_check_weighs),
		TEST(refuses_bad_weights),
	};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
