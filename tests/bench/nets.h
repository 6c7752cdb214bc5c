/* SPDX-License-Identifier: MIT */
/* The six nets that lamina's speed is measured by. */
#ifndef BENCH_NETS_H
#define BENCH_NETS_H

#include <lamina.h>

struct bench_net {
	const char *name;
	lam_layer *(*model)(void);
	int rank;
	long shape[3];
	int classes; /* 0: an autoencoder, whose targets are values */
	/* Of one sample's training step. Each layer has three products. The first layer has two, as
	 * it has no input gradient. */
	double flops;
};

extern const struct bench_net bench_nets[];
extern const int bench_net_count;

/* The net of this name, or NULL. */
const struct bench_net *bench_net_named(const char *name);

/* The shape of one input sample. */
lam_shape bench_net_shape(const struct bench_net *net);

#endif
