/* SPDX-License-Identifier: MIT */
/* A net on its way to an ONNX file: its operations in their order, each of which becomes one node
 * or several.
 *
 *     save.c           the options, the file
 *     export.c         walks over the operations, and makes the model
 *     export_nodes.c   what an operation writes: nodes, attributes, constants
 *     export_kinds.c   the table of the kinds, and the operations that are one node each
 *     export_map.c     functions of single values, sums and products
 *     export_window.c  convolutions and pooling
 *     export_norm.c    norms
 *     export_shape.c   what moves values
 *
 * Private to exchange/onnx/. */
#ifndef LAM_ONNX_EXPORT_H
#define LAM_ONNX_EXPORT_H

#include "exchange/onnx/arena.h"
#include "exchange/onnx/lamina_onnx.h"
#include "exchange/onnx/onnx.pb-c.h"
#include "exchange/onnx/tensor.h"

#pragma GCC visibility push(hidden)

enum {
	LAM_ONNX_LEAST_OPSET = 7,
	LAM_ONNX_MOST_OPSET = 21,
	LAM_ONNX_USUAL_OPSET = 17,
	LAM_ONNX_LISTED_OPSET = 8, /* up to this one, constants are also inputs of the graph */
};

struct lam_onnx {
	lam_net *net;
	int opset;
	lam_onnx_arena arena;
	LaminaOnnx__Graph graph;
	size_t node_room, tensor_room;
	const char **values;    /* the name of each value of the net */
	int operation;          /* the one that is being written */
	size_t first_node;      /* of it */
	const lam_layer *layer; /* its layer */
	FILE *refused;
	int reason_count;
	char first_reason[300];
	bool failed; /* memory was short; there is a sentence */
};

/* Writes an operation's nodes. If there are none, its output is its first input. */
typedef lam_status lam_onnx_emitter(const lam_layer *self, lam_onnx *onnx);

/* The emitter of a built-in kind; NULL: it has none. */
lam_onnx_emitter *lam_onnx_emitter_of(const char *kind);

/* Makes the nodes of all operations. LAM_ERR_UNSUPPORTED with all reasons if some have no form. */
lam_status lam_onnx_export(lam_onnx *onnx);

/* Text of the arena in printf's format, at most 1000 bytes; "" when memory is short. */
char *lam_onnx_text_of(lam_onnx *onnx, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* A copy of an array of `count` pointers with room for one more. False when memory is short. */
bool lam_onnx_room(lam_onnx *onnx, void *list, size_t count, size_t *room);

/* An option of the layer; 0 where there is none, as in pooling without dilation. */
double lam_onnx_option(const lam_layer *layer, const char *name, int index);

/* The product of a shape's dimensions from `first` on. */
int64_t lam_onnx_count(const lam_shape *shape, int first);

/* A number as a constant of rank 0; the same number `count` times. */
const char *lam_onnx_add_scalar(lam_onnx *onnx, double value);
const char *lam_onnx_add_repeated(lam_onnx *onnx, double value, int64_t count);

/* [C] as [C, 1, ...], for a value of shape `like`. */
lam_shape lam_onnx_channel_shape(int64_t channels, const lam_shape *like);

/* A node Reshape to [batch, dims of the shape]. */
const char *lam_onnx_add_reshape(lam_onnx *onnx, const char *x, const lam_shape *shape);

/* A node Pad with `value`: `rank` numbers for the begins of the axes, then as many for the ends. */
const char *lam_onnx_add_pad(
	lam_onnx *onnx, const char *x, const int64_t *pads, int rank, double value);

/* A node Transpose that puts the channels of a sample of `rank` dimensions behind its places, or
 * back. */
const char *lam_onnx_add_turn(lam_onnx *onnx, const char *x, int rank, bool back);

/* The product along place axis `axis`, counted from 0, of a sample of shape `shape` with a matrix
 * [in][out]. */
const char *lam_onnx_add_product(lam_onnx *onnx, const char *x, const lam_shape *shape, int axis,
	const double *matrix, int64_t out);

/* Sets an attribute of the last node: numbers. */
void lam_onnx_set_reals(lam_onnx *onnx, const char *name, const double *values, int count);

/* LAM_ERR_UNSUPPORTED unless the file's operators are of this version or newer. */
lam_status lam_onnx_expect_opset(const lam_onnx *onnx, int least, const char *what);

/* Emitters, by file. */
lam_onnx_emitter lam_onnx_emit_gelu, lam_onnx_emit_silu, lam_onnx_emit_softplus,
	lam_onnx_emit_hard_swish, lam_onnx_emit_clip, lam_onnx_emit_scale,
	lam_onnx_emit_layer_scale, lam_onnx_emit_standardize, lam_onnx_emit_prelu,
	lam_onnx_emit_add, lam_onnx_emit_multiply;
lam_onnx_emitter lam_onnx_emit_conv, lam_onnx_emit_transposed, lam_onnx_emit_max_pool,
	lam_onnx_emit_avg_pool, lam_onnx_emit_adaptive, lam_onnx_emit_global_avg,
	lam_onnx_emit_global_max;
lam_onnx_emitter lam_onnx_emit_batch_norm, lam_onnx_emit_group_norm, lam_onnx_emit_instance_norm,
	lam_onnx_emit_layer_norm, lam_onnx_emit_response_norm;
lam_onnx_emitter lam_onnx_emit_affine, lam_onnx_emit_concat, lam_onnx_emit_reshape,
	lam_onnx_emit_permute, lam_onnx_emit_slice, lam_onnx_emit_pad, lam_onnx_emit_upsample,
	lam_onnx_emit_pixel_shuffle;

#pragma GCC visibility pop
#endif
