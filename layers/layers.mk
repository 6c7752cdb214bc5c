# The layers: one file each; the catalogue is the only place that lists them for the framework. One name per line, sorted.

layers_public_headers = \
	layers/affine.h \
	layers/conv.h \
	layers/pool.h \
	layers/transposed_conv.h \
	layers/zero_pad.h

layers_private_headers = \
	layers/channels.h \
	layers/classes.h \
	layers/conv_common.h \
	layers/pool_common.h \
	layers/weight_init.h

layers_sources = \
	layers/affine.c \
	layers/avg_pool.c \
	layers/conv1d.c \
	layers/conv2d.c \
	layers/conv_common.c \
	layers/conv_shape.c \
	layers/global_avg_pool.c \
	layers/max_pool.c \
	layers/pool_common.c \
	layers/transposed_conv1d.c \
	layers/transposed_conv2d.c \
	layers/weight_init.c \
	layers/zero_pad.c
