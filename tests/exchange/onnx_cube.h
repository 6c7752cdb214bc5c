/* SPDX-License-Identifier: MIT */
/* A layer of one's own, w x^3 + 1/4, with a form in ONNX. */
#ifndef LAM_TESTS_ONNX_CUBE_H
#define LAM_TESTS_ONNX_CUBE_H

#include "tests/exchange/cube.h"
#include "tests/kit.h"

#include "exchange/onnx/lamina_onnx.h"

#include <lamina.h>

static lam_status cube_emit(const lam_layer *self, lam_onnx *onnx)
{
	(void)self;
	const double quarter = 0.25;
	const char *x = lam_onnx_input_name(onnx, 0);
	const char *y = lam_onnx_add_node(onnx, "Mul", x, x, NULL);
	y = lam_onnx_add_node(onnx, "Mul", x, y, NULL);
	y = lam_onnx_add_node(onnx, "Mul", y, lam_onnx_param_name(onnx, 0), NULL);
	lam_onnx_add_node(
		onnx, "Add", y, lam_onnx_add_reals(onnx, &quarter, (lam_shape){.rank = 0}), NULL);
	return lam_onnx_opset(onnx) >= 13 && lam_onnx_shape_of(onnx, -1).rank == 1
			&& lam_onnx_shape_of(onnx, 1).rank == 0
		? LAM_OK
		: lam_fail(LAM_ERR_ARGUMENT, "the shapes are wrong");
}

static lam_layer_class cube_class = {
	LAM_LAYER_ABI,
	.kind = "cube",
	.plan = cube_plan,
	.forward = cube_forward,
};

static lam_net *cube_net(lam_status (*emit)(const lam_layer *, lam_onnx *))
{
	cube_class.emit_onnx = emit;
	lam_net *net = lam_net_create(
		lam_sequential(lam_affine(.out = 3), lam_layer_new(&cube_class, NULL),
			lam_dropout(.p = 0.5f), lam_layer_new(&cube_class, NULL),
			lam_affine(.out = 2, .name = "last"), lam_softmax_cross_entropy()),
		LAM_SHAPE(4), .max_batch = 16, .inference = true, .seed = 4);
	if (!net)
		exit(TEST_ERROR);
	return net;
}

#endif
