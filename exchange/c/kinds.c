/* SPDX-License-Identifier: MIT */
/* The table of kinds. A layer of the library that has no row here is refused, and a test walks over
 * all of them. */
#include "exchange/c/kinds.h"
#include "exchange/c/curves.h"

#include "framework/model/catalogue.h"
#include "framework/plan/classes.h"
#include "layers/standardize_numbers.h"
#include "layers/upsample.h"

#include <math.h>
#include <string.h>

/* Scale and shift per channel. */

static void batch_norm(const lam_call *call, int64_t channels, double *scale, double *shift)
{
	const double eps = lam_c_option(call, "eps", 0);
	for (int64_t c = 0; c < channels; c++) {
		scale[c] = (double)call->w[0][c] / sqrt((double)call->state[1][c] + eps);
		shift[c] = (double)call->w[1][c] - scale[c] * (double)call->state[0][c];
	}
}

static void layer_scale(const lam_call *call, int64_t channels, double *scale, double *shift)
{
	for (int64_t c = 0; c < channels; c++) {
		scale[c] = (double)call->w[0][c];
		shift[c] = 0;
	}
}

static void standardize(const lam_call *call, int64_t channels, double *scale, double *shift)
{
	const lam_standardize_options *o = lam_layer_state(call->layer);
	for (int64_t c = 0; c < channels; c++) {
		scale[c] = 1 / lam_number_at(lam_stds_of(o), c, 1);
		shift[c] = -lam_number_at(lam_means_of(o), c, 0) * scale[c];
	}
}

/* Views. */

static void slice(const lam_c_op *op, const lam_shape *in, lam_c_nest *nest, int64_t *at)
{
	const int64_t begin = (int64_t)lam_c_option(op->call, "begin", 0),
		      end = (int64_t)lam_c_option(op->call, "end", 0);
	nest->size[0] = (end ? end : in->dim[0]) - begin;
	*at += begin * nest->step[0];
}

static void permute(const lam_c_op *op, const lam_shape *in, lam_c_nest *nest, int64_t *at)
{
	const lam_c_nest from = *nest;
	(void)at;
	for (int d = 0; d < in->rank; d++) {
		const int axis = (int)lam_c_option(op->call, "axes", d);
		nest->size[d] = from.size[axis];
		nest->step[d] = from.step[axis];
	}
}

static void set(lam_c_nest *nest, const int64_t size[5], const int64_t step[5])
{
	nest->dims = 5;
	memcpy(nest->size, size, 5 * sizeof *size);
	memcpy(nest->step, step, 5 * sizeof *step);
}

/* y[c][h r + i][w r + j] = x[(c r + i) r + j][h][w] */
static void pixel_shuffle(const lam_c_op *op, const lam_shape *in, lam_c_nest *nest, int64_t *at)
{
	const lam_c_nest from = *nest;
	const int64_t r = (int64_t)lam_c_option(op->call, "scale", 0);
	(void)at;
	set(nest, (int64_t[5]){in->dim[0] / (r * r), in->dim[1], r, in->dim[2], r},
		(int64_t[5]){from.step[0] * r * r, from.step[1], from.step[0] * r, from.step[2],
			from.step[0]});
}

static bool nearest(const lam_call *call)
{
	return lam_c_option(call, "mode", 0) == LAM_NEAREST;
}

static void repeat(const lam_c_op *op, const lam_shape *in, lam_c_nest *nest, int64_t *at)
{
	const lam_c_nest from = *nest;
	const bool plane = in->rank == 3;
	const int last = in->rank - 1;
	(void)at;
	set(nest,
		(int64_t[5]){in->dim[0], plane ? in->dim[1] : 1,
			plane ? (int64_t)lam_c_option(op->call, "scale", 0) : 1, in->dim[last],
			(int64_t)lam_c_option(op->call, "scale", plane)},
		(int64_t[5]){from.step[0], plane ? from.step[1] : 0, 0, from.step[last], 0});
}

#define MAP LAM_C_OVER
#define CURVE(name) \
	{ \
		.kind = #name, .flags = LAM_C_CURVE | MAP, .emit = lam_c_emit_curve, \
		.emit8 = lam_c_emit8_table, .curve = lam_c_curve \
	}
#define CHANNEL(name) \
	{ \
		.kind = #name, .flags = LAM_C_CHANNEL | LAM_C_APPLIES | MAP, \
		.emit = lam_c_emit_channel, .emit8 = lam_c_emit8_map, .channel = name \
	}
#define WEIGHTS (LAM_C_FOLDS | LAM_C_APPLIES | LAM_C_SETTLED | LAM_C_CHANNELS)
#define VIEW(name) \
	{ \
		.kind = #name \
	}

static const lam_c_kind kinds[] = {
	CURVE(relu),
	CURVE(leaky_relu),
	CURVE(sigmoid),
	CURVE(tanh),
	CURVE(gelu),
	CURVE(silu),
	CURVE(softplus),
	CURVE(elu),
	CURVE(hard_swish),
	CURVE(hard_sigmoid),
	CURVE(clip),
	CURVE(scale),
	CURVE(sigmoid_cross_entropy),
	CHANNEL(batch_norm),
	CHANNEL(layer_scale),
	CHANNEL(standardize),
	{.kind = "prelu", .flags = LAM_C_APPLIES | MAP, .emit = lam_c_emit_prelu},
	{.kind = "add",
		.flags = LAM_C_APPLIES | MAP,
		.emit = lam_c_emit_add,
		.emit8 = lam_c_emit8_map},
	{.kind = "multiply",
		.flags = LAM_C_APPLIES | LAM_C_SETTLED | MAP,
		.emit = lam_c_emit_multiply},
	{.kind = "concat", .emit = lam_c_emit_concat, .emit8 = lam_c_emit8_concat},
	{.kind = "affine",
		.flags = LAM_C_FOLDS | LAM_C_APPLIES | LAM_C_THREE,
		.emit = lam_c_emit_affine,
		.emit8 = lam_c_emit_affine},
	{.kind = "conv1d",
		.flags = WEIGHTS | LAM_C_ADDS,
		.emit = lam_c_emit_conv,
		.emit8 = lam_c_emit_conv},
	{.kind = "conv2d",
		.flags = WEIGHTS | LAM_C_ADDS,
		.emit = lam_c_emit_conv,
		.emit8 = lam_c_emit_conv},
	{.kind = "transposed_conv1d",
		.flags = WEIGHTS,
		.emit = lam_c_emit_transposed,
		.emit8 = lam_c_emit_transposed},
	{.kind = "transposed_conv2d",
		.flags = WEIGHTS,
		.emit = lam_c_emit_transposed,
		.emit8 = lam_c_emit_transposed},
	{.kind = "max_pool1d",
		.flags = LAM_C_SETTLED,
		.emit = lam_c_emit_pool,
		.emit8 = lam_c_emit8_windows},
	{.kind = "max_pool2d",
		.flags = LAM_C_SETTLED,
		.emit = lam_c_emit_pool,
		.emit8 = lam_c_emit8_windows},
	{.kind = "avg_pool1d",
		.flags = LAM_C_SETTLED,
		.emit = lam_c_emit_pool,
		.emit8 = lam_c_emit8_windows},
	{.kind = "avg_pool2d",
		.flags = LAM_C_SETTLED,
		.emit = lam_c_emit_pool,
		.emit8 = lam_c_emit8_windows},
	{.kind = "adaptive_avg_pool1d",
		.flags = LAM_C_SETTLED,
		.emit = lam_c_emit_pool,
		.emit8 = lam_c_emit8_windows},
	{.kind = "adaptive_avg_pool2d",
		.flags = LAM_C_SETTLED,
		.emit = lam_c_emit_pool,
		.emit8 = lam_c_emit8_windows},
	{.kind = "global_avg_pool",
		.flags = LAM_C_SETTLED,
		.emit = lam_c_emit_global,
		.emit8 = lam_c_emit8_windows},
	{.kind = "global_max_pool",
		.flags = LAM_C_SETTLED,
		.emit = lam_c_emit_global,
		.emit8 = lam_c_emit8_windows},
	{.kind = "zero_pad1d", .flags = LAM_C_SETTLED, .emit = lam_c_emit_pad},
	{.kind = "zero_pad2d", .flags = LAM_C_SETTLED, .emit = lam_c_emit_pad},
	{.kind = "upsample1d",
		.flags = LAM_C_SETTLED,
		.view = repeat,
		.is_view = nearest,
		.emit = lam_c_emit_upsample},
	{.kind = "upsample2d",
		.flags = LAM_C_SETTLED,
		.view = repeat,
		.is_view = nearest,
		.emit = lam_c_emit_upsample},
	{.kind = "layer_norm", .flags = LAM_C_SETTLED | MAP, .emit = lam_c_emit_layer_norm},
	{.kind = "group_norm", .flags = LAM_C_SETTLED | MAP, .emit = lam_c_emit_group_norm},
	{.kind = "instance_norm", .flags = LAM_C_SETTLED | MAP, .emit = lam_c_emit_group_norm},
	{.kind = "local_response_norm", .flags = LAM_C_SETTLED, .emit = lam_c_emit_response},
	{.kind = "softmax",
		.flags = LAM_C_SETTLED | MAP,
		.emit = lam_c_emit_softmax,
		.emit8 = lam_c_emit8_softmax},
	{.kind = "softmax_cross_entropy",
		.flags = LAM_C_SETTLED | MAP,
		.emit = lam_c_emit_softmax,
		.emit8 = lam_c_emit8_softmax},
	{.kind = "slice", .view = slice},
	{.kind = "permute", .view = permute},
	{.kind = "pixel_shuffle", .view = pixel_shuffle},
	VIEW(binary_cross_entropy),
	VIEW(mean_squared_error),
	VIEW(l1_loss),
	VIEW(huber_loss),
	VIEW(dropout),
	VIEW(flatten),
	VIEW(reshape),
	VIEW(identity),
	VIEW(input),
	VIEW(output),
	VIEW(relayout),
};

const lam_c_kind lam_c_copy = {.kind = "copy", .emit = lam_c_emit_copy, .emit8 = lam_c_emit8_map};
const lam_c_kind lam_c_own = {.kind = "own", .flags = LAM_C_ROWS_IN, .emit = lam_c_emit_own};

const lam_c_kind *lam_c_kind_of(const lam_layer_class *layer_class)
{
	if (layer_class->emit_c)
		return &lam_c_own;
	bool known = layer_class == &lam_relayout_class;
	for (int i = 0; lam_catalogue[i] && !known; i++)
		known = lam_catalogue[i] == layer_class;
	for (size_t i = 0; known && i < sizeof kinds / sizeof *kinds; i++)
		if (!strcmp(kinds[i].kind, layer_class->kind))
			return &kinds[i];
	return NULL;
}
