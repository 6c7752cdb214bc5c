/* SPDX-License-Identifier: MIT */
/** \file
 * Nets from ONNX files: a library of its own, lamina-onnx, because the core needs no protobuf-c.
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
	 * the net. lam_softmax_cross_entropy() takes the place of a softmax at the end, and
	 * lam_sigmoid_cross_entropy() and lam_binary_cross_entropy() that of a sigmoid */
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
} lam_onnx_load_options;

/** Makes a net of an ONNX file: operators of ONNX's own domain, opsets 7 to 21. The net can be
 * trained, checked and saved as any other. Free it with lam_net_free().
 *
 * The first dimension of every input and output is the batch, whatever number the file has there.
 * Inputs and outputs have the file's names, with "_" for characters that a name cannot have. A
 * layer has the name of its weight without ".weight" ("layer1.0.conv1.weight" becomes
 * "layer1_0_conv1"), or else its node's. What depends on shapes and constants alone is computed
 * while loading. Weights that are dimensionless numbers in the file (exponents, bounds, epsilons)
 * become options; a weight that two layers read is one parameter.
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

#ifdef __cplusplus
}
#endif
#endif
