/* SPDX-License-Identifier: MIT */
/* The values and the nodes of a file. Private to exchange/onnx/. */
#ifndef LAM_ONNX_GRAPH_H
#define LAM_ONNX_GRAPH_H

#include "exchange/onnx/import.h"

#pragma GCC visibility push(hidden)

/* The version of ONNX's operators. */
lam_status lam_onnx_read_opset(lam_onnx_import *im);

/* Values by name, nodes with what they read, and the initialisers. */
lam_status lam_onnx_read_graph(lam_onnx_import *im);

/* Whether a domain is ONNX's own. */
bool lam_onnx_is_domain(const char *domain);

#pragma GCC visibility pop
#endif
