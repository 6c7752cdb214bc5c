/* SPDX-License-Identifier: MIT */
/* The names of classes in a file's metadata. Private to exchange/onnx/. */
#ifndef LAM_ONNX_CLASS_NAMES_H
#define LAM_ONNX_CLASS_NAMES_H

#include "exchange/onnx/file.h"
#include "framework/net.h"

#pragma GCC visibility push(hidden)

/* The key of the entry. */
#define LAM_ONNX_CLASSES "classes"

/* The names of a net that has some, as a list in JSON. NULL: memory is short. */
LAM_MUST_CHECK char *lam_onnx_write_classes(const lam_net *net, lam_onnx_arena *arena);

/* Gives the net the names that the file has. An entry of this key that is no list of texts, or has
 * names that the net cannot have, is another program's, and passed over. */
LAM_MUST_CHECK lam_status lam_onnx_read_classes(lam_onnx_file *file, lam_net *net);

#pragma GCC visibility pop
#endif
