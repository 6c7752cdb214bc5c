/* SPDX-License-Identifier: MIT */
/* Transposed convolutions as convolutions without stride, one for each place of an output within a
 * step of the stride. Output i has the taps p for which i + pad - p dilation is a multiple of the
 * stride; the input that tap p reads is that number divided by the stride. */
#include "exchange/c/conv.h"

static int64_t divisor(int64_t a, int64_t b)
{
	return b ? divisor(b, a % b) : a;
}

/* The taps of the outputs `phase` + a stride: p = tap + k tap_step, read backwards so that inputs
 * ascend. */
static void phase_of(lam_c_conv *conv, const lam_c_conv *whole, int d, int64_t phase)
{
	const int64_t stride = whole->stride[d], dilation = whole->dilation[d],
		      common = divisor(stride, dilation), step = stride / common;
	int64_t first = 0;
	conv->places[d] = (whole->places[d] - phase + stride - 1) / stride;
	conv->stride[d] = 1;
	conv->dilation[d] = dilation / common;
	while (first < step && (phase + whole->pad[d] - first * dilation) % stride)
		first++;
	conv->kernel[d] = first < step && first < whole->kernel[d]
		? (whole->kernel[d] - 1 - first) / step + 1
		: 0;
	if (!conv->kernel[d]) {
		/* No tap: the bias alone. */
		conv->kernel[d] = 1;
		conv->in = 0;
		conv->pad[d] = 0;
		return;
	}
	conv->tap[d] = first + (conv->kernel[d] - 1) * step;
	conv->tap_step[d] = -step;
	conv->pad[d] = -((phase + whole->pad[d] - conv->tap[d] * dilation) / stride);
}

/* The layer's weight is [in of all groups][out of a group][p][q]. */
static double weight_of(const lam_c_conv *conv, int64_t o, int64_t c, int64_t p, int64_t q)
{
	const int64_t group = o / conv->out, in = group * conv->in + c;
	p = conv->tap[0] + p * conv->tap_step[0];
	q = conv->tap[1] + q * conv->tap_step[1];
	const double w = (double)conv->w[((in * conv->out + o % conv->out) * conv->taps[0] + p)
			* conv->taps[1]
		+ q];
	return conv->op->scale ? w * conv->op->scale[o] : w;
}

void lam_c_emit_transposed(lam_c_graph *graph, lam_c_op *op)
{
	lam_c_conv whole = lam_c_conv_of(graph, op);
	whole.weight = weight_of;
	for (int d = 0; d < 2; d++)
		whole.taps[d] = whole.kernel[d];
	for (int64_t i = 0; i < whole.stride[0] && i < whole.places[0]; i++)
		for (int64_t j = 0; j < whole.stride[1] && j < whole.places[1]; j++) {
			lam_c_conv conv = whole;
			phase_of(&conv, &whole, 0, i);
			phase_of(&conv, &whole, 1, j);
			conv.y_at = i * whole.y_step[0] + j * whole.y_step[1];
			for (int d = 0; d < 2; d++)
				conv.y_step[d] = whole.y_step[d] * whole.stride[d];
			lam_c_conv_write(graph, &conv);
		}
}
