/* SPDX-License-Identifier: MIT */
/** \file
 * Elementwise activations and scales: a function applied to every value. Any shape; the output has
 * the shape of the input. NaN gives NaN.
 *
 * Constructors return a layer, or NULL and a sentence (lam_error()). The caller owns the layer
 * until a composition or a net consumes it. Options may be NULL. */
#ifndef LAM_ACTIVATION_H
#define LAM_ACTIVATION_H

#include "../framework/layer.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct lam_relu_options {
	LAM_LAYER_OPTIONS;
} lam_relu_options;

typedef struct lam_leaky_relu_options {
	LAM_LAYER_OPTIONS;
	/** for negative x: at least 0 (LAM_ZERO gives ReLU); default 0.01 */
	lam_real slope;
} lam_leaky_relu_options;

typedef struct lam_prelu_options {
	LAM_LAYER_OPTIONS;
	/** its first value, for negative x: at least -1e30, a 0 being LAM_ZERO;
	 * default 0.25 */
	lam_real slope;
	bool shared; /**< one slope for all channels */
} lam_prelu_options;

typedef struct lam_sigmoid_options {
	LAM_LAYER_OPTIONS;
} lam_sigmoid_options;

typedef struct lam_tanh_options {
	LAM_LAYER_OPTIONS;
} lam_tanh_options;

typedef struct lam_gelu_options {
	LAM_LAYER_OPTIONS;
} lam_gelu_options;

typedef struct lam_silu_options {
	LAM_LAYER_OPTIONS;
} lam_silu_options;

typedef struct lam_softplus_options {
	LAM_LAYER_OPTIONS;
	lam_real beta; /**< above 0; default 1 */
	/** y = x where beta x is larger: at least 0, a 0 being LAM_ZERO; default 20 */
	lam_real threshold;
} lam_softplus_options;

typedef struct lam_elu_options {
	LAM_LAYER_OPTIONS;
	lam_real alpha; /**< at least 0 (LAM_ZERO gives ReLU); default 1 */
} lam_elu_options;

typedef struct lam_hard_swish_options {
	LAM_LAYER_OPTIONS;
} lam_hard_swish_options;

typedef struct lam_hard_sigmoid_options {
	LAM_LAYER_OPTIONS;
} lam_hard_sigmoid_options;

typedef struct lam_clip_options {
	LAM_LAYER_OPTIONS;
	lam_real least; /**< at least -1e30; default 0 */
	/** above `least`; at least -1e30, a 0 being LAM_ZERO; default 6 */
	lam_real most;
} lam_clip_options;

typedef struct lam_scale_options {
	LAM_LAYER_OPTIONS;
	/** at least -1e30, a 0 being LAM_ZERO; default 1 */
	lam_real factor;
} lam_scale_options;

typedef struct lam_layer_scale_options {
	LAM_LAYER_OPTIONS;
	/** the first value of each: at least -1e30, a 0 being LAM_ZERO; default 1e-6
	 */
	lam_real factor;
} lam_layer_scale_options;

/** y = max(x, 0). PyTorch: nn.ReLU. */
LAM_MUST_CHECK lam_layer *lam_relu_new(const lam_relu_options *options);

/** y = x where x > 0, slope x elsewhere. PyTorch: nn.LeakyReLU(negative_slope). */
LAM_MUST_CHECK lam_layer *lam_leaky_relu_new(const lam_leaky_relu_options *options);

/** y = x where x > 0, slope x elsewhere, with a learned slope for each channel, the first dimension
 * of any shape.
 *
 * Parameter: "weight", the slopes [C], or [1] with `.shared`. Weight decay pulls them to 0, which
 * makes the layer a ReLU: lam_param_set_decays(). He et al., "Delving deep into rectifiers" (2015).
 * PyTorch: nn.PReLU(C, slope), or nn.PReLU(1, slope) with `.shared`. */
LAM_MUST_CHECK lam_layer *lam_prelu_new(const lam_prelu_options *options);

/** y = 1 / (1 + exp(-x)). PyTorch: nn.Sigmoid. */
LAM_MUST_CHECK lam_layer *lam_sigmoid_new(const lam_sigmoid_options *options);

/** y = tanh(x). PyTorch: nn.Tanh. */
LAM_MUST_CHECK lam_layer *lam_tanh_new(const lam_tanh_options *options);

/** y = x Phi(x), where Phi is the distribution function of the standard normal distribution, not an
 * approximation by tanh. Hendrycks and Gimpel, "Gaussian error linear units" (2016). PyTorch:
 * nn.GELU. */
LAM_MUST_CHECK lam_layer *lam_gelu_new(const lam_gelu_options *options);

/** y = x / (1 + exp(-x)), also known as swish. PyTorch: nn.SiLU. */
LAM_MUST_CHECK lam_layer *lam_silu_new(const lam_silu_options *options);

/** y = log(1 + exp(beta x)) / beta, a smooth ReLU; x where beta x is above the threshold. PyTorch:
 * nn.Softplus(beta, threshold). */
LAM_MUST_CHECK lam_layer *lam_softplus_new(const lam_softplus_options *options);

/** y = x where x > 0, alpha (exp(x) - 1) elsewhere. Clevert et al., "Fast and accurate deep network
 * learning by exponential linear units" (2016). PyTorch: nn.ELU(alpha). */
LAM_MUST_CHECK lam_layer *lam_elu_new(const lam_elu_options *options);

/** y = x min(max(x + 3, 0), 6) / 6; 0 at -infinity. Howard et al., "Searching for MobileNetV3"
 * (2019). PyTorch: nn.Hardswish. */
LAM_MUST_CHECK lam_layer *lam_hard_swish_new(const lam_hard_swish_options *options);

/** y = min(max(x + 3, 0), 6) / 6, a sigmoid of three straight lines; its gradient is 0 where x is
 * not between -3 and 3. PyTorch: nn.Hardsigmoid. */
LAM_MUST_CHECK lam_layer *lam_hard_sigmoid_new(const lam_hard_sigmoid_options *options);

/** y = min(max(x, least), most): ReLU6 without options. The gradient is 0 where x is not between
 * the two. A `most` that is not above `least` is refused. PyTorch: nn.ReLU6, nn.Hardtanh(least,
 * most). */
LAM_MUST_CHECK lam_layer *lam_clip_new(const lam_clip_options *options);

/** y = factor x, with a constant factor. lam_layer_scale learns one for each channel. PyTorch: a
 * product with a number. */
LAM_MUST_CHECK lam_layer *lam_scale_new(const lam_scale_options *options);

/** y = factor x, with a learned factor for each channel, the first dimension of any shape, as at
 * the end of a residual block. Parameter: "weight", the factors [C]. Touvron et al., "Going deeper
 * with image transformers" (2021); Liu et al., "A ConvNet for the 2020s" (2022). PyTorch: a product
 * with a parameter of shape [C, 1, 1] (torchvision: layer_scale). */
LAM_MUST_CHECK lam_layer *lam_layer_scale_new(const lam_layer_scale_options *options);

#ifndef __cplusplus
#define lam_relu(...) \
	lam_relu_new(&(lam_relu_options){.size = sizeof(lam_relu_options), __VA_ARGS__})
#define lam_leaky_relu(...) \
	lam_leaky_relu_new( \
		&(lam_leaky_relu_options){.size = sizeof(lam_leaky_relu_options), __VA_ARGS__})
#define lam_prelu(...) \
	lam_prelu_new(&(lam_prelu_options){.size = sizeof(lam_prelu_options), __VA_ARGS__})
#define lam_sigmoid(...) \
	lam_sigmoid_new(&(lam_sigmoid_options){.size = sizeof(lam_sigmoid_options), __VA_ARGS__})
#define lam_tanh(...) \
	lam_tanh_new(&(lam_tanh_options){.size = sizeof(lam_tanh_options), __VA_ARGS__})
#define lam_gelu(...) \
	lam_gelu_new(&(lam_gelu_options){.size = sizeof(lam_gelu_options), __VA_ARGS__})
#define lam_silu(...) \
	lam_silu_new(&(lam_silu_options){.size = sizeof(lam_silu_options), __VA_ARGS__})
#define lam_softplus(...) \
	lam_softplus_new(&(lam_softplus_options){.size = sizeof(lam_softplus_options), __VA_ARGS__})
#define lam_elu(...) lam_elu_new(&(lam_elu_options){.size = sizeof(lam_elu_options), __VA_ARGS__})
#define lam_hard_swish(...) \
	lam_hard_swish_new( \
		&(lam_hard_swish_options){.size = sizeof(lam_hard_swish_options), __VA_ARGS__})
#define lam_hard_sigmoid(...) \
	lam_hard_sigmoid_new(&(lam_hard_sigmoid_options){ \
		.size = sizeof(lam_hard_sigmoid_options), __VA_ARGS__})
#define lam_clip(...) \
	lam_clip_new(&(lam_clip_options){.size = sizeof(lam_clip_options), __VA_ARGS__})
#define lam_scale(...) \
	lam_scale_new(&(lam_scale_options){.size = sizeof(lam_scale_options), __VA_ARGS__})
#define lam_layer_scale(...) \
	lam_layer_scale_new( \
		&(lam_layer_scale_options){.size = sizeof(lam_layer_scale_options), __VA_ARGS__})
#endif

/* For lamina.hpp: the layers of this header with their options, and the names of options that no
 * earlier header has. */
/* clang-format off */
#define LAM_ACTIVATION_LAYERS(layer) \
	layer(relu, name) \
	layer(leaky_relu, slope, name) \
	layer(prelu, slope, shared, name) \
	layer(sigmoid, name) \
	layer(tanh, name) \
	layer(gelu, name) \
	layer(silu, name) \
	layer(softplus, beta, threshold, name) \
	layer(elu, alpha, name) \
	layer(hard_swish, name) \
	layer(hard_sigmoid, name) \
	layer(clip, least, most, name) \
	layer(scale, factor, name) \
	layer(layer_scale, factor, name)
/* clang-format on */
#define LAM_ACTIVATION_NAMES(name) \
	name(slope) name(shared) name(beta) name(threshold) name(alpha) name(least) name(most) \
		name(factor)

#ifdef __cplusplus
}
#endif
#endif
