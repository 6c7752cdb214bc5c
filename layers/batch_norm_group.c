/* SPDX-License-Identifier: MIT */
#include "layers/batch_norm_group.h"

/* The number of groups, whose values in `blocks` blocks stay in the second cache. */
static int64_t group_count(const struct batch_norm *state, lam_job job, int64_t blocks)
{
	const int64_t arrays = job == LAM_FORWARD ? 1 : 2,
		      channel = arrays * blocks * state->places * LAM_LANES
		* (int64_t)sizeof(lam_real),
		      most_channels = most(1, state->channels / BATCH_NORM_SLICES);
	return ceil_divide(
		state->channels, limit(BATCH_NORM_BYTES / channel, 1, least(GROUP, most_channels)));
}

/* Whether a job has a phase for the sums of each block. Less than BY_BLOCK bytes of a block are not
 * worth two more phases, and of few places to merge the sums takes longer than to add them. */
enum { BY_BLOCK = 64 * 1024, BY_BLOCK_PLACES = 16 };

static bool goes_by_block(const struct batch_norm *state, lam_mode mode, int64_t blocks)
{
	const int64_t values = state->channels * state->places * LAM_LANES;
	return mode == LAM_TRAIN && blocks > 1 && state->places >= BY_BLOCK_PLACES
		&& values * (int64_t)sizeof(lam_real) >= BY_BLOCK;
}

int lam_batch_norm_phases(
	const lam_layer *self, lam_job job, lam_mode mode, int64_t blocks, lam_phase *phase)
{
	const struct batch_norm *state = lam_layer_state(self);
	if (goes_by_block(state, mode, blocks)) {
		phase[SUMS] = phase[VALUES] = (lam_phase){true, group_count(state, job, 1)};
		phase[MERGE] = (lam_phase){false, ceil_divide(state->channels, LAM_LANES)};
		return 3;
	}
	const bool per_block = job == LAM_FORWARD && mode == LAM_EVAL;
	phase[0] = (lam_phase){per_block, per_block ? 1 : group_count(state, job, blocks)};
	return 1;
}

struct group find_group(const struct batch_norm *state, int64_t index, int64_t groups)
{
	const int64_t first = piece_begin(state->channels, index, groups);
	return (struct group){
		first, piece_begin(state->channels, index + 1, groups) - first, state->places};
}

struct stages stages_of(const struct batch_norm *state, const lam_pass *pass)
{
	if (!goes_by_block(state, pass->mode, pass->blocks))
		return (struct stages){true, true, true, pass->blocks};
	return (struct stages){pass->phase == SUMS, pass->phase == MERGE, pass->phase == VALUES, 1};
}

void group_line(struct line *line, const struct batch_norm *state, const lam_pass *pass,
	const struct group *group)
{
	const struct statistics batch = statistics_of(state, pass);
	for (int64_t k = 0; k < group->count; k++)
		lam_batch_norm_line(pass, batch, group->first + k, &line->a[k], &line->b[k]);
}
