/* SPDX-License-Identifier: MIT */
/* What a layer is made of, and the checks of its options. Private to the framework. */
#ifndef LAM_LAYER_INSIDE_H
#define LAM_LAYER_INSIDE_H

#include "framework/layer.h"
#include "framework/layer/option_table.h"

#include <stddef.h>

#pragma GCC visibility push(hidden)

enum {
	LAM_MOST_LAYERS = 10000, /* that compute something in a net */
	LAM_MOST_DEPTH = 64,     /* of containers in containers */
	/* bytes of "4.body.0", so that no name of a parameter is too long for a file's entry */
	LAM_LONGEST_PATH = 512,
};

struct lam_layer {
	const lam_layer_class *layer_class;
	char *name; /* NULL: its position names it */
	lam_layer **children;
	int child_count;
	bool taken;         /* part of a composition or a net */
	bool direct;        /* the net that plans it wants direct algorithms alone */
	max_align_t *state; /* state_size bytes */
};

/* What every options struct begins with. */
struct lam_option_head {
	LAM_LAYER_OPTIONS;
};

/* The role of a child in names and in the architecture text; `number` has room for a number as
 * text. */
const char *lam_layer_role(const lam_layer *layer, int index, char number[16]);

/* Frees each layer of a list that belongs to nothing else, once. NULLs are allowed. */
void lam_layers_free(lam_layer *const *layers, int count);

#pragma GCC visibility pop
#endif
