/* SPDX-License-Identifier: MIT */
/* The calls that a sequence is made of (fuzz_sequences.c), and what they work on. */
#ifndef LAM_TESTS_FUZZ_CALLS_H
#define LAM_TESTS_FUZZ_CALLS_H

#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/fuzz_source.h"

#include <lamina.h>

enum { MOST_SAMPLES = 34, MOST_INPUT = 75 };

/* A net, data for it, and all else that calls need. */
struct world {
	struct source source;
	int threads;
	int64_t max_batch;
	bool inference, input_grad, direct, starves;
	lam_shape in, out;
	lam_net *net, *replica;
	int64_t n;               /* samples whose outputs are looked at */
	lam_target_info targets; /* rank of the shape 0 and LAM_INPUT: there is no loss */
	bool has_loss;
	lam_optimizer optimizer;
	lam_dataset *data;
	struct fuzz_saved saved;
	bool fits, has_checkpoint; /* within lam_fit(): calls come from its callbacks */
	uint64_t sum;
	lam_real x[MOST_SAMPLES * MOST_INPUT];
	lam_real values[MOST_SAMPLES * FUZZ_VALUES];
	int32_t classes[MOST_SAMPLES * FUZZ_VALUES];
	lam_real y[2 * MOST_SAMPLES * FUZZ_VALUES];
};

struct call {
	const char *name;
	lam_status (*run)(struct world *w);
	bool keeps; /* when it fails, no parameter and no state has changed */
};

/* Takes the call that comes next. */
const struct call *fuzz_take_call(struct world *w);

/* Takes another optimizer, or other options of it. */
void fuzz_take_optimizer(struct world *w);

/* Calls with rules of their own. */
lam_status fuzz_call_fit(struct world *w);
lam_status fuzz_call_summary(struct world *w);
lam_status fuzz_call_profile(struct world *w);
lam_status fuzz_call_gradcheck(struct world *w);

void fuzz_world_begin(struct world *w);
/* Makes data for the net. False: its outputs are too large. */
bool fuzz_world_fill(struct world *w);
/* Frees all. */
void fuzz_world_end(struct world *w);

/* Adds bytes to the world's sum. */
void fuzz_add(struct world *w, const void *bytes, size_t count);
/* Adds all that can be seen of the net: parameters, states, gradients, output, losses. */
void fuzz_add_net(struct world *w);
/* A sum of the net's parameters and states. */
uint64_t fuzz_values_sum(lam_net *net);

/* The length of a text, which is printable. */
size_t fuzz_printable(const char *text);

#endif
