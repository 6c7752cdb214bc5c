/* SPDX-License-Identifier: MIT */
/** \file
 * Nets from ONNX files, and as such: a library of its own, lamina-onnx, because the core needs no
 * protobuf-c.
 * Include it beside lamina.h, and link as `pkg-config --libs lamina-onnx` says (lamina-onnx-double
 * with lamina-double).
 *
 *     lam_net *net = lam_onnx_load("mobilenet.onnx", .inference = true);
 *     lam_net_predict(net, x, n, y);
 *
 * Without protobuf-c, when lamina was configured, the functions are there and say so
 * (LAM_ERR_UNSUPPORTED). */
#ifndef LAMINA_ONNX_H
#define LAMINA_ONNX_H

#include "framework/named.h"
#include "framework/net.h"

#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Options of lam_onnx_load(). */
typedef struct lam_onnx_load_options {
	/* If .size is 0, the call fails without reading or consuming anything else. */
	size_t size;
	const char *path; /**< the file; required */
	LAM_NAMED;
	/** consumed, also on failure: put on the model's one output, so that lam_fit() can train
	 * the net. lam_softmax_cross_entropy() takes the place of a softmax over the channels at
	 * the end, and lam_sigmoid_cross_entropy() that of a sigmoid */
	lam_layer *loss;
	/** of one sample of the one input, without the batch. Needed where the file leaves a
	 * dimension open; default: the file's shape */
	lam_shape shape;
	bool inference, input_grad, direct; /**< as in lam_net_create() */
	int64_t max_batch;                  /**< as in lam_net_create() */
	int threads;                        /**< as in lam_net_create() */
	uint64_t seed; /**< as in lam_net_create(), but parameters come from the file */
	/** the most bytes for the net, as in lam_net_create(). Default: 256 MiB plus 256 times the
	 * length of the file and of its external data; SIZE_MAX: no limit */
	size_t memory_limit;
	const char *const *watch; /**< as in lam_net_create() */
	/** receives a line for each node that cannot be mapped: its name, its operator and the
	 * reason. lam_error() has the first one, and how many there are */
	FILE *refused;
	bool recompute; /**< as in lam_net_create() */
} lam_onnx_load_options;

/** Makes a net of an ONNX file: operators of ONNX's own domain, opsets up to 21. The net can be
 * trained, checked and saved as any other. Free it with lam_net_free().
 *
 * The first dimension of every input and output is the batch, whatever number the file has there;
 * inputs that begin with different ones are refused. Where a Reshape of a file with an open batch
 * begins with 1, as programs write that export one sample, it stands for the batch.
 * Inputs and outputs have the file's names, with "_" for characters that a name cannot have. A
 * layer has the name of its weight without ".weight" ("layer1.0.conv1.weight" becomes
 * "layer1_0_conv1"), or else its node's. What depends on shapes and constants alone is computed
 * while loading. Weights that are dimensionless numbers in the file (exponents, bounds, epsilons)
 * become options; a weight that two convolutions or two products read is one parameter. Names of
 * classes come from the file's metadata, as lam_onnx_save() writes them; an entry that is no list
 * of names, or has names that the net cannot have, is passed over.
 *
 * Nothing is made unless all nodes on the way from inputs to outputs can be mapped (`.refused`).
 * External data must lie in the file's folder or below it. NULL and a sentence on failure:
 * LAM_ERR_IO, LAM_ERR_FORMAT (damaged, or not an ONNX file), LAM_ERR_UNSUPPORTED (an operator, an
 * attribute or an opset that lamina has no layers for), LAM_ERR_SHAPE, LAM_ERR_ARGUMENT,
 * LAM_ERR_MEMORY. Reading needs as much memory again as the file, and at most 64 times. */
LAM_MUST_CHECK lam_net *lam_onnx_load_with(const lam_onnx_load_options *options);

#ifndef __cplusplus
#define lam_onnx_load(...) \
	lam_onnx_load_with(&(lam_onnx_load_options){ \
		.size = sizeof(lam_onnx_load_options), .path = __VA_ARGS__})
#endif

/** Options of lam_onnx_save(). */
typedef struct lam_onnx_save_options {
	size_t size;      /**< set by the macro */
	lam_net *net;     /**< is saved; unchanged */
	const char *path; /**< replaced when the new file is complete; unchanged on failure */
	LAM_NAMED;
	int opset; /**< of ONNX's operators, 7 to 21; default 17 */
	/** receives a line for each layer that has no form in ONNX. lam_error() has the first one,
	 * and how many there are */
	FILE *refused;
} lam_onnx_save_options;

/** lam_onnx_save(net, "net.onnx") writes a net's inference as an ONNX file.
 *
 * The first dimension of inputs and outputs is the batch, of any size. Inputs, outputs and
 * parameters have the net's names, and shapes as in PyTorch; nodes have the paths of their layers.
 * Most layers are one operator, others a few. What only training needs is left out: dropout, and of
 * losses all but their activation. Names of classes are in the file's metadata, under "classes", as
 * a list in JSON. Values are floats, also those of a double net.
 *
 * What older operators cannot say is refused: before opset 9 gelu and a softplus with a threshold
 * below 16, before opset 10 dilation of max pooling.
 *
 * Layers of one's own take part by .emit_onnx of their class. A layer that has no form in ONNX is
 * LAM_ERR_UNSUPPORTED, and so is a file of more than 2 GiB, before anything is written. The file
 * appears whole or not at all, as that of lam_net_save(), whose errors are passed on.
 * LAM_ERR_ARGUMENT: an option. */
LAM_MUST_CHECK lam_status lam_onnx_save_with(const lam_onnx_save_options *options);

#ifndef __cplusplus
#define lam_onnx_save(net_, ...) \
	lam_onnx_save_with(&(lam_onnx_save_options){ \
		.size = sizeof(lam_onnx_save_options), .net = net_, .path = __VA_ARGS__})
#endif

/* For those who write layers: what .emit_onnx of a class calls. Names that are returned stay valid
 * until it returns; when memory is short they are "", and lam_onnx_save() fails. */

/** Adds a node: an operator by its type, as "Mul", and the names of what it reads, with a NULL
 * behind them; "" is an input that is left out. Returns the name of its output. The output of the
 * last node is the layer's; without a node, the layer passes its first input on. */
const char *lam_onnx_add_node(lam_onnx *onnx, const char *type, ...) __attribute__((sentinel));

/** Adds one more input to the last node. */
void lam_onnx_add_input(lam_onnx *onnx, const char *input);

/** Sets an attribute of the last node: a whole number, `count` of them, a number, or a word. */
void lam_onnx_set_int(lam_onnx *onnx, const char *name, int64_t value);
void lam_onnx_set_ints(lam_onnx *onnx, const char *name, const int64_t *values, int count);
void lam_onnx_set_real(lam_onnx *onnx, const char *name, double value);
void lam_onnx_set_word(lam_onnx *onnx, const char *name, const char *value);

/** The name of what the layer reads as input `index`, from 0. */
const char *lam_onnx_input_name(lam_onnx *onnx, int index);

/** The name of parameter or state `index`, in the order in which the layer declares them; with
 * another shape of as many values, if that is wanted. */
const char *lam_onnx_param_name(lam_onnx *onnx, int index);
const char *lam_onnx_param_as(lam_onnx *onnx, int index, lam_shape shape);
const char *lam_onnx_state_name(lam_onnx *onnx, int index);

/** The name of a new constant: floats of a shape (rank 0: one number), or a list of whole
 * numbers. */
const char *lam_onnx_add_reals(lam_onnx *onnx, const double *values, lam_shape shape);
const char *lam_onnx_add_ints(lam_onnx *onnx, const int64_t *values, int count);

/** The shape of a sample of input `index`, or of the output, -1, without the batch; rank 0 if there
 * is none. */
lam_shape lam_onnx_shape_of(const lam_onnx *onnx, int index);

/** The version of the operators that the file is to have, 7 to 21: their forms differ. */
int lam_onnx_opset(const lam_onnx *onnx);

#ifdef __cplusplus
}
#endif
#endif
