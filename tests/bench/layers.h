/* SPDX-License-Identifier: MIT */
/* The layers that are measured singly. */
#ifndef BENCH_LAYERS_H
#define BENCH_LAYERS_H

#include <lamina.h>

struct bench_layer {
	const char *name;
	lam_layer *(*make)(void);
	lam_shape shape;
	int batch;
};

/* Convolutions of several sizes, and two affine layers. */
extern const struct bench_layer bench_layers_alone[];
extern const int bench_layer_count;

/* Layers that mostly move data, in a size that fits a core's own cache and in one that does not. */
extern const struct bench_layer bench_moving_layers[];
extern const int bench_moving_count;

#endif
