# SPDX-License-Identifier: MIT
# The layers: one file each; the catalogue is the only place that lists them for the framework. One
# name per line, sorted.

layers_public_headers = \
	layers/activation.h \
	layers/affine.h \
	layers/batch_norm.h \
	layers/conv.h \
	layers/dropout.h \
	layers/graph.h \
	layers/join.h \
	layers/layers.h \
	layers/loss.h \
	layers/norm.h \
	layers/pool.h \
	layers/rearrange.h \
	layers/reshape.h \
	layers/residual.h \
	layers/sequential.h \
	layers/softmax.h \
	layers/standardize.h \
	layers/transposed_conv.h \
	layers/upsample.h \
	layers/zero_pad.h

layers_private_headers = \
	layers/affine_state.h \
	layers/batch_norm_group.h \
	layers/batch_norm_state.h \
	layers/channel_weight.h \
	layers/channels.h \
	layers/classes.h \
	layers/composition.h \
	layers/conv_common.h \
	layers/global_pool.h \
	layers/graph_ends.h \
	layers/lane_bias.h \
	layers/layer_norm_state.h \
	layers/norm_groups.h \
	layers/pool_common.h \
	layers/standardize_numbers.h \
	layers/target_block.h \
	layers/weight_init.h

layers_sources = \
	layers/activation.c \
	layers/adaptive_avg_pool.c \
	layers/add.c \
	layers/affine.c \
	layers/affine_sample.c \
	layers/avg_pool.c \
	layers/batch_norm.c \
	layers/batch_norm_backward.c \
	layers/batch_norm_group.c \
	layers/batch_norm_sample.c \
	layers/batch_norm_state.c \
	layers/binary_cross_entropy.c \
	layers/catalogue.c \
	layers/channel_weight.c \
	layers/composition.c \
	layers/concat.c \
	layers/conv1d.c \
	layers/conv2d.c \
	layers/conv_common.c \
	layers/conv_sample.c \
	layers/conv_shape.c \
	layers/dropout.c \
	layers/error_loss.c \
	layers/global_avg_pool.c \
	layers/global_max_pool.c \
	layers/global_pool.c \
	layers/graph.c \
	layers/graph_build.c \
	layers/group_norm.c \
	layers/instance_norm.c \
	layers/layer_norm.c \
	layers/layer_norm_sample.c \
	layers/layer_scale.c \
	layers/local_response_norm.c \
	layers/max_pool.c \
	layers/multiply.c \
	layers/norm_groups.c \
	layers/norm_groups_sample.c \
	layers/permute.c \
	layers/pixel_shuffle.c \
	layers/pool_common.c \
	layers/prelu.c \
	layers/reshape.c \
	layers/residual.c \
	layers/sequential.c \
	layers/slice.c \
	layers/softmax.c \
	layers/softmax_cross_entropy.c \
	layers/standardize.c \
	layers/transposed_conv1d.c \
	layers/transposed_conv2d.c \
	layers/upsample.c \
	layers/weight_init.c \
	layers/zero_pad.c
