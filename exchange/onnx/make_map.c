/* SPDX-License-Identifier: MIT */
/* Functions of each value, and softmax. */
#include "exchange/onnx/operators.h"
#include "exchange/onnx/spread.h"

#include "layers/activation.h"
#include "layers/dropout.h"
#include "layers/join.h"
#include "layers/norm.h"
#include "layers/pool.h"
#include "layers/reshape.h"
#include "layers/softmax.h"
#include "layers/standardize.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#define CURVE(kind) \
	static lam_layer *make_##kind(const char *name) \
	{ \
		return lam_##kind(.name = name); \
	}
CURVE(relu)
CURVE(sigmoid)
CURVE(tanh)
CURVE(softplus)
CURVE(hard_swish)

static const struct {
	const char *operator;
	lam_layer *(*make)(const char *name);
} curves[] = {
	{"HardSwish", make_hard_swish},
	{"Relu", make_relu},
	{"Sigmoid", make_sigmoid},
	{"Softplus", make_softplus},
	{"Tanh", make_tanh},
};

/* Puts one layer that keeps the shape behind the node's first input, and gives that. */
static lam_status put(lam_onnx_import *im, const lam_onnx_node *node, lam_layer *layer)
{
	const lam_onnx_value *x;
	lam_status status = lam_onnx_samples(node, 0, "input", &x);
	if (status) {
		lam_layer_free(layer);
		return status;
	}
	lam_onnx_flow flow = x->flow;
	status = lam_onnx_apply(im, &flow, layer);
	lam_onnx_give(node, 0, flow, x->rank);
	return status;
}

static const char *name_of(lam_onnx_import *im, const lam_onnx_node *node)
{
	return lam_onnx_name_of(im, node, NULL);
}

lam_status lam_onnx_curve(lam_onnx_import *im, const lam_onnx_node *node)
{
	for (size_t i = 0; i < sizeof curves / sizeof *curves; i++)
		if (!strcmp(curves[i].operator, node->proto->op_type))
			return put(im, node, curves[i].make(name_of(im, node)));
	return lam_fail(LAM_ERR_UNSUPPORTED, "lamina has no layer for this operator");
}

/* The value as it is: no layer. */
lam_status lam_onnx_identity(lam_onnx_import *im, const lam_onnx_node *node)
{
	const lam_onnx_value *x;
	lam_status status = lam_onnx_samples(node, 0, "input", &x);
	(void)im;
	if (!status)
		lam_onnx_give(node, 0, x->flow, x->rank);
	return status;
}

/* All real numbers are lamina's: 16, 32 or 64 bits make no difference. */
lam_status lam_onnx_cast(lam_onnx_import *im, const lam_onnx_node *node)
{
	const int64_t to = lam_onnx_int(node, "to", 0);
	if (to < 0 || to > INT32_MAX || !lam_onnx_is_real((int)to))
		return lam_fail(LAM_ERR_UNSUPPORTED,
			"it makes numbers of type %" PRId64 "; expected real ones", to);
	return lam_onnx_identity(im, node);
}

lam_status lam_onnx_leaky_relu(lam_onnx_import *im, const lam_onnx_node *node)
{
	return put(im, node,
		lam_leaky_relu(.name = name_of(im, node),
			.slope = lam_onnx_as_option(lam_onnx_real(node, "alpha", 0.01))));
}

lam_status lam_onnx_elu(lam_onnx_import *im, const lam_onnx_node *node)
{
	return put(im, node,
		lam_elu(.name = name_of(im, node),
			.alpha = lam_onnx_as_option(lam_onnx_real(node, "alpha", 1))));
}

/* outer elu(inner x, alpha) */
static lam_status scaled_elu(
	lam_onnx_import *im, const lam_onnx_node *node, double inner, double alpha, double outer)
{
	const lam_onnx_value *x;
	lam_status status = lam_onnx_samples(node, 0, "input", &x);
	if (status)
		return status;
	lam_onnx_flow flow = x->flow;
	status = lam_onnx_scale_by(im, &flow, inner);
	if (!status)
		status = lam_onnx_apply(im, &flow,
			lam_elu(.name = name_of(im, node), .alpha = lam_onnx_as_option(alpha)));
	if (!status)
		status = lam_onnx_scale_by(im, &flow, outer);
	lam_onnx_give(node, 0, flow, x->rank);
	return status;
}

lam_status lam_onnx_selu(lam_onnx_import *im, const lam_onnx_node *node)
{
	return scaled_elu(im, node, 1, lam_onnx_real(node, "alpha", 1.67326319217681884765625),
		lam_onnx_real(node, "gamma", 1.05070102214813232421875));
}

lam_status lam_onnx_celu(lam_onnx_import *im, const lam_onnx_node *node)
{
	const double alpha = lam_onnx_real(node, "alpha", 1);
	if (!(alpha > 0))
		return lam_fail(
			LAM_ERR_UNSUPPORTED, "attribute alpha is %g; expected more than 0", alpha);
	return scaled_elu(im, node, 1 / alpha, 1, alpha);
}

/* min(max(alpha x + beta, 0), 1) */
lam_status lam_onnx_hard_sigmoid(lam_onnx_import *im, const lam_onnx_node *node)
{
	const double alpha = lam_onnx_real(node, "alpha", 0.2),
		     beta = lam_onnx_real(node, "beta", 0.5);
	if (fabs(alpha - 1.0 / 6) < 1e-6 && beta == 0.5)
		return put(im, node, lam_hard_sigmoid(.name = name_of(im, node)));
	const lam_onnx_value *x;
	lam_status status = lam_onnx_samples(node, 0, "input", &x);
	if (status)
		return status;
	lam_onnx_flow flow = x->flow;
	status = lam_onnx_scale_by(im, &flow, alpha);
	if (!status)
		status = lam_onnx_shift_by(im, &flow, beta);
	if (!status)
		status = lam_onnx_apply(im, &flow, lam_clip(.name = name_of(im, node), .most = 1));
	lam_onnx_give(node, 0, flow, x->rank);
	return status;
}

lam_status lam_onnx_clip_between(lam_onnx_import *im, const lam_onnx_node *node,
	lam_onnx_flow *flow, double least, double most)
{
	const double none = 1e30;
	const char *name = name_of(im, node);
	if (isnan(least) || isnan(most) || least > most)
		return lam_fail(LAM_ERR_UNSUPPORTED, "bounds of %g and %g", least, most);
	if (least <= -none && most >= none)
		return LAM_OK;
	if (least == 0 && most >= none)
		return lam_onnx_apply(im, flow, lam_relu(.name = name));
	return lam_onnx_apply(im, flow,
		lam_clip(.name = name, .least = (lam_real)(least < -none ? -none : least),
			.most = lam_onnx_as_option(most > none ? none : most)));
}

lam_status lam_onnx_clip(lam_onnx_import *im, const lam_onnx_node *node)
{
	const lam_onnx_value *x;
	double least = lam_onnx_real(node, "min", -INFINITY),
	       most = lam_onnx_real(node, "max", INFINITY);
	lam_status status = lam_onnx_samples(node, 0, "input", &x);
	if (!status)
		status = lam_onnx_single(im, node, 1, "lower bound", &least);
	if (!status)
		status = lam_onnx_single(im, node, 2, "upper bound", &most);
	if (status)
		return status;
	lam_onnx_flow flow = x->flow;
	status = lam_onnx_clip_between(im, node, &flow, least, most);
	lam_onnx_give(node, 0, flow, x->rank);
	return status;
}

lam_status lam_onnx_gelu(lam_onnx_import *im, const lam_onnx_node *node)
{
	if (!lam_onnx_is(node, "approximate", "none", "none"))
		return lam_fail(
			LAM_ERR_UNSUPPORTED, "it approximates by tanh; lamina's GELU is exact");
	return put(im, node, lam_gelu(.name = name_of(im, node)));
}

lam_status lam_onnx_prelu(lam_onnx_import *im, const lam_onnx_node *node)
{
	const lam_onnx_value *x;
	lam_onnx_tensor *slope = NULL;
	lam_onnx_form form;
	lam_status status = lam_onnx_samples(node, 0, "input", &x);
	if (!status)
		status = lam_onnx_constant(im, node, 1, "slope", &slope);
	if (status)
		return status;
	/* One slope stands for all. As many as channels may stand without the axes of places, as
	 * some programs write them, where they cannot be those of the last axis. */
	const lam_shape *shape = &x->flow.shape;
	if (slope && slope->rank == 1 && slope->count == shape->dim[0] && x->rank > 1
		&& (x->rank == 2 || shape->dim[shape->rank - 1] != slope->count || im->opset < 7))
		form = slope->count == 1 ? LAM_ONNX_SINGLE : LAM_ONNX_PER_CHANNEL;
	else if (slope)
		status = lam_onnx_spread(im, x, &slope, &form);
	else
		status = lam_fail(LAM_ERR_FORMAT, "it has no slope");
	if (!status && form == LAM_ONNX_PER_VALUE && x->flow.shape.rank > 1)
		status = lam_fail(LAM_ERR_UNSUPPORTED, "its slopes differ within a channel");
	if (status)
		return status;
	const char *name = lam_onnx_name_of(im, node, node->in[1]->tensor);
	lam_onnx_flow flow = x->flow;
	status = lam_onnx_apply(
		im, &flow, lam_prelu(.name = name, .shared = form == LAM_ONNX_SINGLE));
	if (!status)
		status = lam_onnx_weigh(
			im, name, "weight", (lam_onnx_weight){.tensor = slope, .factor = 1});
	lam_onnx_give(node, 0, flow, x->rank);
	return status;
}

/* |x| = max(x, 0) + max(-x, 0) */
static lam_status absolute(lam_onnx_import *im, const lam_onnx_node *node, lam_onnx_flow *flow)
{
	lam_onnx_flow halves[2] = {*flow, *flow};
	lam_status status = lam_onnx_apply(
		im, &halves[0], lam_relu(.name = lam_onnx_layer_name(im, "positive")));
	if (!status)
		status = lam_onnx_scale_by(im, &halves[1], -1);
	if (!status)
		status = lam_onnx_apply(
			im, &halves[1], lam_relu(.name = lam_onnx_layer_name(im, "negative")));
	if (!status)
		status = lam_onnx_join(im, halves, 2,
			lam_add_new(&(lam_join_options){
				.size = sizeof(lam_join_options), .name = name_of(im, node)}),
			flow);
	return status;
}

lam_status lam_onnx_unary(lam_onnx_import *im, const lam_onnx_node *node)
{
	const lam_onnx_value *x;
	lam_status status = lam_onnx_samples(node, 0, "input", &x);
	if (status)
		return status;
	lam_onnx_flow flow = x->flow;
	if (!strcmp(node->proto->op_type, "Neg"))
		status = lam_onnx_scale_by(im, &flow, -1);
	else if (!strcmp(node->proto->op_type, "Abs"))
		status = absolute(im, node, &flow);
	else
		status = lam_fail(LAM_ERR_UNSUPPORTED,
			"lamina has no layer for it, but where its input is a constant");
	lam_onnx_give(node, 0, flow, x->rank);
	return status;
}

lam_status lam_onnx_dropout(lam_onnx_import *im, const lam_onnx_node *node)
{
	double p = lam_onnx_real(node, "ratio", 0.5), training = 0;
	lam_status status = lam_onnx_single(im, node, 1, "ratio", &p);
	if (!status)
		status = lam_onnx_single(im, node, 2, "training mode", &training);
	if (!status && im->opset < 7 && !lam_onnx_int(node, "is_test", 0))
		training = 1;
	if (!status && training != 0)
		status = lam_fail(LAM_ERR_UNSUPPORTED, "it drops values when a net predicts");
	if (!status && node->outputs > 1 && node->out[1] && node->out[1]->readers)
		status = lam_fail(LAM_ERR_UNSUPPORTED, "its mask is read");
	return status ? status
		      : put(im, node, lam_dropout(.name = name_of(im, node), .p = (lam_real)p));
}

lam_status lam_onnx_lrn(lam_onnx_import *im, const lam_onnx_node *node)
{
	const int64_t size = lam_onnx_int(node, "size", 0);
	if (size < 1 || size > LAM_ONNX_MOST_DIMENSION || size % 2 == 0)
		return lam_fail(LAM_ERR_UNSUPPORTED,
			"a window of %" PRId64 " channels; expected an odd number", size);
	return put(im, node,
		lam_local_response_norm(.name = name_of(im, node), .window = (int)size,
			.alpha = lam_onnx_as_option(lam_onnx_real(node, "alpha", 1e-4)),
			.beta = lam_onnx_as_option(lam_onnx_real(node, "beta", 0.75)),
			.k = lam_onnx_as_option(lam_onnx_real(node, "bias", 1))));
}

/* Before opset 13 over all axes from `axis` on; since then over that one. */
lam_status lam_onnx_softmax(lam_onnx_import *im, const lam_onnx_node *node)
{
	const lam_onnx_value *x;
	int axis, axes[LAM_MAX_RANK], back[LAM_MAX_RANK];
	lam_status status = lam_onnx_samples(node, 0, "input", &x);
	if (!status)
		status = lam_onnx_axis(
			lam_onnx_int(node, "axis", im->opset < 13 ? 1 : -1), x->rank, &axis);
	if (!status && axis == 0)
		status = lam_fail(LAM_ERR_UNSUPPORTED, "it sums over the batch");
	if (status)
		return status;
	lam_onnx_flow flow = x->flow;
	const lam_shape shape = flow.shape;
	if (im->opset < 13) {
		int64_t places = 1;
		for (int i = 0; i < axis - 1; i++)
			places *= shape.dim[i];
		const int64_t classes = lam_shape_count(&shape) / places;
		status = lam_onnx_reshape(
			im, &flow, places == 1 ? LAM_SHAPE(classes) : LAM_SHAPE(places, classes));
		axis = flow.shape.rank;
	}
	axes[0] = axis - 1;
	for (int i = 0, at = 1; i < flow.shape.rank; i++)
		if (i != axis - 1)
			axes[at++] = i;
	for (int i = 0; i < flow.shape.rank; i++)
		back[axes[i]] = i;
	if (!status)
		status = lam_onnx_permute(im, &flow, axes);
	if (!status)
		status = lam_onnx_apply(im, &flow, lam_softmax(.name = name_of(im, node)));
	if (!status)
		status = lam_onnx_permute(im, &flow, back);
	if (!status)
		status = lam_onnx_reshape(im, &flow, shape);
	lam_onnx_give(node, 0, flow, x->rank);
	return status;
}

#define PATTERN(kind) \
	lam_status lam_onnx_pattern_##kind(lam_onnx_import *im, const lam_onnx_node *node) \
	{ \
		const lam_onnx_value *x = lam_onnx_letter(node, 'x'); \
		lam_onnx_flow flow = x->flow; \
		lam_status status = lam_onnx_apply( \
			im, &flow, lam_##kind(.name = name_of(im, node))); \
		lam_onnx_give(node, 0, flow, x->rank); \
		return status; \
	}
PATTERN(gelu)
PATTERN(hard_swish)
PATTERN(silu)
