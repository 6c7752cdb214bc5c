/* SPDX-License-Identifier: MIT */
/* The nets that lamina's speed is measured by: six chains, and two graphs. */
#ifndef BENCH_NETS_H
#define BENCH_NETS_H

#include <lamina.h>

struct bench_net {
	const char *name;
	lam_layer *(*model)(void);
	int rank;
	long shape[3];
	int classes; /* 0: an autoencoder, whose targets are values */
	int places;  /* classes of one sample: more than 1 where each place has one */
	/* Of one sample's training step. Each layer has three products. The first layer has two, as
	 * it has no input gradient. */
	double flops;
};

extern const struct bench_net bench_nets[];
extern const int bench_net_count;

/* densenet40 and unet. */
extern const struct bench_net bench_graphs[];
extern const int bench_graph_count;

/* The net or graph of this name, or NULL. */
const struct bench_net *bench_net_named(const char *name);

/* The shape of one input sample. */
lam_shape bench_net_shape(const struct bench_net *net);

#endif
