/* SPDX-License-Identifier: MIT */
/* Layers made of a list of layers: sequences and joins. Private to layers/. */
#ifndef LAM_COMPOSITION_H
#define LAM_COMPOSITION_H

#include "framework/layer/inside.h"
#include "layers/sequential.h"

#pragma GCC visibility push(hidden)

enum { LAM_MOST_CHILDREN = LAM_MOST_LAYERS };

/* The state of a composition, without its children. */
struct composition {
	LAM_LAYER_OPTIONS;
};

/* Makes a layer of this class from its children, which it consumes. */
lam_layer *lam_composition_new(
	const lam_layer_class *layer_class, const lam_sequential_options *given);

/* As lam_composition_new(), for a list with two ends. */
lam_layer *lam_composition_of(const lam_layer_class *layer_class, lam_layer *const *list);

#pragma GCC visibility pop
#endif
