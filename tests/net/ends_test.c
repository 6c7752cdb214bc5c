/* SPDX-License-Identifier: MIT */
/* A net's ends: several outputs and losses, and gradients that the caller gives. */
#include "tests/kit.h"
#include "tests/net/two_losses.h"

#include "framework/net/inside.h"

#include <lamina.h>

#include <stdlib.h>
#include <string.h>

enum { N = 19, IN = 6, CLASSES = 5, MOST = 20 };

static lam_real x[N * IN], values[N * 2];
static int32_t labels[N];

static void fill(void)
{
	for (int i = 0; i < N * IN; i++)
		x[i] = (lam_real)((i * 37 % 23) - 11) / 8;
	for (int i = 0; i < N; i++)
		labels[i] = i % CLASSES;
	for (int i = 0; i < N * 2; i++)
		values[i] = (lam_real)(i % 7) / 4;
}

static lam_net *make(bool first, bool second, int threads)
{
	if (!first || !second)
		return lam_net_create(
			lam_sequential(lam_affine(.out = 8, .name = "trunk"),
				lam_affine(.out = first ? CLASSES : 2),
				first ? lam_softmax_cross_entropy() : lam_mean_squared_error()),
			LAM_SHAPE(IN), .max_batch = MOST, .input_grad = true, .seed = 3);
	return lam_net_create(
		lam_layer_new_with_children(&two_losses_class, NULL,
			(lam_layer *[]){lam_affine(.out = 8), lam_affine(.out = CLASSES),
				lam_softmax_cross_entropy(.name = "kind"), lam_affine(.out = 2),
				lam_mean_squared_error(.name = "price")},
			5),
		LAM_SHAPE(IN), .max_batch = MOST, .input_grad = true, .seed = 3,
		.threads = threads);
}

static void copy_param(lam_net *to, int i, lam_net *from, int k)
{
	lam_param *target = lam_net_param(to, i), *source = lam_net_param(from, k);
	memcpy(lam_param_edit(target), lam_param_value(source),
		(size_t)target->count * sizeof(lam_real));
}

/* The gradient of a weighted sum of losses is the weighted sum of the gradients. */
static void losses_add_up_by_weight(void)
{
	lam_net *both = make(true, true, 2), *one = make(true, false, 1),
		*two = make(false, true, 1);
	require(both && one && two, "%s", lam_error());
	for (int i = 0; i < 4; i++) {
		copy_param(one, i, both, i);
		copy_param(two, i, both, i < 2 ? i : i + 2);
	}
	check_ok(lam_net_set_loss_weight(both, "price", (lam_real)0.5));
	check_ok(lam_net_forward_io(both, LAM_TRAIN,
		(const lam_io[]){{"price", values}, {"input", x}, {"kind", labels}, {0}}, N));
	check_ok(lam_net_backward(both));
	check_ok(lam_net_forward(one, LAM_TRAIN, x, labels, N));
	check_ok(lam_net_backward(one));
	check_ok(lam_net_forward(two, LAM_TRAIN, x, values, N));
	check_ok(lam_net_backward(two));
	check(lam_net_loss_of(both, "kind") == lam_net_loss(one));
	check(lam_net_loss_of(both, "price") == lam_net_loss(two));
	check_near(lam_net_loss(both), lam_net_loss(one) + lam_net_loss(two) / 2, 1e-12);
	for (int i = 0; i < N * IN; i++)
		check_near((double)lam_net_input_grad(both)[i],
			(double)(lam_net_input_grad(one)[i] + lam_net_input_grad(two)[i] / 2),
			1e-6);
	for (int64_t i = 0; i < lam_net_param(both, 0)->count; i++)
		check_near((double)lam_net_param(both, 0)->grad[i],
			(double)(lam_net_param(one, 0)->grad[i]
				+ lam_net_param(two, 0)->grad[i] / 2),
			1e-6);
	check(!memcmp(lam_net_output_of(both, "kind"), lam_net_output(one),
		N * CLASSES * sizeof(lam_real)));
	lam_net_free(both);
	lam_net_free(one);
	lam_net_free(two);
}

/* Any number of threads gives the same bits, and predictions come in any number of samples. */
static void threads_and_batches_give_the_same(void)
{
	lam_net *nets[2] = {make(true, true, 1), make(true, true, 3)};
	lam_optimizer adam = lam_adam(.lr = (lam_real)0.01);
	lam_real kinds[2][2 * N * CLASSES], prices[2][2 * N * 2], twice[2 * N * IN];
	memcpy(twice, x, sizeof x);
	memcpy(twice + N * IN, x, sizeof x);
	for (int k = 0; k < 2; k++) {
		require(nets[k], "%s", lam_error());
		for (int step = 0; step < 3; step++)
			check_ok(lam_net_step_io(nets[k], &adam,
				(const lam_io[]){
					{"input", x}, {"kind", labels}, {"price", values}, {0}},
				N));
		check_ok(lam_net_predict_io(nets[k], (const lam_io[]){{"input", twice}, {0}}, 2 * N,
			(const lam_out[]){{"price", prices[k]}, {"kind", kinds[k]}, {0}}));
		check(!memcmp(kinds[k], kinds[k] + N * CLASSES, sizeof kinds[k] / 2));
		check(!memcmp(prices[k], prices[k] + N * 2, sizeof prices[k] / 2));
	}
	check(!memcmp(kinds[0], kinds[1], sizeof kinds[0]));
	check(!memcmp(prices[0], prices[1], sizeof prices[0]));
	lam_net_free(nets[0]);
	lam_net_free(nets[1]);
}

static void wrong_lists_are_refused(void)
{
	lam_net *net = make(true, true, 1);
	lam_optimizer sgd = lam_sgd(.lr = (lam_real)0.1);
	lam_real y[N * CLASSES];
	const struct {
		lam_io io[5];
		const char *sentence;
	} table[] = {
		{{{"input", x}, {"kind", labels}, {0}},
			"the targets are NULL; expected targets for the loss "
			"mean_squared_error \"price\""},
		{{{"kind", labels}, {"price", values}, {0}}, "the input is NULL"},
		{{{"input", x}, {"sort", labels}, {0}},
			"lam_net_step_io: the net has no \"sort\"; expected one of \"input\", "
			"\"kind\", \"price\""},
		{{{"input", x}, {"kind", labels}, {"kind", labels}, {0}},
			"\"kind\" is in the list twice"},
	};
	require(net, "%s", lam_error());
	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		check_fails(lam_net_step_io(net, &sgd, table[i].io, N), LAM_ERR_ARGUMENT,
			table[i].sentence);
	check_fails(lam_net_step_io(net, &sgd, NULL, N), LAM_ERR_ARGUMENT, "the list is NULL");
	check_fails(lam_net_step(net, &sgd, x, labels, N), LAM_ERR_ARGUMENT, "lam_net_step_io");
	check_fails(lam_net_predict(net, x, N, y), LAM_ERR_ARGUMENT, "lam_net_predict_io");
	check_fails(lam_net_predict_io(net, (const lam_io[]){{"input", x}, {0}}, N,
			    (const lam_out[]){{"sort", y}, {0}}),
		LAM_ERR_ARGUMENT, "has no \"sort\"");
	check(!lam_net_output_of(net, "input"));
	check(strstr(lam_error(),
		      "lam_net_output_of: the net has no \"input\"; expected one of \"kind\", "
		      "\"price\""),
		"%s", lam_error());
	check(!lam_net_input_grad_of(net, "kind"));
	check(strstr(lam_error(),
		      "lam_net_input_grad_of: the net has no \"kind\"; expected one of \"input\""),
		"%s", lam_error());
	check(!lam_net_output_of(net, NULL));
	check(strstr(lam_error(), "lam_net_output_of: the name is NULL"), "%s", lam_error());
	check(!lam_net_input_grad_of(NULL, "input"));
	check(strstr(lam_error(), "lam_net_input_grad_of: the net is NULL"), "%s", lam_error());
	check_fails(lam_net_set_loss_weight(net, "kind", (lam_real)NAN), LAM_ERR_ARGUMENT,
		"expected a finite one");
	check_fails(
		lam_net_set_loss_weight(net, "input", 1), LAM_ERR_ARGUMENT, "no loss \"input\"");
	lam_net_free(net);
}

/* The gradient of the logits, (p - y) / n, takes the place of the loss's own. */
static void backward_may_begin_at_the_logits(void)
{
	lam_net *net = make(true, false, 1);
	lam_real dy[N * CLASSES], expected[N * IN];
	require(net, "%s", lam_error());
	check_ok(lam_net_forward(net, LAM_TRAIN, x, labels, N));
	for (int i = 0; i < N * CLASSES; i++)
		dy[i] = (lam_net_output(net)[i] - (labels[i / CLASSES] == i % CLASSES)) / N;
	check_ok(lam_net_backward(net));
	memcpy(expected, lam_net_input_grad(net), sizeof expected);
	check_ok(lam_net_forward(net, LAM_TRAIN, x, NULL, N));
	check_ok(lam_net_backward_from(net, dy));
	for (int i = 0; i < N * IN; i++)
		check_near((double)lam_net_input_grad(net)[i], (double)expected[i], 1e-6);
	lam_net_free(net);
}

/* Its list of targets has no room for any. */
static void without_a_loss(void)
{
	lam_net *net = lam_net_create(
		lam_sequential(lam_affine(.out = 2)), LAM_SHAPE(IN), .max_batch = MOST, .seed = 3);
	const lam_io io[] = {{"input", x}, {0}};
	lam_optimizer sgd = lam_sgd(.lr = 1);
	check_ok(lam_net_forward_io(net, LAM_TRAIN, io, N));
	check_ok(lam_net_forward_io(net, LAM_EVAL, io, 1));
	check(lam_net_step_io(net, &sgd, io, N) == LAM_ERR_STATE);
	check(strstr(lam_error(), "without a loss"), "%s", lam_error());
	check(!strstr(lam_error(), "targets"), "%s", lam_error());
	lam_net_free(net);
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		TEST(losses_add_up_by_weight),
		TEST(threads_and_batches_give_the_same),
		TEST(wrong_lists_are_refused),
		TEST(backward_may_begin_at_the_logits),
		TEST(without_a_loss),
	};
	fill();
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
