/* Elementwise activations, y = f(x) and dL/dx = dL/dy f'(x), any shape.
 *
 *     relu          y = max(x, 0)                 f' = 1 where y > 0, else 0
 *     leaky_relu    y = x > 0 ? x : slope x
 *                   f' = 1 where y > 0, else slope (slope > 0: y has the sign of x)
 *     sigmoid       y = s(x) = 1 / (1 + exp(-x))  f' = y (1 - y)
 *     tanh          y = tanh(x)                   f' = 1 - y^2
 *     gelu          y = x Phi(x)                  f' = Phi(x) + x phi(x), Phi and phi the standard
 *                   normal's distribution and density
 *     silu          y = x s(x)                    f' = s(x) (1 + x (1 - s(x)))
 *
 * The first four need only their output for backward and may therefore overwrite their input; the
 * others keep the input. Each maps 0 dy of an idle lane to 0 dx: the idle lanes repeat a real
 * sample, so f' is as finite there as anywhere. */
#include "layers/activation.h"
#include "layers/classes.h"

#include "framework/kernels/kernels.h"

static lam_status map_forward(lam_map_unary *function, const lam_pass *pass)
{
	function(pass->out->data, pass->x->data, (size_t)pass->out->values);
	return LAM_OK;
}

/* `kept` is the view that the derivative is computed from: y or x. */
static lam_status map_backward(
	lam_map_backward *function, const lam_pass *pass, const lam_view *kept)
{
	function(pass->dx->data, pass->dy->data, kept->data, (size_t)pass->dy->values);
	return LAM_OK;
}

/* relu */

static lam_status relu_forward(const lam_layer *self, const lam_pass *pass)
{
	(void)self;
	return map_forward(lam_kernel()->map.relu_forward, pass);
}

static lam_status relu_backward(const lam_layer *self, const lam_pass *pass)
{
	(void)self;
	return map_backward(lam_kernel()->map.relu_backward, pass, pass->y);
}

const lam_layer_class lam_relu_class = {
	LAM_LAYER_ABI,
	.flags = LAM_ELEMENTWISE | LAM_IN_PLACE | LAM_KEEP_Y | LAM_RECTIFIES,
	.kind = "relu",
	.state_size = sizeof(lam_relu_options),
	.epilogue = LAM_EPILOGUE_RELU,
	.forward = relu_forward,
	.backward = relu_backward,
};

lam_layer *lam_relu_new(const lam_relu_options *options)
{
	return lam_layer_new(&lam_relu_class, options);
}

/* leaky_relu */

static const lam_option leaky_relu_table[] = {
	LAM_OPTION(lam_leaky_relu_options, slope, REAL, .fallback = 0.01, .most = INT_MAX,
		.above = true),
	LAM_OPTIONS_END,
};

static lam_status leaky_relu_forward(const lam_layer *self, const lam_pass *pass)
{
	const lam_leaky_relu_options *options = lam_layer_state(self);
	lam_kernel()->map.leaky_relu_forward(
		pass->out->data, pass->x->data, options->slope, (size_t)pass->out->values);
	return LAM_OK;
}

static lam_status leaky_relu_backward(const lam_layer *self, const lam_pass *pass)
{
	const lam_leaky_relu_options *options = lam_layer_state(self);
	lam_kernel()->map.leaky_relu_backward(pass->dx->data, pass->dy->data, pass->y->data,
		options->slope, (size_t)pass->dy->values);
	return LAM_OK;
}

const lam_layer_class lam_leaky_relu_class = {
	LAM_LAYER_ABI,
	.flags = LAM_ELEMENTWISE | LAM_IN_PLACE | LAM_KEEP_Y | LAM_RECTIFIES,
	.kind = "leaky_relu",
	.state_size = sizeof(lam_leaky_relu_options),
	.options = leaky_relu_table,
	.forward = leaky_relu_forward,
	.backward = leaky_relu_backward,
};

lam_layer *lam_leaky_relu_new(const lam_leaky_relu_options *options)
{
	return lam_layer_new(&lam_leaky_relu_class, options);
}

/* sigmoid */

static lam_status sigmoid_forward(const lam_layer *self, const lam_pass *pass)
{
	(void)self;
	return map_forward(lam_kernel()->map.sigmoid_forward, pass);
}

static lam_status sigmoid_backward(const lam_layer *self, const lam_pass *pass)
{
	(void)self;
	return map_backward(lam_kernel()->map.sigmoid_backward, pass, pass->y);
}

const lam_layer_class lam_sigmoid_class = {
	LAM_LAYER_ABI,
	.flags = LAM_ELEMENTWISE | LAM_IN_PLACE | LAM_KEEP_Y,
	.kind = "sigmoid",
	.state_size = sizeof(lam_sigmoid_options),
	.forward = sigmoid_forward,
	.backward = sigmoid_backward,
};

lam_layer *lam_sigmoid_new(const lam_sigmoid_options *options)
{
	return lam_layer_new(&lam_sigmoid_class, options);
}

/* tanh */

static lam_status tanh_forward(const lam_layer *self, const lam_pass *pass)
{
	(void)self;
	return map_forward(lam_kernel()->map.tanh_forward, pass);
}

static lam_status tanh_backward(const lam_layer *self, const lam_pass *pass)
{
	(void)self;
	return map_backward(lam_kernel()->map.tanh_backward, pass, pass->y);
}

const lam_layer_class lam_tanh_class = {
	LAM_LAYER_ABI,
	.flags = LAM_ELEMENTWISE | LAM_IN_PLACE | LAM_KEEP_Y,
	.kind = "tanh",
	.state_size = sizeof(lam_tanh_options),
	.forward = tanh_forward,
	.backward = tanh_backward,
};

lam_layer *lam_tanh_new(const lam_tanh_options *options)
{
	return lam_layer_new(&lam_tanh_class, options);
}

/* gelu */

static lam_status gelu_forward(const lam_layer *self, const lam_pass *pass)
{
	(void)self;
	return map_forward(lam_kernel()->map.gelu_forward, pass);
}

static lam_status gelu_backward(const lam_layer *self, const lam_pass *pass)
{
	(void)self;
	return map_backward(lam_kernel()->map.gelu_backward, pass, pass->x);
}

const lam_layer_class lam_gelu_class = {
	LAM_LAYER_ABI,
	.flags = LAM_ELEMENTWISE | LAM_IN_PLACE | LAM_KEEP_X | LAM_RECTIFIES,
	.kind = "gelu",
	.state_size = sizeof(lam_gelu_options),
	.forward = gelu_forward,
	.backward = gelu_backward,
};

lam_layer *lam_gelu_new(const lam_gelu_options *options)
{
	return lam_layer_new(&lam_gelu_class, options);
}

/* silu */

static lam_status silu_forward(const lam_layer *self, const lam_pass *pass)
{
	(void)self;
	return map_forward(lam_kernel()->map.silu_forward, pass);
}

static lam_status silu_backward(const lam_layer *self, const lam_pass *pass)
{
	(void)self;
	return map_backward(lam_kernel()->map.silu_backward, pass, pass->x);
}

const lam_layer_class lam_silu_class = {
	LAM_LAYER_ABI,
	.flags = LAM_ELEMENTWISE | LAM_IN_PLACE | LAM_KEEP_X | LAM_RECTIFIES,
	.kind = "silu",
	.state_size = sizeof(lam_silu_options),
	.forward = silu_forward,
	.backward = silu_backward,
};

lam_layer *lam_silu_new(const lam_silu_options *options)
{
	return lam_layer_new(&lam_silu_class, options);
}
