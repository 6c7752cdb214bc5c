/* SPDX-License-Identifier: MIT */
/* Wrong batches, and calls at the wrong time, each with its sentence. */
#include "tests/kit.h"

#include <lamina.h>

#include <math.h>

static const lam_real rows[5 * 4] = {1, 2, 3, 4, 5, 6, 7, 8};

static lam_net *classifier(bool inference)
{
	return lam_net_create(lam_sequential(lam_affine(.out = 3), lam_softmax_cross_entropy()),
		LAM_SHAPE(4), .max_batch = 4, .inference = inference);
}

static void refuses_bad_batches(void)
{
	lam_net *net = classifier(false);
	require(net != NULL, "%s", lam_error());
	const lam_optimizer sgd = lam_sgd(.lr = 1);
	const int32_t good[5] = {0, 1, 2, 0, 1}, negative[2] = {0, -1}, large[2] = {3, 0};
	const char *batch = "a batch of 5 samples; expected 1 to 4 (.max_batch)";
	check_fails(lam_net_forward(net, LAM_TRAIN, rows, good, 5), LAM_ERR_ARGUMENT, batch);
	check_fails(lam_net_forward(net, LAM_TRAIN, rows, good, 0), LAM_ERR_ARGUMENT,
		"a batch of 0 samples; expected 1 to 4 (.max_batch)");
	check_fails(lam_net_forward(net, LAM_TRAIN, rows, good, -1), LAM_ERR_ARGUMENT,
		"a batch of -1 samples");
	check_fails(lam_net_step(net, &sgd, rows, good, 5), LAM_ERR_ARGUMENT, batch);
	check_fails(lam_net_forward(net, LAM_TRAIN, rows, negative, 2), LAM_ERR_ARGUMENT,
		"the target of sample 1 is class -1; expected 0 to 2");
	check_fails(lam_net_forward(net, LAM_TRAIN, rows, large, 2), LAM_ERR_ARGUMENT,
		"the target of sample 0 is class 3; expected 0 to 2");
	check_fails(lam_net_forward(net, LAM_TRAIN, NULL, good, 2), LAM_ERR_ARGUMENT,
		"the input is NULL; expected samples of shape 4");
	check_fails(lam_net_forward(net, (lam_mode)7, rows, good, 2), LAM_ERR_ARGUMENT,
		"mode 7; expected LAM_EVAL or LAM_TRAIN");
	check_fails(lam_net_forward(NULL, LAM_TRAIN, rows, good, 2), LAM_ERR_ARGUMENT,
		"lam_net_forward: the net is NULL");
	lam_real y[15];
	check_fails(lam_net_predict(net, rows, 0, y), LAM_ERR_ARGUMENT,
		"lam_net_predict: 0 samples; expected 1 to 281474976710656");
	check_fails(lam_net_predict(net, rows, INT64_MAX, y), LAM_ERR_ARGUMENT,
		"lam_net_predict: 9223372036854775807 samples; expected 1 to 281474976710656");
	check_fails(lam_net_predict(net, NULL, 2, y), LAM_ERR_ARGUMENT,
		"lam_net_predict: the input is NULL");
	check_fails(lam_net_predict(net, rows, 2, NULL), LAM_ERR_ARGUMENT,
		"lam_net_predict: the output is NULL");
	check_ok(lam_net_predict(net, rows, 5, y)); /* more than max_batch: several batches */
	lam_net_free(net);
}

static void refuses_calls_at_the_wrong_time(void)
{
	lam_net *net = classifier(false);
	require(net != NULL, "%s", lam_error());
	const int32_t labels[4] = {0, 1, 2, 0};
	const lam_optimizer sgd = lam_sgd(.lr = 0.1f), refused = lam_sgd(.lr = -1);
	lam_real y[12];
	const char *before =
		"backward without a forward just before it; expected lam_net_forward() first";
	check(lam_net_output(net) == NULL && lam_net_input_grad(net) == NULL
		&& isnan(lam_net_loss(net)));
	check_fails(lam_net_backward(net), LAM_ERR_STATE, before);
	check_fails(lam_net_update(net, &sgd), LAM_ERR_STATE,
		"update without gradients; expected a backward first");
	for (int mode = LAM_EVAL; mode <= LAM_TRAIN; mode++) {
		check_ok(lam_net_forward(net, (lam_mode)mode, rows, NULL, 2));
		check_fails(lam_net_backward(net), LAM_ERR_STATE,
			"backward after a forward without targets; expected targets for the loss");
	}
	check_fails(lam_net_step(net, &sgd, rows, NULL, 2), LAM_ERR_ARGUMENT, "targets");
	check_ok(lam_net_forward(net, LAM_TRAIN, rows, labels, 2));
	check_ok(lam_net_backward_from(net, rows));
	check_ok(lam_net_predict(net, rows, 2, y));
	check_fails(lam_net_backward(net), LAM_ERR_STATE, before);
	check_ok(lam_net_forward(net, LAM_TRAIN, rows, labels, 2));
	check_ok(lam_net_backward(net));
	check_fails(lam_net_backward(net), LAM_ERR_STATE, before);
	check_fails(lam_net_update(net, NULL), LAM_ERR_ARGUMENT, NULL);
	check_fails(lam_net_update(net, &refused), LAM_ERR_ARGUMENT, NULL);
	check_ok(lam_net_update(net, &sgd));
	lam_net_free(net);

	net = lam_net_create(lam_affine(.out = 3), LAM_SHAPE(4), .max_batch = 4);
	require(net != NULL, "%s", lam_error());
	check_fails(lam_net_forward(net, LAM_TRAIN, rows, labels, 2), LAM_ERR_STATE, "targets");
	check_ok(lam_net_forward(net, LAM_TRAIN, rows, NULL, 2));
	check_fails(lam_net_backward(net), LAM_ERR_STATE,
		"backward of a net without a loss; expected a loss layer at its end or "
		"lam_net_backward_from()");
	check_fails(lam_net_backward_from(net, NULL), LAM_ERR_ARGUMENT,
		"lam_net_backward_from: the output gradient is NULL");
	check(lam_net_param(net, -1) == NULL && lam_net_param(net, 2) == NULL
		&& lam_net_find(net, "none") == NULL);
	lam_net_free(net);

	net = classifier(true);
	require(net != NULL, "%s", lam_error());
	check_fails(lam_net_forward(net, LAM_TRAIN, rows, labels, 2), LAM_ERR_STATE,
		"a training forward in a net that was made for inference");
	check_fails(lam_net_backward(net), LAM_ERR_STATE,
		"backward in a net that was made for inference");
	check_fails(lam_net_update(net, &sgd), LAM_ERR_STATE,
		"update of a net that was made for inference");
	check_ok(lam_net_forward(net, LAM_EVAL, rows, labels, 2));
	check(lam_net_gradients(net, &(int64_t){0}) == NULL);
	lam_net_free(net);
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		TEST(refuses_bad_batches),
		TEST(refuses_calls_at_the_wrong_time),
	};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
