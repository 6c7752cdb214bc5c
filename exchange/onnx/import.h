/* SPDX-License-Identifier: MIT */
/* An ONNX graph on its way to a graph of lamina's: values by name, and nodes in the file's order,
 * each of which becomes constants or layers. Private to exchange/onnx/.
 *
 * Shapes have the batch first, as ONNX has them. A batch of unknown size is counted as
 * LAM_ONNX_BATCH samples: no other dimension is as large, so what depends on the batch is seen by
 * its size, through all arithmetic on shapes. */
#ifndef LAM_ONNX_IMPORT_H
#define LAM_ONNX_IMPORT_H

#include "exchange/onnx/file.h"
#include "exchange/onnx/tensor.h"
#include "layers/graph.h"

#include <stdbool.h>
#include <stdio.h>

#pragma GCC visibility push(hidden)

/* The batch as a number, if the file gives none; and the most that another dimension may be. */
#define LAM_ONNX_BATCH ((int64_t)1 << 40)
#define LAM_ONNX_MOST_DIMENSION ((int64_t)INT32_MAX)

enum {
	LAM_ONNX_OLDEST = 1,
	LAM_ONNX_NEWEST = 21,
	LAM_ONNX_MOST_NODES = 100000,
	LAM_ONNX_MOST_NAME = 64, /* of a layer */
	LAM_ONNX_NAME_LISTS = 1024,
};

/* What is known of a value. */
typedef enum lam_onnx_state {
	LAM_ONNX_UNMADE = 0, /* its node's turn has not come */
	LAM_ONNX_LOST,       /* its node was refused, or reads a lost value */
	LAM_ONNX_CONSTANT,
	LAM_ONNX_SAMPLES, /* a value of the net: [batch, …] */
} lam_onnx_state;

/* A value of lamina's graph, and its shape: that of a sample. */
typedef struct lam_onnx_flow {
	lam_value at;
	lam_shape shape;
} lam_onnx_flow;

typedef struct lam_onnx_value {
	const char *name;
	struct lam_onnx_node *maker; /* NULL: an input or an initialiser */
	lam_onnx_state state;
	int readers;             /* places that read it: inputs of nodes, outputs of the graph */
	bool is_output;          /* of the graph */
	lam_onnx_tensor *tensor; /* of a constant */
	lam_onnx_flow flow;      /* of samples */
	int rank; /* of samples, with the batch; if it is 1, the shape in lamina is {1} */
} lam_onnx_value;

typedef struct lam_onnx_node {
	const LaminaOnnx__Node *proto;
	const struct lam_onnx_operator *operator; /* NULL: not in the table */
	lam_onnx_value **in, **out;               /* NULL where a name is "" */
	int inputs, outputs;
	bool wanted; /* an output depends on it */
	/* Of a pattern that ends with this node, which then makes the layers of all of its nodes:
	 * what makes them, and what its letters stand for: small ones for values, capital ones for
	 * nodes. */
	const struct lam_onnx_pattern *pattern;
	lam_onnx_value **letters;     /* [26] */
	struct lam_onnx_node **inner; /* [26] */
	int constant_rank;            /* the largest of the constants of the pattern's formula */
} lam_onnx_node;

/* A parameter or a running statistic, which gets its values when the net is there: value[i] =
 * tensor[i] factor + shift. */
typedef struct lam_onnx_weight {
	struct lam_onnx_weight *next;
	char *path;                    /* "conv1.weight" */
	const lam_onnx_tensor *tensor; /* NULL: all values are `shift` */
	double factor, shift;
	bool transpose; /* the tensor is [in, out], the parameter [out, in] */
	bool repeat;    /* the tensor may be one value for all */
	bool frozen;
} lam_onnx_weight;

/* A layer whose weights others may share: those of the same initialisers, used in the same way. */
typedef struct lam_onnx_shared {
	struct lam_onnx_shared *next;
	const lam_onnx_tensor *weight, *bias; /* bias NULL: none */
	bool transpose;
	lam_layer *layer;
} lam_onnx_shared;

/* The name of a layer, in use. */
typedef struct lam_onnx_name {
	struct lam_onnx_name *next;
	char text[LAM_ONNX_MOST_NAME + 1];
	unsigned number; /* the last that was put behind it; 1: none */
} lam_onnx_name;

typedef struct lam_onnx_import {
	lam_onnx_file *file;
	lam_onnx_arena *arena;
	int opset;
	int64_t batch;           /* LAM_ONNX_BATCH, or the number in the file; 0: no input yet */
	lam_onnx_value *values;  /* [value_count] */
	lam_onnx_value **sorted; /* [value_count], by name */
	int value_count;
	lam_onnx_node *nodes;
	int node_count;
	lam_graph *graph;
	lam_onnx_weight *weights;
	lam_onnx_shared *shared;
	lam_onnx_name *names[LAM_ONNX_NAME_LISTS];
	const lam_onnx_node *replaced; /* a softmax or sigmoid at the end, by a loss; or NULL */
	uint64_t external;             /* bytes of external data */
	FILE *told;                    /* gets a line for each refusal; may be NULL */
	int refusals;
	lam_status first; /* of the first refusal, whose sentence is: */
	char sentence[400];
} lam_onnx_import;

/* import.c: the whole way. */

/* Makes im->graph and im->weights of the file. `shape`: of one sample of the one input; rank 0:
 * the file's. `loss` may be NULL, is consumed, and is put on the one output. */
lam_status lam_onnx_import_file(lam_onnx_import *im, const lam_shape *shape, lam_layer *loss);

/* ends.c: inputs and outputs of the graph */

/* Adds the inputs that something reads. `shape` as above. */
lam_status lam_onnx_add_inputs(lam_onnx_import *im, const lam_shape *shape);

/* The values that are the outputs, [count]; with a loss (or NULL) the value that it reads. */
lam_status lam_onnx_find_outputs(
	lam_onnx_import *im, const lam_layer *loss, lam_onnx_value **outputs, size_t count);

/* Names the outputs, or ends the one output with a loss, which is then consumed, and NULL. */
lam_status lam_onnx_add_outputs(
	lam_onnx_import *im, lam_layer **loss, lam_onnx_value *const *outputs, size_t count);

/* names.c */

/* The value of this name; NULL: there is none. */
lam_onnx_value *lam_onnx_find(const lam_onnx_import *im, const char *name);

/* A name for a layer, like `wish` and not in use so far. NULL: memory is short. */
const char *lam_onnx_layer_name(lam_onnx_import *im, const char *wish);

/* The name of a node's layer: its weight's without ".weight" or ".bias", or the node's, or its
 * operator's. `weight` may be NULL. */
const char *lam_onnx_name_of(
	lam_onnx_import *im, const lam_onnx_node *node, const lam_onnx_tensor *weight);

/* attributes.c. A function of these that gets an attribute of another type fails beforehand, in
 * lam_onnx_check_attributes(). */

/* Whether all attributes of a node are in `known`, "axis=i pads=I", where the letter is the type:
 * i, f, s, t, I, F: a whole number, a real one, a text, a tensor, lists of numbers. */
lam_status lam_onnx_check_attributes(const LaminaOnnx__Node *node, const char *known);
bool lam_onnx_has(const lam_onnx_node *node, const char *name);
int64_t lam_onnx_int(const lam_onnx_node *node, const char *name, int64_t otherwise);
double lam_onnx_real(const lam_onnx_node *node, const char *name, double otherwise);
/* Whether a text is this one; without the attribute, whether `otherwise` is. */
bool lam_onnx_is(
	const lam_onnx_node *node, const char *name, const char *text, const char *otherwise);
/* The length of a list, 0 if there is none; *list receives it. */
int lam_onnx_ints(const lam_onnx_node *node, const char *name, const int64_t **list);
const LaminaOnnx__Attribute *lam_onnx_attribute(const lam_onnx_node *node, const char *name);

/* Whole numbers that newer opsets have as input `i`, and older ones as an attribute: *count is -1
 * if there are none. */
lam_status lam_onnx_numbers(lam_onnx_import *im, const lam_onnx_node *node, int i, const char *name,
	const int64_t **list, int *count);

/* flow.c: what makers of layers use. */

/* Input `i`, decoded, if it is a constant; NULL if it is left out. LAM_ERR_UNSUPPORTED if it is a
 * value of the net; `what` names it. */
lam_status lam_onnx_constant(lam_onnx_import *im, const lam_onnx_node *node, int i,
	const char *what, lam_onnx_tensor **tensor);
/* As lam_onnx_constant(), for a constant of one value; without it *number stays. */
lam_status lam_onnx_single(
	lam_onnx_import *im, const lam_onnx_node *node, int i, const char *what, double *number);
/* Input `i` as samples; LAM_ERR_UNSUPPORTED if it is a constant. */
lam_status lam_onnx_samples(
	const lam_onnx_node *node, int i, const char *what, const lam_onnx_value **value);
bool lam_onnx_given(const lam_onnx_node *node, int i);

/* Puts a layer behind a value, which becomes the layer's output. Consumes the layer; NULL gives the
 * sentence of the constructor that failed. The layer must have a name: numbers, which others get,
 * may be names of the file. */
lam_status lam_onnx_apply(lam_onnx_import *im, lam_onnx_flow *flow, lam_layer *layer);
/* The same of a join. */
lam_status lam_onnx_join(lam_onnx_import *im, const lam_onnx_flow *flows, int count,
	lam_layer *layer, lam_onnx_flow *out);
/* Gives samples another shape, if they do not have it. */
lam_status lam_onnx_reshape(lam_onnx_import *im, lam_onnx_flow *flow, lam_shape shape);
/* Puts the axes of samples in another order, counted without the batch. */
lam_status lam_onnx_permute(lam_onnx_import *im, lam_onnx_flow *flow, const int *axes);

/* Makes a value the output `i` of a node, with a rank that counts the batch. */
void lam_onnx_give(const lam_onnx_node *node, int i, lam_onnx_flow flow, int rank);
lam_status lam_onnx_give_constant(const lam_onnx_node *node, int i, lam_onnx_tensor *tensor);

/* Notes what a parameter of the layer `name` is to hold. */
lam_status lam_onnx_weigh(
	lam_onnx_import *im, const char *name, const char *parameter, lam_onnx_weight weight);

/* Notes "weight" and, unless it is NULL, "bias". */
lam_status lam_onnx_weigh_both(lam_onnx_import *im, const char *name, const lam_onnx_tensor *weight,
	const lam_onnx_tensor *bias);

/* Lets a layer share the parameters of the first one that has these tensors, and tells so by *tied:
 * then it needs no weights. */
lam_status lam_onnx_tie(lam_onnx_import *im, lam_layer **layer, const lam_onnx_tensor *weight,
	const lam_onnx_tensor *bias, bool transpose, bool *tied);

/* The axis as a number from 0 to rank - 1, or LAM_ERR_SHAPE. */
lam_status lam_onnx_axis(int64_t axis, int rank, int *found);
/* The shape of samples of these dimensions behind the batch; LAM_ERR_UNSUPPORTED if there are too
 * many or too large ones. */
lam_status lam_onnx_sample_shape(const int64_t *dims, int rank, lam_shape *shape);
/* Whether a number is as large as a batch of unknown size makes it, or a multiple or half of it. */
static inline bool lam_onnx_is_open(const lam_onnx_import *im, double number)
{
	return im->batch == LAM_ONNX_BATCH && number >= (double)(LAM_ONNX_BATCH / 2)
		&& number < 0x1p61;
}
/* LAM_ERR_UNSUPPORTED if a constant that was computed has such a number. */
lam_status lam_onnx_expect_known(const lam_onnx_import *im, const lam_onnx_tensor *tensor);
/* Replaces 0 and -1 in the shape `target` of a Reshape by what they stand for. `dims` has the batch
 * first; so must have the result. */
lam_status lam_onnx_resolve(const lam_onnx_import *im, const int64_t *dims, int from,
	bool keep_zero, int64_t *target, int rank);
/* Whether a Reshape by this constant makes `expected` of `dims`. */
bool lam_onnx_reshapes_to(lam_onnx_import *im, const lam_onnx_value *shape, const int64_t *dims,
	int from, const int64_t *expected, int rank);
/* LAM_ERR_UNSUPPORTED if a constant has more dimensions than samples with the batch: it would give
 * them more. */
lam_status lam_onnx_expect_rank(int of_constant, int of_samples);
/* A number as a real option of a layer, of which a plain 0 would be the default. */
static inline lam_real lam_onnx_as_option(double number)
{
	return number == 0 ? (lam_real)LAM_ZERO : (lam_real)number;
}
/* The dimensions of samples with the batch. */
void lam_onnx_dims(const lam_onnx_import *im, const lam_onnx_value *value, int64_t *dims);
/* Whether a dimension is the batch. */
static inline bool lam_onnx_is_batch(const lam_onnx_import *im, int64_t dimension)
{
	return dimension == im->batch;
}

#pragma GCC visibility pop
#endif
