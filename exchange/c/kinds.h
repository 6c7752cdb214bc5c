/* SPDX-License-Identifier: MIT */
/* What can be written as C: a row for each kind of layer. Private to exchange/c/. */
#ifndef LAM_C_KINDS_H
#define LAM_C_KINDS_H

#include "exchange/c/graph.h"

#pragma GCC visibility push(hidden)

/* What an operation allows, and needs. */
enum {
	LAM_C_CURVE = 1,    /* a function of one number, which the operation before can apply */
	LAM_C_CHANNEL = 2,  /* y = scale x + shift per channel, which weights can take in */
	LAM_C_FOLDS = 4,    /* its weights can take in such a scale and shift of its output */
	LAM_C_APPLIES = 8,  /* it can apply functions of one number to its output */
	LAM_C_SETTLED = 16, /* its inputs need a step for each dimension of their shape */
	LAM_C_OVER = 32,    /* its output may be its first input */
	LAM_C_ROWS_IN = 64, /* its inputs must lie row-major */
	LAM_C_THREE = 128,  /* its input may have at most three dimensions that do not merge */
	/* where windows may leave the plane, channels of its input must be neighbours */
	LAM_C_CHANNELS = 256,
	LAM_C_QUANTIZES = 512, /* int8: its output is the net's input */
	LAM_C_ADDS = 1024,     /* it can add a second input to its output, before the functions */
};

/* Writes a function and its call. */
typedef void lam_c_emitter(lam_c_graph *graph, lam_c_op *op);

typedef struct lam_c_kind {
	const char *kind;
	unsigned flags;
	/* Views: where the output's values lie in the input's, of which each dimension of the shape
	 * has a step. A kind with neither this nor .emit is a view of any input. */
	void (*view)(const lam_c_op *op, const lam_shape *in, lam_c_nest *nest, int64_t *at);
	/* Whether it is a view at all with these options; NULL: it is. */
	bool (*is_view)(const lam_call *call);
	lam_c_emitter *emit;
	lam_c_emitter *emit8; /* of int8; NULL: there is none */
	/* LAM_C_CHANNEL: scale and shift, [channels of the shape] */
	void (*channel)(const lam_call *call, int64_t channels, double *scale, double *shift);
	/* LAM_C_CURVE: the function's body, a C expression of x; writes what it needs. */
	void (*curve)(lam_c_graph *graph, const lam_call *call, lam_c_text *text);
	/* Refuses what it cannot write; NULL: nothing. */
	void (*check)(lam_c_graph *graph, const lam_call *call);
} lam_c_kind;

/* The row of a class; NULL: there is none. */
const lam_c_kind *lam_c_kind_of(const lam_layer_class *layer_class);

/* Whether this call's output is a view of its input. */
static inline bool lam_c_is_view(const lam_c_kind *kind, const lam_call *call)
{
	return !kind->emit || (kind->is_view && kind->is_view(call));
}

/* The row of copies, and that of layers that write themselves. */
extern const lam_c_kind lam_c_copy;
extern const lam_c_kind lam_c_own;

/* Emitters, by file. emit_map.c: */
lam_c_emitter lam_c_emit_map;
lam_c_emitter lam_c_emit_curve;
lam_c_emitter lam_c_emit_channel;
lam_c_emitter lam_c_emit_prelu;
lam_c_emitter lam_c_emit_add;
lam_c_emitter lam_c_emit_multiply;
lam_c_emitter lam_c_emit_copy;
lam_c_emitter lam_c_emit_concat;
/* emit_conv.c, emit_transposed.c */
lam_c_emitter lam_c_emit_conv;
lam_c_emitter lam_c_emit_transposed;
lam_c_emitter lam_c_emit_affine;
/* emit_pool.c */
lam_c_emitter lam_c_emit_pool;
lam_c_emitter lam_c_emit_global;
/* emit_plane.c */
lam_c_emitter lam_c_emit_pad;
lam_c_emitter lam_c_emit_upsample;
/* emit_norm.c */
lam_c_emitter lam_c_emit_layer_norm;
lam_c_emitter lam_c_emit_group_norm;
lam_c_emitter lam_c_emit_response;
lam_c_emitter lam_c_emit_softmax;
/* emit_own.c */
lam_c_emitter lam_c_emit_own;
/* int8_emit.c */
lam_c_emitter lam_c_emit8_map, lam_c_emit8_table, lam_c_emit8_softmax, lam_c_emit8_windows,
	lam_c_emit8_concat;

/* Helpers of emitters (emit.c). */

/* "arena + 12", "x + 0": a value as an argument of a call; `more` values behind its begin. */
typedef struct lam_c_argument {
	char text[96];
} lam_c_argument;
lam_c_argument lam_c_at(const lam_c_graph *graph, int value, int64_t more);

/* The name of the helper function of a curve. */
typedef struct lam_c_helper {
	char text[80];
} lam_c_helper;
lam_c_helper lam_c_curve_name(lam_c_graph *graph, const lam_call *call);

/* "NAME_relu(NAME_scale_2(" and "))" around an expression, for the functions that the operation
 * applies. */
typedef struct lam_c_around {
	char before[LAM_C_POSTS * sizeof(lam_c_helper) + 1], after[LAM_C_POSTS + 1];
} lam_c_around;
lam_c_around lam_c_posts(lam_c_graph *graph, const lam_c_op *op);

/* Adds the call of a function: its output, then its other arguments. */
void lam_c_call_begin(lam_c_graph *graph, const lam_c_op *op, int function);
void lam_c_call_argument(lam_c_graph *graph, const char *argument);
void lam_c_call_weights(lam_c_graph *graph, int64_t at);
void lam_c_call_end(lam_c_graph *graph);

/* Copies the inputs of a concatenation that do not lie in its output. */
void lam_c_copy_parts(lam_c_graph *graph, const lam_c_op *op, lam_c_emitter *copy);

/* lam_c_refine() for an operation; where it fails, so does the graph, with a sentence. */
bool lam_c_refine_for(lam_c_graph *graph, const lam_c_op *op, lam_c_nest *const *nests, int count);

/* Whether two values lie at the same place, value by value. */
bool lam_c_same(const lam_c_graph *graph, int a, int b);

/* The channel steps, plane steps and sizes of a value of rank 2 or 3, whose nest is settled. */
typedef struct lam_c_plane {
	int64_t channels, size[2], channel, step[2];
} lam_c_plane;
lam_c_plane lam_c_plane_of(const lam_c_value *value);

#pragma GCC visibility pop
#endif
