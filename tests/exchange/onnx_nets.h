/* SPDX-License-Identifier: MIT */
/* The nets that are saved as ONNX: every kind of layer with random options, in all versions of the
 * operators, and whole nets. */
#ifndef LAM_TESTS_ONNX_NETS_H
#define LAM_TESTS_ONNX_NETS_H

#include "tests/battery/subjects.h"
#include "tests/exchange/c_nets.h"
#include "tests/exchange/onnx_cases.h"
#include "tests/exchange/onnx_cube.h"
#include "tests/layers/architectures.h"

enum { ONNX_TRIALS = 14 };

static void onnx_add_subject(const struct subject *subject)
{
	static const int opsets[ONNX_TRIALS] = {0, 13, 21, 17, 18, 20, 14, 16, 7, 8, 9, 10, 11, 12};
	for (int number = 0; number < ONNX_TRIALS; number++) {
		struct trial *trial = trial_new(subject, number, number % 2);
		require(trial, "%s %d", subject->name, number);
		lam_net *net = trial_net(trial, &(struct setting){.no_input_grad = true});
		struct rows rows;
		require(net && rows_take(&rows, trial) && !net_take(net, trial), "%s %d: %s",
			subject->name, number, lam_error());
		char title[80];
		snprintf(title, sizeof title, "%s, trial %d", subject->name, number);
		const double tolerance = trial_tolerance(trial);
		onnx_add(net, title, tolerance > 1e-5 ? tolerance : 1e-5, opsets[number],
			trial->n < ONNX_SAMPLES ? trial->n : ONNX_SAMPLES, rows.x);
		rows_free(&rows);
		lam_net_free(net);
		trial_free(trial);
	}
}

/* With the usual opset, and with an old one, each in its turn. */
static void onnx_add_net(const char *name, lam_layer *model, lam_shape shape)
{
	static int turn;
	lam_net *net = shape.rank ? lam_net_create(model, shape, .max_batch = ONNX_SAMPLES,
			       .direct = true, .inference = true)
				  : lam_net_create(model, .max_batch = 20, .direct = true);
	require(net, "%s: %s", name, lam_error());
	c_draw(net, 5);
	onnx_add(net, name, 1e-5, 0, ONNX_SAMPLES, NULL);
	onnx_add(net, name, 1e-5, 7 + turn++ % 6, ONNX_SAMPLES, NULL);
	lam_net_free(net);
}

/* Factors of places and of channels meet before the value that has both. */
static lam_layer *onnx_outer(void)
{
	lam_graph *g = lam_graph_new();
	const lam_value x = lam_graph_input(g, "x", LAM_SHAPE(4, 3, 5));
	const lam_value means = lam_apply(g, lam_global_avg_pool(), x);
	const lam_value places = lam_apply(g, lam_conv2d(.out = 1, .kernel = {1}), x);
	lam_graph_output(g, lam_apply(g, lam_multiply(), places, means, x), "y");
	return lam_graph_done(g);
}

/* Options for which a layer is saved as nodes that its kind has otherwise not. */
static void onnx_add_rare(void)
{
	onnx_add_net("places by channels", onnx_outer(), (lam_shape){0});
	onnx_add_net("a group of one channel", lam_group_norm(.groups = 1), LAM_SHAPE(1, 4, 4));
	onnx_add_net("a wide window with a rest",
		lam_max_pool2d(.kernel = {2}, .stride = {3}, .dilation = {3}, .ceil_mode = true),
		LAM_SHAPE(2, 8, 8));
	onnx_add_net("a wide window of a signal",
		lam_max_pool1d(.kernel = 3, .stride = 5, .dilation = 4, .pad = 1,
			.ceil_mode = true),
		LAM_SHAPE(2, 11));
	onnx_add_net("windows in the padding",
		lam_max_pool2d(.kernel = {2}, .stride = {1}, .dilation = {2}, .pad = {1}),
		LAM_SHAPE(2, 3, 1));
	onnx_add_net("a late softplus", lam_softplus(.beta = 2, .threshold = (lam_real)0.5),
		LAM_SHAPE(7));
	onnx_add_net("an early softplus", lam_softplus(.threshold = LAM_ZERO), LAM_SHAPE(7));
	onnx_add_net("an even window of channels",
		lam_local_response_norm(.window = 4, .alpha = 1, .k = 2), LAM_SHAPE(9, 2));
	onnx_add_net("a window of more than all channels",
		lam_local_response_norm(.window = 12, .alpha = 1), LAM_SHAPE(3, 2, 2));
}

static void onnx_all_nets(void)
{
	test_begin("every net is saved");
	for (int i = 0; battery_subject(i); i++)
		onnx_add_subject(battery_subject(i));
	for (int i = 0; i < ARCHITECTURES; i++)
		onnx_add_net(
			architectures[i].name, architectures[i].make(), architectures[i].shape);
	for (size_t i = 0; i < sizeof c_nets / sizeof *c_nets; i++)
		onnx_add_net(c_nets[i].name, c_net_model(&c_nets[i]), c_nets[i].shape);
	onnx_add_rare();
	lam_net *cube = cube_net(cube_emit);
	onnx_add(cube, "a layer of one's own", 1e-5, 0, ONNX_SAMPLES, NULL);
	lam_net_free(cube);
	test_end();
}

#endif
