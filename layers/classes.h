/* The classes of the built-in layers, for their constructors and the catalogue. Private to layers/.
 */
#ifndef LAM_CLASSES_H
#define LAM_CLASSES_H

#include "framework/layer.h"

#pragma GCC visibility push(hidden)

extern const lam_layer_class lam_affine_class;
extern const lam_layer_class lam_conv1d_class, lam_conv2d_class;
extern const lam_layer_class lam_transposed_conv1d_class, lam_transposed_conv2d_class;
extern const lam_layer_class lam_zero_pad1d_class, lam_zero_pad2d_class;
extern const lam_layer_class lam_max_pool1d_class, lam_max_pool2d_class;
extern const lam_layer_class lam_avg_pool1d_class, lam_avg_pool2d_class;
extern const lam_layer_class lam_global_avg_pool_class;
extern const lam_layer_class lam_relu_class, lam_leaky_relu_class, lam_sigmoid_class,
	lam_tanh_class;
extern const lam_layer_class lam_gelu_class, lam_silu_class, lam_softmax_class;
extern const lam_layer_class lam_dropout_class, lam_batch_norm_class, lam_standardize_class;
extern const lam_layer_class lam_flatten_class, lam_reshape_class;
extern const lam_layer_class lam_softmax_cross_entropy_class, lam_sigmoid_cross_entropy_class;
extern const lam_layer_class lam_binary_cross_entropy_class, lam_mean_squared_error_class;
extern const lam_layer_class lam_sequential_class, lam_residual_class;

#pragma GCC visibility pop
#endif
