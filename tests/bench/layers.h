/* SPDX-License-Identifier: MIT */
/* The layers that are measured alone. */
#ifndef BENCH_LAYERS_H
#define BENCH_LAYERS_H

#include <lamina.h>

struct bench_layer {
	const char *name;
	lam_layer *(*make)(void);
	lam_shape shape;
	int batch;
};

/* Those of TARGETS.md's table, and two affine ones. */
extern const struct bench_layer bench_layers_alone[];
extern const int bench_layer_count;

/* Those whose time goes into moving data: small enough for a core's own cache, and not. */
extern const struct bench_layer bench_moving_layers[];
extern const int bench_moving_count;

#endif
