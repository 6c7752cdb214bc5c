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

/* A layer whose time goes into moving data: one of the battery's subjects that say so (.measured),
 * or another, which has a .make. */
struct bench_moving {
	struct bench_layer layer;
	const struct subject *subject;
	char label[80]; /* a subject's: where .layer.name lies */
};

/* Number `index`, from 0: each small enough for a core's own cache, and not. false: there are no
 * more. */
bool bench_moving_layer(int index, struct bench_moving *moving);

/* A new layer of it. */
lam_layer *bench_moving_make(const struct bench_moving *moving);

#endif
