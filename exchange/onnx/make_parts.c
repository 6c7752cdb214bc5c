/* SPDX-License-Identifier: MIT */
/* Layers that ONNX has no operator for, as lam_onnx_save() writes them in several nodes. */
#include "exchange/onnx/operators.h"

#include "layers/activation.h"
#include "layers/norm.h"

#include <inttypes.h>
#include <string.h>

/* The one real number that a letter stands for; false: it is none. */
static bool number_of(lam_onnx_import *im, const lam_onnx_node *node, char letter, double *number)
{
	lam_onnx_tensor *tensor = lam_onnx_letter(node, letter)->tensor;
	if (tensor->count != 1 || lam_onnx_tensor_decode(im->file, im->arena, tensor))
		return false;
	*number = lam_onnx_number(tensor, 0);
	return true;
}

/* Puts the layer of a pattern behind its x. */
static lam_status put(lam_onnx_import *im, const lam_onnx_node *node, lam_layer *layer)
{
	const lam_onnx_value *x = lam_onnx_letter(node, 'x');
	lam_onnx_flow flow = x->flow;
	lam_status status = lam_onnx_apply(im, &flow, layer);
	lam_onnx_give(node, 0, flow, x->rank);
	return status;
}

/* x where beta x is above the threshold t, else log(1 + e^(beta x)) / beta. The letters b and c are
 * beta, unless it is 1. */
bool lam_onnx_fits_softplus(lam_onnx_import *im, const lam_onnx_node *node)
{
	double t, b = 1, c = 1;
	if (!number_of(im, node, 't', &t) || !(t >= 0))
		return false;
	if (!lam_onnx_letter(node, 'b'))
		return true;
	return number_of(im, node, 'b', &b) && number_of(im, node, 'c', &c) && b == c && b > 0;
}

lam_status lam_onnx_softplus_parts(lam_onnx_import *im, const lam_onnx_node *node)
{
	double t = 0, b = 1;
	number_of(im, node, 't', &t);
	if (lam_onnx_letter(node, 'b'))
		number_of(im, node, 'b', &b);
	return put(im, node,
		lam_softplus(.name = lam_onnx_name_of(im, node, NULL), .beta = (lam_real)b,
			.threshold = lam_onnx_as_option(t)));
}

/* How many channels before (or behind) each one a band of weights [C][C] reaches. */
static int64_t reach(const lam_real *band, int64_t channels, bool before)
{
	const int64_t row = before ? channels - 1 : 0;
	int64_t count = 0;
	while (count < channels - 1
		&& band[row * channels + (before ? row - count - 1 : count + 1)])
		count++;
	return count;
}

/* The window of a response norm whose band this is; 0: it is none. */
static int64_t window_of(const lam_onnx_tensor *w)
{
	const int64_t channels = w->dims[0];
	const lam_real *band = w->reals;
	const int64_t window = reach(band, channels, true) + reach(band, channels, false) + 1;
	for (int64_t c = 0; c < channels; c++)
		for (int64_t j = 0; j < channels; j++) {
			const bool in = j >= c - window / 2 && j <= c + (window - 1) / 2;
			if (band[c * channels + j] != (in ? band[0] : 0))
				return 0;
		}
	return band[0] >= 0 ? window : 0;
}

/* x / (k + B x^2)^b, where B x^2 is a convolution of one tap, whose weight is a band. */
bool lam_onnx_fits_response_norm(lam_onnx_import *im, const lam_onnx_node *node)
{
	const lam_onnx_node *conv = lam_onnx_inner(node, 'C');
	lam_onnx_tensor *w = lam_onnx_letter(node, 'w')->tensor;
	double k, b;
	for (size_t i = 0; i < conv->proto->n_attribute; i++)
		if (strcmp(conv->proto->attribute[i]->name, "kernel_shape") != 0)
			return false;
	if (lam_onnx_given(conv, 2) || w->whole || w->rank < 3 || w->count < 1
		|| w->dims[0] != w->dims[1] || w->count != w->dims[0] * w->dims[1])
		return false;
	return number_of(im, node, 'k', &k) && k >= 0 && number_of(im, node, 'b', &b) && b >= 0
		&& !lam_onnx_tensor_decode(im->file, im->arena, w) && window_of(w) > 0;
}

lam_status lam_onnx_response_norm_parts(lam_onnx_import *im, const lam_onnx_node *node)
{
	const lam_onnx_tensor *w = lam_onnx_letter(node, 'w')->tensor;
	const lam_shape *shape = &lam_onnx_letter(node, 'x')->flow.shape;
	const int64_t window = window_of(w);
	double k = 0, b = 0;
	number_of(im, node, 'k', &k);
	number_of(im, node, 'b', &b);
	if (w->dims[0] != shape->dim[0] || w->rank != shape->rank + 1)
		return lam_fail(LAM_ERR_SHAPE, "weights of %" PRId64 " channels for samples of %s",
			w->dims[0], lam_shape_text(*shape).text);
	return put(im, node,
		lam_local_response_norm(.name = lam_onnx_name_of(im, node, NULL),
			.window = (int)window, .k = lam_onnx_as_option(k),
			.beta = lam_onnx_as_option(b),
			.alpha = lam_onnx_as_option((double)w->reals[0] * (double)window)));
}
