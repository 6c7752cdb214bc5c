/* SPDX-License-Identifier: MIT */
/* Loading what was read. Private to exchange/onnx/, and for tests. */
#ifndef LAM_ONNX_LOAD_H
#define LAM_ONNX_LOAD_H

#include "exchange/onnx/file.h"
#include "exchange/onnx/lamina_onnx.h"

#pragma GCC visibility push(hidden)

/* A net of an unpacked file. Consumes the loss; the file stays. NULL and a sentence. */
lam_net *lam_onnx_load_file(lam_onnx_file *file, const lam_onnx_load_options *options);

#pragma GCC visibility pop
#endif
