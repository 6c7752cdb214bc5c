/* SPDX-License-Identifier: MIT */
/* The inputs of a graph as layers. Private to layers/. */
#ifndef LAM_GRAPH_ENDS_H
#define LAM_GRAPH_ENDS_H

#include "framework/layer/inside.h"

typedef struct lam_graph_input_options {
	LAM_LAYER_OPTIONS;
	lam_shape shape; /* of a sample, where the graph is the net's model */
} lam_graph_input_options;

#endif
