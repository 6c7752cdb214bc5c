/* SPDX-License-Identifier: MIT */
/* What can be saved as ONNX: a row for each kind of layer. */
#include "exchange/onnx/export.h"

#include <string.h>

/* The operation changes nothing when a net predicts. */
static lam_status emit_nothing(const lam_layer *self, lam_onnx *onnx)
{
	(void)self, (void)onnx;
	return LAM_OK;
}

/* Functions of one value without options. */
#define ONE_NODE(name, type) \
	static lam_status emit_##name(const lam_layer *self, lam_onnx *onnx) \
	{ \
		(void)self; \
		lam_onnx_add_node(onnx, type, lam_onnx_input_name(onnx, 0), NULL); \
		return LAM_OK; \
	}
ONE_NODE(relu, "Relu")
ONE_NODE(sigmoid, "Sigmoid")
ONE_NODE(tanh, "Tanh")

static lam_status emit_leaky_relu(const lam_layer *self, lam_onnx *onnx)
{
	lam_onnx_add_node(onnx, "LeakyRelu", lam_onnx_input_name(onnx, 0), NULL);
	lam_onnx_set_real(onnx, "alpha", lam_onnx_option(self, "slope", 0));
	return LAM_OK;
}

static lam_status emit_elu(const lam_layer *self, lam_onnx *onnx)
{
	lam_onnx_add_node(onnx, "Elu", lam_onnx_input_name(onnx, 0), NULL);
	lam_onnx_set_real(onnx, "alpha", lam_onnx_option(self, "alpha", 0));
	return LAM_OK;
}

static lam_status emit_hard_sigmoid(const lam_layer *self, lam_onnx *onnx)
{
	(void)self;
	lam_onnx_add_node(onnx, "HardSigmoid", lam_onnx_input_name(onnx, 0), NULL);
	lam_onnx_set_real(onnx, "alpha", 1.0 / 6);
	lam_onnx_set_real(onnx, "beta", 0.5);
	return LAM_OK;
}

static lam_status emit_softmax(const lam_layer *self, lam_onnx *onnx)
{
	(void)self;
	const int rank = lam_onnx_shape_of(onnx, 0).rank;
	/* Before 13 the sum is over all axes from this one on. */
	const bool turned = lam_onnx_opset(onnx) < 13 && rank > 1;
	const char *x = lam_onnx_input_name(onnx, 0);
	if (turned)
		x = lam_onnx_add_turn(onnx, x, rank, false);
	x = lam_onnx_add_node(onnx, "Softmax", x, NULL);
	lam_onnx_set_int(onnx, "axis", turned ? rank : 1);
	if (turned)
		lam_onnx_add_turn(onnx, x, rank, true);
	return LAM_OK;
}

static const struct {
	const char *kind;
	lam_onnx_emitter *emit;
} kinds[] = {
	{"relu", emit_relu},
	{"leaky_relu", emit_leaky_relu},
	{"sigmoid", emit_sigmoid},
	{"tanh", emit_tanh},
	{"gelu", lam_onnx_emit_gelu},
	{"silu", lam_onnx_emit_silu},
	{"softplus", lam_onnx_emit_softplus},
	{"elu", emit_elu},
	{"hard_swish", lam_onnx_emit_hard_swish},
	{"hard_sigmoid", emit_hard_sigmoid},
	{"clip", lam_onnx_emit_clip},
	{"scale", lam_onnx_emit_scale},
	{"prelu", lam_onnx_emit_prelu},
	{"layer_scale", lam_onnx_emit_layer_scale},
	{"standardize", lam_onnx_emit_standardize},
	{"add", lam_onnx_emit_add},
	{"multiply", lam_onnx_emit_multiply},
	{"concat", lam_onnx_emit_concat},
	{"affine", lam_onnx_emit_affine},
	{"conv1d", lam_onnx_emit_conv},
	{"conv2d", lam_onnx_emit_conv},
	{"transposed_conv1d", lam_onnx_emit_transposed},
	{"transposed_conv2d", lam_onnx_emit_transposed},
	{"max_pool1d", lam_onnx_emit_max_pool},
	{"max_pool2d", lam_onnx_emit_max_pool},
	{"avg_pool1d", lam_onnx_emit_avg_pool},
	{"avg_pool2d", lam_onnx_emit_avg_pool},
	{"adaptive_avg_pool1d", lam_onnx_emit_adaptive},
	{"adaptive_avg_pool2d", lam_onnx_emit_adaptive},
	{"global_avg_pool", lam_onnx_emit_global_avg},
	{"global_max_pool", lam_onnx_emit_global_max},
	{"batch_norm", lam_onnx_emit_batch_norm},
	{"group_norm", lam_onnx_emit_group_norm},
	{"instance_norm", lam_onnx_emit_instance_norm},
	{"layer_norm", lam_onnx_emit_layer_norm},
	{"local_response_norm", lam_onnx_emit_response_norm},
	{"flatten", lam_onnx_emit_reshape},
	{"reshape", lam_onnx_emit_reshape},
	{"permute", lam_onnx_emit_permute},
	{"slice", lam_onnx_emit_slice},
	{"zero_pad1d", lam_onnx_emit_pad},
	{"zero_pad2d", lam_onnx_emit_pad},
	{"upsample1d", lam_onnx_emit_upsample},
	{"upsample2d", lam_onnx_emit_upsample},
	{"pixel_shuffle", lam_onnx_emit_pixel_shuffle},
	{"softmax", emit_softmax},
	{"softmax_cross_entropy", emit_softmax},
	{"sigmoid_cross_entropy", emit_sigmoid},
	{"binary_cross_entropy", emit_nothing},
	{"mean_squared_error", emit_nothing},
	{"l1_loss", emit_nothing},
	{"huber_loss", emit_nothing},
	{"dropout", emit_nothing},
	{"identity", emit_nothing},
	{"input", emit_nothing},
	{"output", emit_nothing},
};

lam_onnx_emitter *lam_onnx_emitter_of(const char *kind)
{
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (!strcmp(kinds[i].kind, kind))
			return kinds[i].emit;
	return NULL;
}
