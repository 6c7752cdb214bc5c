/* SPDX-License-Identifier: MIT */
/* The layers that are measured one by one. */
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

/* A layer that mostly moves data: a subject of the battery with .measured, or another layer, which
 * has a .make. */
struct bench_moving {
	struct bench_layer layer;
	const struct subject *subject;
	char label[80]; /* memory for the .layer.name of a subject */
};

/* Case `index`, from 0: each layer in a size that fits a core's own cache and in one that does not.
 * False: there are no more. */
bool bench_moving_layer(int index, struct bench_moving *moving);

/* Makes the layer of a case. */
lam_layer *bench_moving_make(const struct bench_moving *moving);

#endif
