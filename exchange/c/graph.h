/* SPDX-License-Identifier: MIT */
/* A net on its way to C: values, and the operations that compute them, one sample at a time.
 *
 *     build.c    makes them from the calls of a plan
 *     fuse.c     folds numbers per channel into weights, and functions and sums into the
 *                operation before
 *     memory.c   gives each value its place in the arena, or in an array of the caller's
 *     kinds.c    the table of what can be written, and in which file it is written
 *     write.c    puts the text together
 *
 * Values with channels have them innermost, [H][W][C], so that a compiler's vectors are channels:
 * no vector crosses the end of a row. Private to exchange/c/. */
#ifndef LAM_C_GRAPH_H
#define LAM_C_GRAPH_H

#include "exchange/c/export_c.h"
#include "exchange/c/text.h"

#include "framework/plan/inside.h"

#pragma GCC visibility push(hidden)

enum { LAM_C_DIMS = 8, LAM_C_POSTS = 4 };

/* Where the values of an array lie: in the order of features, row-major, `size` of them along each
 * dimension, `step` values apart. */
typedef struct lam_c_nest {
	int dims;
	int64_t size[LAM_C_DIMS], step[LAM_C_DIMS];
} lam_c_nest;

typedef enum lam_c_place { LAM_C_ARENA, LAM_C_INPUT, LAM_C_OUTPUT } lam_c_place;

typedef struct lam_c_value {
	lam_shape shape;
	int64_t count;
	int producer;    /* operation; -1: the caller */
	int view_of;     /* a value of which this is a view; -1: none */
	int part_of;     /* a value in which it lies, as some of its channels; -1: none */
	int64_t channel; /* the first of them */
	int readers;     /* operations, and outputs of the net */
	int output;      /* the net's output that it is; -1: none */
	bool placed;
	lam_c_place place;
	int end;    /* which input or output */
	int buffer; /* in the arena */
	int64_t at; /* the first value in the buffer, or in the caller's array */
	lam_c_nest nest;
} lam_c_value;

/* Bytes of the arena, in use from one operation to another, both included. */
typedef struct lam_c_buffer {
	int64_t values;
	int first, last;
	int64_t offset; /* in values */
} lam_c_buffer;

typedef struct lam_c_op {
	const struct lam_c_kind *kind;
	const lam_call *call; /* NULL: a copy */
	int *in, inputs, out;
	/* Of a fused call per channel, y = scale x + shift; NULL: none. [channels] */
	double *scale, *shift;
	int64_t channels;
	const lam_call *post[LAM_C_POSTS]; /* functions of one number, applied to the output */
	int posts;
	const lam_call *last; /* the last call that was folded into it; NULL: none */
	double most;          /* int8: the largest size of its output's values */
	bool gone;            /* fused into another */
	int time;             /* its place among the operations that are written */
} lam_c_op;

/* Weights in the order in which they are written; equal ones are there once. */
typedef struct lam_c_pool {
	float *values;
	int64_t count, room;
	struct lam_c_piece {
		int64_t at, count;
		const char *path, *what; /* of the call; of the array */
	} * pieces;
	int piece_count, piece_room;
} lam_c_pool;

typedef struct lam_c_graph {
	const lam_plan *plan;
	const char *name;
	/* The table of kinds, which knows all emitters; none of them knows it. */
	const struct lam_c_kind *(*kind_of)(const lam_layer_class *);
	const struct lam_c_kind *copy; /* its row of copies */
	lam_c_value *values;
	int value_count, value_room;
	lam_c_op *ops;
	int op_count, op_room;
	int *order; /* operations in the order in which they are written */
	int order_count, order_room;
	lam_c_buffer *buffers;
	int buffer_count, buffer_room;
	int64_t arena; /* values */
	lam_c_pool pool;
	/* The file's parts: helpers of one number, functions, the calls of them. */
	lam_c_text helpers, functions, calls;
	struct lam_c_function {
		char *body;
		int number;
	} * made;
	int made_count, made_room;
	int64_t zeros;           /* values of the array of zeros that some function reads */
	bool math;               /* math.h is needed */
	struct lam_c_int8 *int8; /* NULL: values are floats */
	lam_c_text reasons;      /* why the net is refused, one a line */
	int reason_count;
	lam_status status; /* the first failure */
} lam_c_graph;

/* Makes the graph of a plan; reasons where something has no form in C. */
lam_status lam_c_build(lam_c_graph *graph);
void lam_c_fuse(lam_c_graph *graph);
lam_status lam_c_place_values(lam_c_graph *graph);
void lam_c_graph_free(lam_c_graph *graph);

/* Makes room for element `count`; false when memory is short, and the graph has failed. */
bool lam_c_room(lam_c_graph *graph, void *list, int count, int *room, size_t size);

/* A new value, operation; -1 when memory is short. */
int lam_c_value_new(lam_c_graph *graph, lam_shape shape, int producer);
int lam_c_op_new(lam_c_graph *graph, const struct lam_c_kind *kind, const lam_call *call,
	const int *in, int inputs, int out);

/* Adds a reason of refusal, which names the call. */
void lam_c_refuse(lam_c_graph *graph, const lam_call *call, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* An option of a call's layer: element `index` of a number, a pair or a list; bools are 0 and 1. */
double lam_c_option(const lam_call *call, const char *name, int index);

/* A call's parameter or state as the layer sees it. */
static inline const lam_real *lam_c_param(const lam_call *call, int index)
{
	return call->w[index];
}

/* Appends weights, or finds equal ones, and returns where they begin. */
int64_t lam_c_weights_add(lam_c_graph *graph, const lam_call *call, const char *what,
	const float *values, int64_t count);

/* The number of a function with this text, which begins with its arguments. */
int lam_c_function(lam_c_graph *graph, lam_c_text *text);

/* Nests (nest.c). */

/* Row-major values of a shape. */
lam_c_nest lam_c_rows(const lam_shape *shape);

/* Channels innermost, `pixel` values from one place to the next. */
lam_c_nest lam_c_channels_last(const lam_shape *shape, int64_t pixel);

/* The same values with one dimension for each of the shape's; false: no such steps exist. */
bool lam_c_settle(const lam_c_nest *nest, const lam_shape *shape, lam_c_nest *settled);

/* Gives all nests the same sizes, by cutting dimensions; false if that is not possible. */
bool lam_c_refine(lam_c_nest *const *nests, int count);

/* Reorders the dimensions of nests of the same sizes, so that the first nest's smallest steps are
 * innermost, and merges those that all nests allow to be. */
void lam_c_arrange(lam_c_nest *nests, int count);

/* Whether the values lie row-major without gaps. */
bool lam_c_is_rows(const lam_c_nest *nest);

/* Loops over nests of the same sizes, which they reorder and merge. lam_c_loops() writes the heads
 * of the loops and for each nest the index of its value; lam_c_loops_end() the ends. */
typedef struct lam_c_index {
	char text[160];
} lam_c_index;
int lam_c_loops(lam_c_text *text, lam_c_nest *nests, int count, lam_c_index *index, int depth);
void lam_c_loops_end(lam_c_text *text, int loops, int depth);

#pragma GCC visibility pop
#endif
