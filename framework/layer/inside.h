/* SPDX-License-Identifier: MIT */
/* A layer's data, and the checks of its options. Private to the framework. */
#ifndef LAM_LAYER_INSIDE_H
#define LAM_LAYER_INSIDE_H

#include "framework/layer.h"
#include "framework/layer/option_table.h"

#include <stddef.h>

#pragma GCC visibility push(hidden)

enum {
	LAM_MOST_LAYERS = 10000, /* calls in a net, without containers */
	LAM_MOST_DEPTH = 64,     /* of nested containers */
	LAM_LONGEST_PATH =
		512, /* bytes of "4.body.0", so that a file's entries can have the name */
};

/* Flags of classes that only the library has, beside those of layer.h. */
enum {
	LAM_WIRED = 1 << 24,  /* a container: each child reads those that its wire names */
	LAM_SOURCE = 1 << 25, /* a child of such a container, in the place of one of its inputs */
	LAM_SINK = 1 << 26,   /* likewise of one of its outputs, to which it gives a name */
};

/* What a child of a wired container reads. */
typedef struct lam_wire {
	int *from; /* [inputs], earlier children */
	int inputs;
	lam_real weight; /* of a loss; 1 for others */
} lam_wire;

struct lam_layer {
	const lam_layer_class *layer_class;
	char *name; /* NULL: it is named by its position */
	lam_layer **children;
	int child_count;
	struct lam_group *group; /* of layers that share parameters; NULL: it shares none */
	lam_wire *wires;         /* of a wired container: [child_count]; else NULL */
	bool taken;              /* it is part of a composition or a net */
	bool direct;             /* the net that plans it was created with .direct */
	int64_t samples;         /* of its steps, at most; 0: it is for inference */
	lam_layer *next;         /* while they are freed: the layer to free after this one */
	max_align_t *state;      /* state_size bytes */
};

/* What every options struct begins with. */
struct lam_option_head {
	LAM_LAYER_OPTIONS;
};

/* The role of a child in names and in the architecture text. `number` is memory for the text of a
 * role that is the child's index. */
const char *lam_layer_role(const lam_layer *layer, int index, char number[16]);

/* Whether a class expands into calls of its children. */
bool lam_layer_expands(const lam_layer_class *layer_class);

/* Whether a layer is a container: it expands, or it is a join with branches. */
bool lam_layer_contains(const lam_layer *layer);

/* Whether a pointer is a number that was given where a layer is expected: lam_sequential(3). */
bool lam_layer_is_number(const lam_layer *layer);

/* Names a layer that has no name yet. */
lam_status lam_layer_set_name(lam_layer *layer, const char *name);

/* A model like this one, with a checked state of its own, for a net of another input size. NULL and
 * a sentence on failure. */
lam_layer *lam_layer_copy(const lam_layer *model);

/* The shape to plan a model with, whose first input has the shape `first`: none if the model
 * carries the shapes of several inputs. */
lam_shape lam_layer_planned_shape(const lam_layer *model, lam_shape first);

/* Frees each layer of a list once, except those that belong to a composition or a net. NULLs and
 * numbers are allowed. */
void lam_layers_free(lam_layer *const *layers, int count);

#pragma GCC visibility pop
#endif
