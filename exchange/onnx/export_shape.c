/* SPDX-License-Identifier: MIT */
/* What moves values, and the affine layer, which begins with a change of shape. */
#include "exchange/onnx/export.h"

#include "layers/upsample.h"

#include <math.h>

/* A node Reshape to these dimensions. */
static const char *reshape(lam_onnx *onnx, const char *x, const int64_t *dims, int count)
{
	return lam_onnx_add_node(onnx, "Reshape", x, lam_onnx_add_ints(onnx, dims, count), NULL);
}

const char *lam_onnx_add_reshape(lam_onnx *onnx, const char *x, const lam_shape *shape)
{
	int64_t dims[LAM_MAX_RANK + 1] = {0}; /* 0: the batch, as it is */
	for (int d = 0; d < shape->rank; d++)
		dims[d + 1] = shape->dim[d];
	return reshape(onnx, x, dims, shape->rank + 1);
}

const char *lam_onnx_add_pad(
	lam_onnx *onnx, const char *x, const int64_t *pads, int rank, double value)
{
	if (lam_onnx_opset(onnx) < 11) {
		x = lam_onnx_add_node(onnx, "Pad", x, NULL);
		lam_onnx_set_ints(onnx, "pads", pads, 2 * rank);
		lam_onnx_set_real(onnx, "value", value);
		return x;
	}
	const char *numbers = lam_onnx_add_ints(onnx, pads, 2 * rank);
	return lam_onnx_add_node(onnx, "Pad", x, numbers,
		value != 0 ? lam_onnx_add_scalar(onnx, value) : NULL, NULL);
}

const char *lam_onnx_add_turn(lam_onnx *onnx, const char *x, int rank, bool back)
{
	int64_t axes[LAM_MAX_RANK + 1] = {0};
	for (int d = 1; d <= rank; d++)
		axes[d] = back ? d > 1 ? d - 1 : rank : d < rank ? d + 1 : 1;
	x = lam_onnx_add_node(onnx, "Transpose", x, NULL);
	lam_onnx_set_ints(onnx, "perm", axes, rank + 1);
	return x;
}

/* Exchanges the two place axes of an image. */
static const char *exchange(lam_onnx *onnx, const char *x)
{
	x = lam_onnx_add_node(onnx, "Transpose", x, NULL);
	lam_onnx_set_ints(onnx, "perm", (const int64_t[4]){0, 1, 3, 2}, 4);
	return x;
}

/* MatMul is along the last axis. */
const char *lam_onnx_add_product(lam_onnx *onnx, const char *x, const lam_shape *shape, int axis,
	const double *matrix, int64_t out)
{
	const bool rows = axis + 2 < shape->rank;
	const lam_shape of_matrix = LAM_SHAPE(shape->dim[axis + 1], out);
	if (rows)
		x = exchange(onnx, x);
	x = lam_onnx_add_node(onnx, "MatMul", x, lam_onnx_add_reals(onnx, matrix, of_matrix), NULL);
	return rows ? exchange(onnx, x) : x;
}

static const char *flatten(lam_onnx *onnx, const char *x)
{
	x = lam_onnx_add_node(onnx, "Flatten", x, NULL);
	lam_onnx_set_int(onnx, "axis", 1);
	return x;
}

lam_status lam_onnx_emit_affine(const lam_layer *self, lam_onnx *onnx)
{
	const char *x = lam_onnx_input_name(onnx, 0);
	if (lam_onnx_shape_of(onnx, 0).rank > 1)
		x = flatten(onnx, x);
	const char *bias = NULL;
	if (lam_onnx_option(self, "no_bias", 0) == 0)
		bias = lam_onnx_param_name(onnx, 1);
	else if (lam_onnx_opset(onnx) < 11)
		bias = lam_onnx_add_repeated(onnx, 0, lam_onnx_shape_of(onnx, -1).dim[0]);
	lam_onnx_add_node(onnx, "Gemm", x, lam_onnx_param_name(onnx, 0), bias, NULL);
	lam_onnx_set_int(onnx, "transB", 1);
	return LAM_OK;
}

lam_status lam_onnx_emit_concat(const lam_layer *self, lam_onnx *onnx)
{
	(void)self;
	if (!lam_onnx_shape_of(onnx, 1).rank)
		return LAM_OK;
	lam_onnx_add_node(onnx, "Concat", lam_onnx_input_name(onnx, 0), NULL);
	for (int k = 1; lam_onnx_shape_of(onnx, k).rank; k++)
		lam_onnx_add_input(onnx, lam_onnx_input_name(onnx, k));
	lam_onnx_set_int(onnx, "axis", 1);
	return LAM_OK;
}

lam_status lam_onnx_emit_reshape(const lam_layer *self, lam_onnx *onnx)
{
	(void)self;
	const lam_shape in = lam_onnx_shape_of(onnx, 0), out = lam_onnx_shape_of(onnx, -1);
	if (lam_shape_equal(&in, &out))
		return LAM_OK;
	if (out.rank == 1)
		flatten(onnx, lam_onnx_input_name(onnx, 0));
	else
		lam_onnx_add_reshape(onnx, lam_onnx_input_name(onnx, 0), &out);
	return LAM_OK;
}

lam_status lam_onnx_emit_permute(const lam_layer *self, lam_onnx *onnx)
{
	const lam_shape in = lam_onnx_shape_of(onnx, 0);
	int64_t axes[LAM_MAX_RANK + 1] = {0};
	for (int d = 0; d < in.rank; d++)
		axes[d + 1] = (int64_t)lam_onnx_option(self, "axes", d) + 1;
	lam_onnx_add_node(onnx, "Transpose", lam_onnx_input_name(onnx, 0), NULL);
	lam_onnx_set_ints(onnx, "perm", axes, in.rank + 1);
	return LAM_OK;
}

lam_status lam_onnx_emit_slice(const lam_layer *self, lam_onnx *onnx)
{
	const int64_t begin = (int64_t)lam_onnx_option(self, "begin", 0),
		      end = begin + lam_onnx_shape_of(onnx, -1).dim[0], axis = 1;
	const char *x = lam_onnx_input_name(onnx, 0);
	if (lam_onnx_opset(onnx) < 10) {
		lam_onnx_add_node(onnx, "Slice", x, NULL);
		lam_onnx_set_ints(onnx, "starts", &begin, 1);
		lam_onnx_set_ints(onnx, "ends", &end, 1);
		lam_onnx_set_ints(onnx, "axes", &axis, 1);
		return LAM_OK;
	}
	const char *begins = lam_onnx_add_ints(onnx, &begin, 1),
		   *ends = lam_onnx_add_ints(onnx, &end, 1),
		   *axes = lam_onnx_add_ints(onnx, &axis, 1);
	lam_onnx_add_node(onnx, "Slice", x, begins, ends, axes, NULL);
	return LAM_OK;
}

/* .pad is left, right, top, bottom; ONNX has all begins, then all ends. */
lam_status lam_onnx_emit_pad(const lam_layer *self, lam_onnx *onnx)
{
	const int rank = lam_onnx_shape_of(onnx, 0).rank + 1;
	int64_t pads[2 * (LAM_MAX_RANK + 1)] = {0};
	for (int d = 0; d < rank - 2; d++) {
		pads[rank - 1 - d] = (int64_t)lam_onnx_option(self, "pad", 2 * d);
		pads[2 * rank - 1 - d] = (int64_t)lam_onnx_option(self, "pad", 2 * d + 1);
	}
	lam_onnx_add_pad(onnx, lam_onnx_input_name(onnx, 0), pads, rank, 0);
	lam_onnx_set_word(onnx, "mode", "constant");
	return LAM_OK;
}

/* Linear upsampling along place axis `axis` as a product: old operators know no half pixels and no
 * aligned corners. */
static const char *interpolate(const lam_layer *self, lam_onnx *onnx, const char *x, int axis)
{
	const lam_shape shape = lam_onnx_shape_of(onnx, 0);
	const int64_t in = shape.dim[axis + 1], out = lam_onnx_shape_of(onnx, -1).dim[axis + 1];
	const bool corners = lam_onnx_option(self, "align_corners", 0) != 0;
	double *matrix = lam_onnx_alloc(&onnx->arena, (size_t)(in * out), sizeof *matrix);
	onnx->failed |= !matrix;
	if (!matrix)
		return "";
	for (int64_t i = 0; i < out; i++) {
		double at = corners ? (double)(i * (in - 1)) / (double)(out > 1 ? out - 1 : 1)
				    : ((double)i + 0.5) * (double)in / (double)out - 0.5;
		at = fmin(fmax(at, 0), (double)(in - 1));
		const int64_t first = (int64_t)at, next = first + 1 < in ? first + 1 : first;
		matrix[first * out + i] += 1 - (at - (double)first);
		matrix[next * out + i] += at - (double)first;
	}
	return lam_onnx_add_product(onnx, x, &shape, axis, matrix, out);
}

/* The factors of the axes, as an attribute before 9; the region that 11 and 12 want is empty. */
static void resize(lam_onnx *onnx, const double *scales, int rank)
{
	const char *x = lam_onnx_input_name(onnx, 0);
	const int opset = lam_onnx_opset(onnx);
	const lam_shape all = LAM_SHAPE(rank), none = {.rank = 1};
	const char *numbers = opset < 9 ? NULL : lam_onnx_add_reals(onnx, scales, all);
	if (opset < 11)
		lam_onnx_add_node(onnx, opset < 10 ? "Upsample" : "Resize", x, numbers, NULL);
	else
		lam_onnx_add_node(onnx, "Resize", x,
			opset < 13 ? lam_onnx_add_reals(onnx, scales, none) : "", numbers, NULL);
	if (opset < 9)
		lam_onnx_set_reals(onnx, "scales", scales, rank);
}

lam_status lam_onnx_emit_upsample(const lam_layer *self, lam_onnx *onnx)
{
	const lam_shape in = lam_onnx_shape_of(onnx, 0), out = lam_onnx_shape_of(onnx, -1);
	const bool linear = lam_onnx_option(self, "mode", 0) != LAM_NEAREST,
		   old = lam_onnx_opset(onnx) < 11;
	const char *x = lam_onnx_input_name(onnx, 0);
	double scales[LAM_MAX_RANK + 1] = {1};
	for (int d = 0; d < in.rank; d++)
		scales[d + 1] = (double)(out.dim[d] / in.dim[d]);
	for (int d = 0; d < in.rank - 1 && linear && old; d++)
		if (scales[d + 2] > 1)
			x = interpolate(self, onnx, x, d);
	if (linear && old)
		return LAM_OK;
	resize(onnx, scales, in.rank + 1);
	lam_onnx_set_word(onnx, "mode", linear ? "linear" : "nearest");
	if (old)
		return LAM_OK;
	lam_onnx_set_word(onnx, "coordinate_transformation_mode",
		!linear                                                  ? "asymmetric"
			: lam_onnx_option(self, "align_corners", 0) != 0 ? "align_corners"
									 : "half_pixel");
	if (!linear)
		lam_onnx_set_word(onnx, "nearest_mode", "floor");
	return LAM_OK;
}

/* Before 11 DepthToSpace has another order of channels: [C][r][r][H][W] to [C][H][r][W][r]. */
lam_status lam_onnx_emit_pixel_shuffle(const lam_layer *self, lam_onnx *onnx)
{
	const lam_shape in = lam_onnx_shape_of(onnx, 0), out = lam_onnx_shape_of(onnx, -1);
	const int64_t r = (int64_t)lam_onnx_option(self, "scale", 0);
	const char *x = lam_onnx_input_name(onnx, 0);
	if (lam_onnx_opset(onnx) < 11) {
		const int64_t cut[6] = {0, out.dim[0], r, r, in.dim[1], in.dim[2]},
			      order[6] = {0, 1, 4, 2, 5, 3};
		x = lam_onnx_add_node(onnx, "Transpose", reshape(onnx, x, cut, 6), NULL);
		lam_onnx_set_ints(onnx, "perm", order, 6);
		lam_onnx_add_reshape(onnx, x, &out);
		return LAM_OK;
	}
	lam_onnx_add_node(onnx, "DepthToSpace", x, NULL);
	lam_onnx_set_int(onnx, "blocksize", r);
	lam_onnx_set_word(onnx, "mode", "CRD");
	return LAM_OK;
}
