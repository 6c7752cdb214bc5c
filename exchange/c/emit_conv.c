/* SPDX-License-Identifier: MIT */
/* Convolutions and affine layers. Blocks of outputs are the vectors: a tile is some places by up to
 * 16 outputs, whose sums stay in registers, and each input value is a factor of a whole block. So
 * any width, stride and dilation vectorises, and nothing is padded but the last block's weights. */
#include "exchange/c/conv.h"
#include "exchange/c/int8.h"

#include "framework/memory.h"

#include <stdio.h>
#include <string.h>

/* Weights as [group][block][p][q][c][lanes], or depthwise [p][q][group]; biases as
 * [group][block][lanes]. */
static void pack(const lam_c_conv *conv, float *w, float *b)
{
	if (lam_c_depthwise(conv)) {
		for (int64_t p = 0; p < conv->kernel[0]; p++)
			for (int64_t q = 0; q < conv->kernel[1]; q++)
				for (int64_t g = 0; g < conv->groups; g++)
					*w++ = (float)conv->weight(conv, g, 0, p, q);
		for (int64_t g = 0; g < conv->groups; g++)
			*b++ = (float)conv->bias(conv, g);
		return;
	}
	for (int64_t g = 0; g < conv->groups; g++)
		for (int64_t o = 0, lanes; o < conv->out; o += lanes) {
			lanes = lam_c_lanes(conv, o);
			const int64_t real = conv->out - o, first = g * conv->out + o;
			for (int64_t l = 0; l < lanes; l++)
				*b++ = l < real ? (float)conv->bias(conv, first + l) : 0;
			for (int64_t p = 0; p < conv->kernel[0]; p++)
				for (int64_t q = 0; q < conv->kernel[1]; q++)
					for (int64_t c = 0; c < conv->in; c++)
						for (int64_t l = 0; l < lanes; l++)
							*w++ = l < real ? (float)conv->weight(
								       conv, first + l, c, p, q)
									: 0;
		}
}

/* Places of a convolution by single taps, one after another in x and in y, are one row. */
static lam_c_conv flat(const lam_c_conv *conv)
{
	lam_c_conv c = *conv;
	const bool single = c.kernel[0] == 1 && c.kernel[1] == 1 && c.stride[0] == 1
		&& c.stride[1] == 1 && c.pad[0] == 0 && c.pad[1] == 0 && c.size[0] == c.places[0]
		&& c.size[1] == c.places[1];
	if (single && c.x_step[0] == c.size[1] * c.x_step[1]
		&& c.y_step[0] == c.places[1] * c.y_step[1]
		&& c.r_step[0] == c.places[1] * c.r_step[1]) {
		c.size[1] = c.places[1] = c.size[0] * c.size[1];
		c.size[0] = c.places[0] = 1;
	}
	return c;
}

void lam_c_conv_write(lam_c_graph *graph, const lam_c_conv *given)
{
	const lam_c_conv flattened = flat(given), *conv = &flattened;
	const lam_c_op *op = conv->op;
	if (graph->int8) {
		lam_c_conv_write8(graph, conv);
		return;
	}
	const bool deep = lam_c_depthwise(conv);
	const int64_t lanes = lam_c_all_lanes(conv),
		      count = lanes * conv->in * conv->kernel[0] * conv->kernel[1];
	float *w = lam_alloc((size_t)count, sizeof *w), *b = lam_alloc((size_t)lanes, sizeof *b);
	if (!w || !b) {
		lam_free(w);
		lam_free(b);
		graph->status = LAM_ERR_MEMORY;
		return;
	}
	pack(conv, w, b);
	const int64_t w_at = lam_c_weights_add(graph, op->call, "weight", w, count),
		      b_at = lam_c_weights_add(graph, op->call, "bias", b, lanes);
	lam_free(w);
	lam_free(b);
	lam_c_text text = {0};
	lam_c_add(&text,
		"(float *%s_RESTRICT y, const float *%s_RESTRICT x,\n"
		"\tconst float *%s_RESTRICT w, const float *%s_RESTRICT b",
		graph->name, graph->name, graph->name, graph->name);
	if (conv->adds == LAM_C_ADDS_R)
		lam_c_add(&text, ", const float *%s_RESTRICT r", graph->name);
	lam_c_add(&text, ")\n{\n");
	if (deep)
		lam_c_depthwise_text(graph, conv, &text);
	else
		lam_c_tiles_text(graph, conv, &text);
	lam_c_add(&text, "}\n");
	const int function = lam_c_function(graph, &text);
	lam_c_add(&graph->calls, "\t/* %s%s%s */\n", op->call->layer_class->kind,
		*op->call->path ? " " : "", op->call->path);
	lam_c_add(&graph->calls, "\t%s_f%d(%s", graph->name, function,
		lam_c_at(graph, op->out, conv->y_at).text);
	lam_c_call_argument(graph, lam_c_at(graph, op->in[0], conv->x_at).text);
	lam_c_call_weights(graph, w_at);
	lam_c_call_weights(graph, b_at);
	if (conv->adds == LAM_C_ADDS_R)
		lam_c_call_argument(graph, lam_c_at(graph, op->in[1], 0).text);
	lam_c_call_end(graph);
}

/* The weight of a layer's own: [o][c][p][q] by the steps, with a fused scale. */
static double weight_of(const lam_c_conv *conv, int64_t o, int64_t c, int64_t p, int64_t q)
{
	const int64_t k = conv->kernel[0] * conv->kernel[1];
	const double w = (double)conv->w[(o * conv->in + c) * k + p * conv->kernel[1] + q];
	return conv->op->scale ? w * conv->op->scale[o] : w;
}

static double bias_of(const lam_c_conv *conv, int64_t o)
{
	const double b = conv->b ? (double)conv->b[o] : 0;
	return conv->op->scale ? b * conv->op->scale[o] + conv->op->shift[o] : b;
}

/* The options of a 1-D or 2-D convolution. */
static void options_of(lam_c_conv *conv, const lam_call *call, bool plane)
{
	static const char *const names[] = {"kernel", "stride", "pad", "dilation"};
	int64_t *const to[] = {conv->kernel, conv->stride, conv->pad, conv->dilation};
	for (int k = 0; k < 4; k++)
		for (int d = 0; d < 2; d++)
			to[k][d] = d == 0 && !plane
				? (k == 2 ? 0 : 1)
				: (int64_t)lam_c_option(call, names[k], plane ? d : 0);
}

lam_c_conv lam_c_conv_of(const lam_c_graph *graph, const lam_c_op *op)
{
	const lam_c_value *x = &graph->values[op->in[0]], *y = &graph->values[op->out];
	const lam_c_plane from = lam_c_plane_of(x), to = lam_c_plane_of(y);
	lam_c_conv conv = {.op = op, .most_lanes = LAM_C_MOST_LANES, .bias = bias_of};
	conv.groups = (int64_t)lam_c_option(op->call, "groups", 0);
	conv.in = from.channels / conv.groups;
	conv.out = to.channels / conv.groups;
	conv.x_channel = from.channel;
	conv.y_channel = to.channel;
	for (int d = 0; d < 2; d++) {
		conv.size[d] = from.size[d];
		conv.places[d] = to.size[d];
		conv.x_step[d] = from.step[d];
		conv.y_step[d] = to.step[d];
	}
	options_of(&conv, op->call, x->shape.rank == 3);
	conv.w = lam_c_param(op->call, 0);
	conv.b = lam_c_option(op->call, "no_bias", 0) != 0 ? NULL : lam_c_param(op->call, 1);
	return conv;
}

void lam_c_emit_conv(lam_c_graph *graph, lam_c_op *op)
{
	lam_c_conv conv = lam_c_conv_of(graph, op);
	conv.weight = weight_of;
	if (op->inputs > 1) {
		const lam_c_plane added = lam_c_plane_of(&graph->values[op->in[1]]);
		conv.adds = lam_c_same(graph, op->in[1], op->out) ? LAM_C_ADDS_TO_Y : LAM_C_ADDS_R;
		conv.r_channel = added.channel;
		memcpy(conv.r_step, added.step, sizeof conv.r_step);
	}
	lam_c_conv_write(graph, &conv);
}

/* The weight of an affine layer: its input as dimensions by size of step. */
static double affine_weight(const lam_c_conv *conv, int64_t o, int64_t c, int64_t p, int64_t q)
{
	const double w = (double)conv->w[o * conv->taps[0] + p * conv->steps[0] + q * conv->steps[1]
		+ c * conv->steps[2]];
	return conv->op->scale ? w * conv->op->scale[o] : w;
}

void lam_c_emit_affine(lam_c_graph *graph, lam_c_op *op)
{
	const lam_c_value *x = &graph->values[op->in[0]], *y = &graph->values[op->out];
	const lam_shape features = LAM_SHAPE(x->count);
	lam_c_nest nests[2] = {x->nest, lam_c_rows(&features)};
	lam_c_refine((lam_c_nest *[]){&nests[0], &nests[1]}, 2);
	lam_c_arrange(nests, 2);
	lam_c_conv conv = {.op = op,
		.most_lanes = 32,
		.bias = bias_of,
		.groups = 1,
		.out = y->count,
		.stride = {1, 1},
		.dilation = {1, 1},
		.places = {1, 1},
		.y_channel = y->nest.dims ? y->nest.step[0] : 1,
		.weight = affine_weight,
		.taps = {x->count, 0}};
	int64_t size[3] = {1, 1, 1}, step[3] = {0, 0, 0};
	for (int d = nests[0].dims - 1, k = 2; d >= 0; d--, k--) {
		size[k] = nests[0].size[d];
		step[k] = nests[0].step[d];
		conv.steps[k] = nests[1].step[d];
	}
	for (int d = 0; d < 2; d++) {
		conv.size[d] = conv.kernel[d] = size[d];
		conv.x_step[d] = step[d];
	}
	conv.in = size[2];
	conv.x_channel = step[2];
	conv.w = lam_c_param(op->call, 0);
	conv.b = lam_c_option(op->call, "no_bias", 0) != 0 ? NULL : lam_c_param(op->call, 1);
	lam_c_conv_write(graph, &conv);
}
