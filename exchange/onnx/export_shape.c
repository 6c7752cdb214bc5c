/* SPDX-License-Identifier: MIT */
/* What moves values, and the affine layer, which begins with a change of shape. */
#include "exchange/onnx/export.h"

#include "layers/upsample.h"

const char *lam_onnx_add_reshape(lam_onnx *onnx, const char *x, const lam_shape *shape)
{
	int64_t dims[LAM_MAX_RANK + 1] = {0}; /* 0: the batch, as it is */
	for (int d = 0; d < shape->rank; d++)
		dims[d + 1] = shape->dim[d];
	return lam_onnx_add_node(
		onnx, "Reshape", x, lam_onnx_add_ints(onnx, dims, shape->rank + 1), NULL);
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
	if (lam_onnx_option(self, "no_bias", 0) != 0)
		lam_onnx_add_node(onnx, "Gemm", x, lam_onnx_param_name(onnx, 0), NULL);
	else
		lam_onnx_add_node(onnx, "Gemm", x, lam_onnx_param_name(onnx, 0),
			lam_onnx_param_name(onnx, 1), NULL);
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
	const char *begins = lam_onnx_add_ints(onnx, &begin, 1),
		   *ends = lam_onnx_add_ints(onnx, &end, 1),
		   *axes = lam_onnx_add_ints(onnx, &axis, 1);
	lam_onnx_add_node(onnx, "Slice", lam_onnx_input_name(onnx, 0), begins, ends, axes, NULL);
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
	lam_onnx_add_node(onnx, "Pad", lam_onnx_input_name(onnx, 0),
		lam_onnx_add_ints(onnx, pads, 2 * rank), NULL);
	lam_onnx_set_word(onnx, "mode", "constant");
	return LAM_OK;
}

lam_status lam_onnx_emit_upsample(const lam_layer *self, lam_onnx *onnx)
{
	const lam_shape in = lam_onnx_shape_of(onnx, 0), out = lam_onnx_shape_of(onnx, -1);
	const bool linear = lam_onnx_option(self, "mode", 0) != LAM_NEAREST;
	double scales[LAM_MAX_RANK + 1] = {1};
	for (int d = 0; d < in.rank; d++)
		scales[d + 1] = (double)(out.dim[d] / in.dim[d]);
	lam_onnx_add_node(onnx, "Resize", lam_onnx_input_name(onnx, 0), "",
		lam_onnx_add_reals(onnx, scales, LAM_SHAPE(in.rank + 1)), NULL);
	lam_onnx_set_word(onnx, "mode", linear ? "linear" : "nearest");
	lam_onnx_set_word(onnx, "coordinate_transformation_mode",
		!linear                                                  ? "asymmetric"
			: lam_onnx_option(self, "align_corners", 0) != 0 ? "align_corners"
									 : "half_pixel");
	if (!linear)
		lam_onnx_set_word(onnx, "nearest_mode", "floor");
	return LAM_OK;
}

lam_status lam_onnx_emit_pixel_shuffle(const lam_layer *self, lam_onnx *onnx)
{
	lam_onnx_add_node(onnx, "DepthToSpace", lam_onnx_input_name(onnx, 0), NULL);
	lam_onnx_set_int(onnx, "blocksize", (int64_t)lam_onnx_option(self, "scale", 0));
	lam_onnx_set_word(onnx, "mode", "CRD");
	return LAM_OK;
}
