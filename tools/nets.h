/* SPDX-License-Identifier: MIT */
/* Nets that a command names: a description, a file that lamina saved, or an ONNX file. */
#ifndef LAM_TOOL_NETS_H
#define LAM_TOOL_NETS_H

#include "tools/tool.h"

/* Whether the file is a zip archive, as saved nets are. */
bool is_saved(const char *path);

/* Whether open_net() takes the name for a description, whose weights are random. */
bool is_description(const char *name);

/* The path of a description: itself, or "lenet" for one that is installed. NULL: there is none. The
 * caller frees it. */
char *find_description(const char *name);

/* Composes the model of a description. NULL, said by failed(). */
lam_layer *read_description(const char *name, lam_shape *shape);

/* Makes a net of an ONNX file, with the options that it shares with lam_net_load(). The loss, which
 * may be NULL, is consumed. NULL, said by failed() after every node that cannot be mapped. */
lam_net *open_onnx(const char *path, const lam_load_options *options, lam_layer *loss);

/* Loads a saved net or an ONNX file, or makes the net of a description. NULL, said by failed(). */
lam_net *open_net(const char *name, const lam_load_options *options);

/* The weights that --weights asks for; ends the program if there are none of this name. */
lam_weights weights_of(const char *text);

/* The name of a class of the net, or its number; valid until the next call. */
const char *class_name(const lam_net *net, int64_t c);

/* Writes a table of the library, lam_net_summary() or lam_net_profile(), as wide as the output. */
int show_table(lam_status (*write)(const lam_net *net, FILE *out), const lam_net *net, FILE *file);

#endif
