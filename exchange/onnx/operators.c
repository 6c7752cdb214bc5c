/* SPDX-License-Identifier: MIT */
#include "exchange/onnx/operators.h"

#include <stdlib.h>
#include <string.h>

enum { ANY = 1 << 20 };

/* Makes layers, computes constants, or both. */
#define LAYERS(maker) lam_onnx_##maker, NULL
#define CONSTANTS(folder) NULL, lam_onnx_fold_##folder
#define BOTH(maker, folder) lam_onnx_##maker, lam_onnx_fold_##folder
/* Before opset 7. */
#define OLD_SPREAD "axis=i broadcast=i"
#define WINDOW "auto_pad=s kernel_shape=I pads=I strides=I dilations=I "

/* By name, in the order of strcmp(). */
static const lam_onnx_operator operators[] = {
	{"Abs", BOTH(unary, unary), "", 1, 1},
	{"Add", BOTH(binary, binary), OLD_SPREAD, 2, 2},
	{"And", CONSTANTS(binary), "", 2, 2},
	{"AveragePool", LAYERS(average_pool), WINDOW "ceil_mode=i count_include_pad=i", 1, 1},
	{"BatchNormalization", LAYERS(batch_norm),
		"epsilon=f is_test=i momentum=f spatial=i training_mode=i", 5, 5},
	{"Cast", BOTH(cast, cast), "to=i saturate=i", 1, 1},
	{"Ceil", CONSTANTS(unary), "", 1, 1},
	{"Celu", LAYERS(celu), "alpha=f", 1, 1},
	{"Clip", LAYERS(clip), "min=f max=f", 1, 3},
	{"Concat", BOTH(make_concat, concat), "axis=i", 1, ANY},
	{"Constant", CONSTANTS(constant),
		"value=t value_float=f value_floats=F value_int=i value_ints=I", 0, 0},
	{"ConstantOfShape", CONSTANTS(constant_of_shape), "value=t", 1, 1},
	{"Conv", LAYERS(conv), WINDOW "group=i", 2, 3},
	{"ConvTranspose", LAYERS(conv_transpose), WINDOW "group=i output_padding=I output_shape=I",
		2, 3},
	{"Cos", CONSTANTS(unary), "", 1, 1},
	{"DepthToSpace", LAYERS(depth_to_space), "blocksize=i mode=s", 1, 1},
	{"Div", BOTH(binary, binary), OLD_SPREAD, 2, 2},
	{"Dropout", LAYERS(dropout), "is_test=i ratio=f seed=i", 1, 3},
	{"Elu", LAYERS(elu), "alpha=f", 1, 1},
	{"Equal", CONSTANTS(binary), "", 2, 2},
	{"Erf", BOTH(unary, unary), "", 1, 1},
	{"Exp", BOTH(unary, unary), "", 1, 1},
	{"Expand", BOTH(make_expand, expand), "", 2, 2},
	{"Flatten", LAYERS(flatten), "axis=i", 1, 1},
	{"Floor", CONSTANTS(unary), "", 1, 1},
	{"Gather", BOTH(make_gather, gather), "axis=i", 2, 2},
	{"Gelu", LAYERS(gelu), "approximate=s", 1, 1},
	{"Gemm", LAYERS(gemm), "alpha=f beta=f broadcast=i transA=i transB=i", 2, 3},
	{"GlobalAveragePool", LAYERS(global_pool), "", 1, 1},
	{"GlobalMaxPool", LAYERS(global_pool), "", 1, 1},
	{"Greater", CONSTANTS(binary), "", 2, 2},
	{"GroupNormalization", LAYERS(group_norm), "epsilon=f num_groups=i stash_type=i", 3, 3},
	{"HardSigmoid", LAYERS(hard_sigmoid), "alpha=f beta=f", 1, 1},
	{"HardSwish", LAYERS(curve), "", 1, 1},
	{"Identity", BOTH(identity, identity), "", 1, 1},
	{"InstanceNormalization", LAYERS(instance_norm), "epsilon=f", 3, 3},
	{"LRN", LAYERS(lrn), "alpha=f beta=f bias=f size=i", 1, 1},
	{"LayerNormalization", LAYERS(layer_norm), "axis=i epsilon=f stash_type=i", 2, 3},
	{"LeakyRelu", LAYERS(leaky_relu), "alpha=f", 1, 1},
	{"Less", CONSTANTS(binary), "", 2, 2},
	{"Log", CONSTANTS(unary), "", 1, 1},
	{"MatMul", LAYERS(matmul), "", 2, 2},
	{"Max", BOTH(extreme, binary), "", 1, ANY},
	{"MaxPool", LAYERS(max_pool), WINDOW "ceil_mode=i storage_order=i", 1, 1},
	{"Mean", LAYERS(sum), "", 1, ANY},
	{"Min", BOTH(extreme, binary), "", 1, ANY},
	{"Mod", CONSTANTS(binary), "fmod=i", 2, 2},
	{"Mul", BOTH(binary, binary), OLD_SPREAD, 2, 2},
	{"Neg", BOTH(unary, unary), "", 1, 1},
	{"Not", CONSTANTS(unary), "", 1, 1},
	{"Or", CONSTANTS(binary), "", 2, 2},
	{"PRelu", LAYERS(prelu), "", 2, 2},
	{"Pad", LAYERS(pad), "mode=s pads=I value=f", 1, 4},
	{"Pow", BOTH(power, binary), OLD_SPREAD, 2, 2},
	{"Range", CONSTANTS(range), "", 3, 3},
	{"Reciprocal", CONSTANTS(unary), "", 1, 1},
	{"ReduceMax", BOTH(reduce, reduce), "axes=I keepdims=i noop_with_empty_axes=i", 1, 2},
	{"ReduceMean", BOTH(reduce, reduce), "axes=I keepdims=i noop_with_empty_axes=i", 1, 2},
	{"ReduceMin", BOTH(reduce, reduce), "axes=I keepdims=i noop_with_empty_axes=i", 1, 2},
	{"ReduceProd", CONSTANTS(reduce), "axes=I keepdims=i noop_with_empty_axes=i", 1, 2},
	{"ReduceSum", BOTH(reduce, reduce), "axes=I keepdims=i noop_with_empty_axes=i", 1, 2},
	{"Relu", BOTH(curve, unary), "", 1, 1},
	{"Reshape", BOTH(make_reshape, reshape), "allowzero=i shape=I", 1, 2},
	{"Resize", LAYERS(resize),
		"axes=I coordinate_transformation_mode=s cubic_coeff_a=f exclude_outside=i "
		"extrapolation_value=f mode=s nearest_mode=s",
		2, 4},
	{"Round", CONSTANTS(unary), "", 1, 1},
	{"Selu", LAYERS(selu), "alpha=f gamma=f", 1, 1},
	{"Shape", BOTH(fold_shape, shape), "start=i end=i", 1, 1},
	{"Sigmoid", BOTH(curve, unary), "", 1, 1},
	{"Sin", CONSTANTS(unary), "", 1, 1},
	{"Size", BOTH(fold_size, size), "", 1, 1},
	{"Slice", BOTH(make_slice, slice), "axes=I ends=I starts=I", 1, 5},
	{"Softmax", LAYERS(softmax), "axis=i", 1, 1},
	{"Softplus", LAYERS(curve), "", 1, 1},
	{"SpaceToDepth", LAYERS(space_to_depth), "blocksize=i", 1, 1},
	{"Split", BOTH(make_split, split), "axis=i num_outputs=i split=I", 1, 2},
	{"Sqrt", BOTH(unary, unary), "", 1, 1},
	{"Squeeze", BOTH(squeeze, reshape), "axes=I", 1, 2},
	{"Sub", BOTH(binary, binary), OLD_SPREAD, 2, 2},
	{"Sum", BOTH(sum, binary), "", 1, ANY},
	{"Tanh", BOTH(curve, unary), "", 1, 1},
	{"Transpose", BOTH(make_transpose, transpose), "perm=I", 1, 1},
	{"Unsqueeze", BOTH(squeeze, reshape), "axes=I", 1, 2},
	{"Upsample", LAYERS(resize), "mode=s scales=F", 1, 2},
	{"Where", CONSTANTS(where), "", 3, 3},
};

static int compare(const void *name, const void *operator)
{
	return strcmp(name, ((const lam_onnx_operator *)operator)->name);
}

const lam_onnx_operator *lam_onnx_operator_of(const char *name)
{
	return bsearch(
		name, operators, sizeof operators / sizeof *operators, sizeof *operators, compare);
}
