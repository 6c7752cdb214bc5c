/* SPDX-License-Identifier: MIT */
/* The options of lamina train. */
#ifndef LAM_TOOL_TRAIN_H
#define LAM_TOOL_TRAIN_H

#include "tools/data.h"

enum { SGD, ADAM, ADAMW, RMSPROP };
enum { CONSTANT, ONE_CYCLE, COSINE, STEP, PLATEAU };

struct settings {
	const char *net, *data, *validation, *save, *history, *replay, *report;
	char *chosen_history; /* .history, if --report has chosen it; to be freed */
	struct data_options table;
	double hold_out, lr, momentum, weight_decay, warmup, clip, average, timeout;
	int shards;     /* 0: none */
	lam_comm *comm; /* NULL: without --mpi */
	int epochs, optimizer, schedule, patience, threads;
	int64_t batch, save_every;
	uint64_t seed;
	lam_augment augment;
	bool standardize, fresh, nesterov, last, no_shuffle, drop_last, direct, recompute, profile,
		quiet, mpi, parts;
};

extern const char train_help[];
extern const char *const optimizer_names[], *const schedule_names[];

/* Ends the program if the options are wrong. */
struct settings parse_training(int argc, char **argv);

#endif
