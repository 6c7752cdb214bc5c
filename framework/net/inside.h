/* What a net is made of: its plan, its memory, and where it stands between two runs. Private to the
 * framework; what other rooms may know of a net stands in net/arenas.h. */
#ifndef LAM_NET_INSIDE_H
#define LAM_NET_INSIDE_H

#include "framework/net.h"
#include "framework/plan/inside.h"

#pragma GCC visibility push(hidden)

enum { LAM_MOST_BATCH = 1 << 24 }; /* samples per step */

struct lam_net {
	lam_layer *model;
	lam_plan plan;
	uint64_t seed;
	int64_t max_batch, max_blocks;
	int threads;
	lam_net *source; /* a replica's; NULL: this net owns its parameters */

	lam_real *values; /* parameter arena */
	lam_real *states;
	lam_real *grads;                    /* gradient arena, same offsets */
	lam_real *fresh;                    /* while accumulating: this backward's own gradients */
	lam_real *moments[LAM_MAX_MOMENTS]; /* same offsets */
	unsigned char *packed, *activations, *shared, *scratch;
	lam_real *input; /* lane blocks of the input when the caller gives rows */
	lam_real *output_rows, *input_grad_rows;
	double *loss_sums;  /* one per block */
	double *norm_sums;  /* one per update unit */
	int64_t *confusion; /* of the last evaluation, [classes][classes]; NULL: there was none */
	struct lam_work *work;       /* room for the longest list of one run */
	struct lam_cut *cuts;        /* and for how each piece of it is cut */
	struct lam_share *shares;    /* one per thread */
	struct lam_profile *profile; /* NULL: never started */

	/* where slot 0 lies in this run, and how far its blocks are apart */
	const lam_real *input_now;
	int64_t input_block;
	int64_t n;           /* samples of the last forward */
	const void *targets; /* of the last forward */
	void *target_copy;   /* room for them, when the backward comes in a run of its own */
	size_t target_bytes; /* per sample */
	double loss;
	bool can_backward; /* the last run was a training forward */
	bool has_output, has_gradients, has_input_grad;
	bool output_copied, input_grad_copied; /* whether the row copies are up to date */
	bool accumulate, sum_begun; /* sum_begun: the next backward adds to the gradients */
	lam_rule rule;              /* whose moments these are */
	int moment_count;
	unsigned moment_layout; /* lam_optimizer_layout() of these */
	int64_t updates;        /* steps of the optimizer so far */
	uint64_t passes;        /* training forwards so far: part of the key of random numbers */
};

/* Gives every parameter and state what it starts with. */
void lam_net_initialise(lam_net *net);

/* Where buffer `buffer` of block 0 lies. */
lam_real *lam_net_buffer(const lam_net *net, int buffer);

/* Where block 0 (or sample 0) of a value lies, and how many values it is to the next. */
typedef struct lam_place {
	lam_real *data; /* NULL: nowhere */
	int64_t block;
} lam_place;

/* The place of a buffer: BUFFER_INPUT's is where the input of this run, or of the last one, lies,
 * and is not to be written. */
lam_place lam_net_place(const lam_net *net, int buffer);

/* The first n samples of what lies there in this layout, as rows. */
void lam_place_to_rows(
	lam_real *rows, lam_place place, int64_t features, int64_t n, lam_layout layout);

/* LAM_ERR_MEMORY and a sentence when the planned net would need more than `limit` bytes; 0: no
 * limit. To be called before anything of that size is allocated, when plan, batch, threads and
 * target_bytes are known. */
lam_status lam_net_check_memory(const lam_net *net, size_t limit);

/* Makes the moments that this optimizer needs, zeroed if the rule is another than before. */
lam_status lam_net_moments(lam_net *net, const lam_optimizer *optimizer);

#pragma GCC visibility pop
#endif
