/* The only place that lists all layers: what lam_net_load() can find by the kind that stands in a
 * file. Sorted by kind. */
#include "framework/model/catalogue.h"
#include "layers/classes.h"

const lam_layer_class *const lam_catalogue[] = {
	&lam_affine_class,
	&lam_avg_pool1d_class,
	&lam_avg_pool2d_class,
	&lam_batch_norm_class,
	&lam_binary_cross_entropy_class,
	&lam_conv1d_class,
	&lam_conv2d_class,
	&lam_dropout_class,
	&lam_flatten_class,
	&lam_gelu_class,
	&lam_global_avg_pool_class,
	&lam_leaky_relu_class,
	&lam_max_pool1d_class,
	&lam_max_pool2d_class,
	&lam_mean_squared_error_class,
	&lam_relu_class,
	&lam_reshape_class,
	&lam_residual_class,
	&lam_sequential_class,
	&lam_sigmoid_class,
	&lam_sigmoid_cross_entropy_class,
	&lam_silu_class,
	&lam_softmax_class,
	&lam_softmax_cross_entropy_class,
	&lam_standardize_class,
	&lam_tanh_class,
	&lam_transposed_conv1d_class,
	&lam_transposed_conv2d_class,
	&lam_zero_pad1d_class,
	&lam_zero_pad2d_class,
	NULL,
};
