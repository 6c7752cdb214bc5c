/* SPDX-License-Identifier: MIT */
/* Channels to places and back. */
#include "exchange/onnx/operators.h"

#include "layers/rearrange.h"

#include <inttypes.h>
#include <string.h>

/* b x b channels to places. Mode DCR has them as [i][j][c], CRD, as lamina, as [c][i][j]. */
lam_status lam_onnx_depth_to_space(lam_onnx_import *im, const lam_onnx_node *node)
{
	static const int swapped[3] = {1, 0, 2};
	const lam_onnx_value *x;
	const int64_t b = lam_onnx_int(node, "blocksize", 0);
	lam_status status = lam_onnx_samples(node, 0, "input", &x);
	if (!status && (x->rank != 4 || b < 1 || b > 4096 || x->flow.shape.dim[0] % (b * b)))
		status = lam_fail(LAM_ERR_SHAPE,
			"blocks of %" PRId64
			" of samples of %s; expected images with a multiple of "
			"its square as channels",
			b, lam_shape_text(x->flow.shape).text);
	if (status)
		return status;
	lam_onnx_flow flow = x->flow;
	const lam_shape shape = flow.shape;
	if (!lam_onnx_is(node, "mode", "CRD", "DCR")) {
		status = lam_onnx_reshape(im, &flow,
			LAM_SHAPE(b * b, shape.dim[0] / (b * b), shape.dim[1] * shape.dim[2]));
		if (!status)
			status = lam_onnx_permute(im, &flow, swapped);
		if (!status)
			status = lam_onnx_reshape(im, &flow, shape);
	}
	if (!status)
		status = lam_onnx_apply(im, &flow,
			lam_pixel_shuffle(.name = lam_onnx_name_of(im, node, NULL),
				.scale = (int)b));
	lam_onnx_give(node, 0, flow, x->rank);
	return status;
}

/* [c][h][i][w][j] to [i][j][c][h][w], in two steps: first i, then j. */
static lam_status to_depth(lam_onnx_import *im, lam_onnx_flow *flow, int64_t b)
{
	static const int first[3] = {1, 0, 2}, second[3] = {0, 2, 1};
	const lam_shape shape = flow->shape;
	const int64_t rows = shape.dim[0] * shape.dim[1] / b;
	lam_status status = lam_onnx_reshape(im, flow, LAM_SHAPE(rows, b, shape.dim[2]));
	if (!status)
		status = lam_onnx_permute(im, flow, first);
	if (!status)
		status = lam_onnx_reshape(im, flow, LAM_SHAPE(b, rows * (shape.dim[2] / b), b));
	return status ? status : lam_onnx_permute(im, flow, second);
}

lam_status lam_onnx_space_to_depth(lam_onnx_import *im, const lam_onnx_node *node)
{
	const lam_onnx_value *x;
	const int64_t b = lam_onnx_int(node, "blocksize", 0);
	lam_status status = lam_onnx_samples(node, 0, "input", &x);
	if (status)
		return status;
	const lam_shape shape = x->flow.shape;
	if (x->rank != 4 || b < 1 || b > 4096 || shape.dim[1] % b || shape.dim[2] % b)
		return lam_fail(LAM_ERR_SHAPE,
			"blocks of %" PRId64 " of samples of %s; expected images with sides that "
			"they divide",
			b, lam_shape_text(shape).text);
	lam_onnx_flow flow = x->flow;
	status = to_depth(im, &flow, b);
	if (!status)
		status = lam_onnx_reshape(im, &flow,
			LAM_SHAPE(b * b * shape.dim[0], shape.dim[1] / b, shape.dim[2] / b));
	lam_onnx_give(node, 0, flow, x->rank);
	return status;
}

/* The sides of the blocks in the six dimensions of a pixel shuffle or its reverse; 0: neither. */
static int64_t block_of(lam_onnx_import *im, const lam_onnx_node *node, bool *shuffles)
{
	static const int64_t there[6] = {0, 1, 4, 2, 5, 3}, back[6] = {0, 1, 3, 5, 2, 4};
	lam_onnx_tensor *shape = lam_onnx_letter(node, 's')->tensor;
	const int64_t *perm;
	if (lam_onnx_ints(lam_onnx_inner(node, 'T'), "perm", &perm) != 6
		|| lam_onnx_tensor_decode(im->file, im->arena, shape) || !shape->whole
		|| shape->count != 6)
		return 0;
	*shuffles = !memcmp(perm, there, sizeof there);
	if (*shuffles)
		return shape->numbers[2] == shape->numbers[3] ? shape->numbers[2] : 0;
	return !memcmp(perm, back, sizeof back) && shape->numbers[3] == shape->numbers[5]
		? shape->numbers[3]
		: 0;
}

bool lam_onnx_fits_pixels(lam_onnx_import *im, const lam_onnx_node *node)
{
	bool shuffles;
	const int64_t b = block_of(im, node, &shuffles);
	return b > 0 && b <= 4096;
}

/* Whether the two Reshapes make the dimensions of a pixel shuffle or its reverse of an image. */
static bool shapes_fit(lam_onnx_import *im, const lam_onnx_node *node, int64_t b, bool shuffles)
{
	int64_t x[LAM_MAX_RANK + 1];
	lam_onnx_dims(im, lam_onnx_letter(node, 'x'), x);
	const int64_t n = x[0], c = x[1], h = x[2], w = x[3];
	if (shuffles ? c % (b * b) : h % b || w % b)
		return false;
	const int64_t cut[2][6] = {{n, c, h / b, b, w / b, b}, {n, c / (b * b), b, b, h, w}},
		      moved[2][6] = {{n, c, b, b, h / b, w / b}, {n, c / (b * b), h, b, w, b}},
		      y[2][4] = {{n, c * b * b, h / b, w / b}, {n, c / (b * b), h * b, w * b}};
	return lam_onnx_reshapes_to(im, lam_onnx_letter(node, 's'), x, 4, cut[shuffles], 6)
		&& lam_onnx_reshapes_to(
			im, lam_onnx_letter(node, 't'), moved[shuffles], 6, y[shuffles], 4);
}

/* [c][i][j][h][w] to [c][h][i][w][j], or back. */
lam_status lam_onnx_pixels_parts(lam_onnx_import *im, const lam_onnx_node *node)
{
	static const int swapped[3] = {1, 0, 2};
	const lam_onnx_value *x = lam_onnx_letter(node, 'x');
	bool shuffles;
	const int64_t b = block_of(im, node, &shuffles);
	lam_onnx_flow flow = x->flow;
	const lam_shape shape = flow.shape;
	if (x->rank != 4 || !shapes_fit(im, node, b, shuffles))
		return lam_fail(LAM_ERR_UNSUPPORTED,
			"it is no pixel shuffle or its reverse in blocks of %" PRId64
			" of samples of %s",
			b, lam_shape_text(shape).text);
	lam_status status;
	if (shuffles) {
		status = lam_onnx_apply(im, &flow,
			lam_pixel_shuffle(.name = lam_onnx_name_of(im, node, NULL),
				.scale = (int)b));
	} else {
		const int64_t places = shape.dim[1] / b * (shape.dim[2] / b);
		status = to_depth(im, &flow, b);
		if (!status)
			status = lam_onnx_reshape(
				im, &flow, LAM_SHAPE(b * b, shape.dim[0], places));
		if (!status)
			status = lam_onnx_permute(im, &flow, swapped);
		if (!status)
			status = lam_onnx_reshape(im, &flow,
				LAM_SHAPE(
					b * b * shape.dim[0], shape.dim[1] / b, shape.dim[2] / b));
	}
	lam_onnx_give(node, 0, flow, 4);
	return status;
}
