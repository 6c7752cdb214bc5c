/* SPDX-License-Identifier: MIT */
/* Normalisation over groups of channels for one sample at a time, with channels in the lanes:
 * [ceil(C / 16)][places][16]. A row of features has that layout, too.
 *
 * First each channel's moments, side by side; then those of a group are merged; then every channel
 * is mapped: y = a (x - mean) + b. Backward likewise: each channel's sums of dy and dy xhat,
 * those of a group, and dx = a dy + b (x - mean) + c for every channel. Its second phase adds the
 * channels' sums of all samples, in their order. */
#include "layers/norm_groups.h"

#include "framework/kernels/kernels.h"
#include "layers/channels.h"

#include <math.h>
#include <string.h>

enum { WEIGHT, BIAS };
enum { INPUT, WEIGHTS }; /* phases of backward */

/* What a thread keeps of sixteen channels. */
struct lane_block {
	struct lam_norm_moments moments;
	struct {
		lam_real mean[LAM_LANES], a[LAM_LANES], b[LAM_LANES];
	} map __attribute__((aligned(LAM_ALIGN)));
};

/* The same in backward: the sums of dy and of dy xhat. */
struct lane_sums {
	double dy[LAM_LANES], dyx[LAM_LANES];
};

/* dx = a dy + b (x - mean) + c */
struct lane_map {
	lam_real a[LAM_LANES], b[LAM_LANES], c[LAM_LANES];
} __attribute__((aligned(LAM_ALIGN)));

static int64_t blocks_of(const struct norm_groups *norm)
{
	return lane_blocks(norm->groups * norm->channels);
}

/* Backward's sums are those of all samples, [sample][block]. */
void lam_norm_groups_sample_plan(const struct norm_groups *norm, lam_plan *plan)
{
	const int64_t blocks = blocks_of(norm);
	lam_plan_scratch(plan, LAM_FORWARD, blocks * (int64_t)sizeof(struct lane_block));
	if (lam_plan_inference(plan))
		return;
	lam_plan_saved(plan, blocks * (int64_t)sizeof(struct lam_norm_lanes));
	lam_plan_scratch(plan, LAM_BACKWARD, blocks * (int64_t)sizeof(struct lane_map));
	lam_plan_shared(plan, LAM_BACKWARD, 0, blocks * (int64_t)sizeof(struct lane_sums));
}

/* The fewest neighbouring groups that fill whole blocks of sixteen channels. */
static int64_t groups_of_unit(const struct norm_groups *norm)
{
	int64_t groups = LAM_LANES;
	while (groups > 1 && groups / 2 * norm->channels % LAM_LANES == 0)
		groups /= 2;
	return groups;
}

static int phases(const lam_layer *self, lam_layout x, int64_t samples, lam_phase *phase)
{
	(void)x, (void)samples;
	const struct norm_groups *norm = lam_layer_state(self);
	phase[0] = (lam_phase){.per_block = true,
		.slices = lam_channel_slices(ceil_divide(norm->groups, groups_of_unit(norm)),
			blocks_of(norm) * norm->places)};
	return 1;
}

static int training_phases(const lam_layer *self, lam_job job, lam_mode mode, lam_layout x,
	int64_t samples, lam_phase *phase)
{
	(void)mode;
	const struct norm_groups *norm = lam_layer_state(self);
	phases(self, x, samples, phase);
	phase[WEIGHTS] = (lam_phase){.per_block = false,
		.slices = lam_channel_slices(blocks_of(norm), blocks_of(norm) * samples)};
	return job == LAM_BACKWARD && norm->affine ? 2 : 1;
}

/* The groups of a pass's slices, and their lane blocks. */
struct run {
	int64_t group, end; /* the first group, and behind the last */
	int64_t first, count;
};

static struct run run_of(const struct norm_groups *norm, const lam_pass *pass)
{
	const int64_t unit = groups_of_unit(norm);
	const struct channels units = lam_channels_of(pass, ceil_divide(norm->groups, unit));
	struct run run = {.group = units.first * unit,
		.end = least((units.first + units.count) * unit, norm->groups)};
	run.first = run.group * norm->channels / LAM_LANES;
	run.count = least(lane_blocks(run.end * norm->channels), blocks_of(norm)) - run.first;
	return run;
}

/* Merges the moments of the group's channels, of `places` values each, and sets how each channel is
 * mapped, and what backward needs, unless `saved` is NULL. Channels are counted from the first of
 * `block`. */
static void set_group(const struct norm_groups *norm, struct lane_block *block,
	struct lam_norm_lanes *saved, int64_t first, const lam_real *w, const lam_real *b)
{
	const double places = (double)norm->places;
	const struct lane_block *from = &block[first / LAM_LANES];
	const double origin = from->moments.origin[first % LAM_LANES];
	double mean = 0, squares = 0;
	for (int64_t i = 0; i < norm->channels; i++) {
		const struct lam_norm_moments *m = &block[(first + i) / LAM_LANES].moments;
		const int64_t l = (first + i) % LAM_LANES;
		const double share = 1 / (double)(i + 1),
			     step = (m->origin[l] - origin) + m->mean[l] - mean;
		mean += step * share;
		squares += m->squares[l] + step * step * places * (double)i * share;
	}
	const lam_real center = (lam_real)(origin + mean);
	const double rest = origin - (double)center + mean,
		     r = 1 / sqrt(squares / (places * (double)norm->channels) + (double)norm->eps);
	for (int64_t i = 0; i < norm->channels; i++) {
		struct lane_block *to = &block[(first + i) / LAM_LANES];
		const int64_t l = (first + i) % LAM_LANES;
		const double a = w ? (double)w[i] * r : r;
		to->map.mean[l] = center;
		to->map.a[l] = (lam_real)a;
		to->map.b[l] = (lam_real)((b ? (double)b[i] : 0) - a * rest);
		if (saved) {
			struct lam_norm_lanes *lanes = &saved[(first + i) / LAM_LANES];
			lanes->mean[l] = center;
			lanes->rest[l] = (lam_real)rest;
			lanes->r[l] = (lam_real)r;
		}
	}
}

static lam_status forward(const lam_layer *self, const lam_pass *pass)
{
	const struct norm_groups *norm = lam_layer_state(self);
	const struct run run = run_of(norm, pass);
	const int64_t places = norm->places, first = run.first, count = run.count;
	struct lam_norm_lanes *saved = pass->saved;
	struct lane_block *block = pass->scratch;
	for (int64_t k = 0; k < count; k++)
		lam_kernel()->norm.moments(&block[k].moments, 0,
			pass->x->data + (first + k) * places * LAM_LANES, (size_t)places,
			LAM_LANES);
	/* Lanes without a channel are read, too, and no group sets them. */
	if (count > 0)
		memset(&block[count - 1].map, 0, sizeof block->map);
	if (pass->backward_may_follow && count > 0)
		saved[first + count - 1] = (struct lam_norm_lanes){{0}, {0}, {0}};
	for (int64_t g = run.group; g < run.end; g++) {
		const int64_t channel = g * norm->channels;
		set_group(norm, block, pass->backward_may_follow ? saved + first : NULL,
			channel - first * LAM_LANES,
			norm->affine ? pass->w[WEIGHT] + channel : NULL,
			norm->affine ? pass->w[BIAS] + channel : NULL);
	}
	for (int64_t k = 0; k < count; k++)
		lam_kernel()->map.channel_affine_lanes(
			pass->out->data + (first + k) * places * LAM_LANES,
			pass->x->data + (first + k) * places * LAM_LANES, block[k].map.mean,
			block[k].map.a, block[k].map.b, 1, (size_t)places);
	return LAM_OK;
}

/* How dx follows in the channels of a group, of which `first` is the first of `map`:
 *
 *     dx = r (w dy - G / N - xhat X / N) = a dy + b (x - mean) + c
 *
 * where G and X are the sums of w dy and of w dy xhat, of the group's N values. */
static void map_group(const struct norm_groups *norm, const struct lane_sums *sums,
	const struct lam_norm_lanes *saved, struct lane_map *map, int64_t first, const lam_real *w)
{
	const double share = 1 / (double)(norm->channels * norm->places);
	double dy = 0, dyx = 0;
	for (int64_t i = 0; i < norm->channels; i++) {
		const struct lane_sums *from = &sums[(first + i) / LAM_LANES];
		const int64_t l = (first + i) % LAM_LANES;
		dy += (w ? (double)w[i] : 1) * from->dy[l];
		dyx += (w ? (double)w[i] : 1) * from->dyx[l];
	}
	for (int64_t i = 0; i < norm->channels; i++) {
		const struct lam_norm_lanes *lanes = &saved[(first + i) / LAM_LANES];
		struct lane_map *to = &map[(first + i) / LAM_LANES];
		const int64_t l = (first + i) % LAM_LANES;
		const double r = (double)lanes->r[l], b = -r * r * dyx * share;
		to->a[l] = (lam_real)(w ? r * (double)w[i] : r);
		to->b[l] = (lam_real)b;
		to->c[l] = (lam_real)(-r * dy * share - b * (double)lanes->rest[l]);
	}
}

/* The sums of a lane block: of dy, and of dy xhat = dy (x - mean - rest) r. */
static void sum_block(struct lane_sums *sums, const lam_real *dy, const lam_real *x,
	const struct lam_norm_lanes *lanes, int64_t places)
{
	*sums = (struct lane_sums){{0}, {0}};
	lam_kernel()->reduce.lane_products(
		sums->dy, sums->dyx, dy, x, lanes->mean, NULL, (size_t)places);
	for (int l = 0; l < LAM_LANES; l++)
		sums->dyx[l] = (sums->dyx[l] - (double)lanes->rest[l] * sums->dy[l])
			* (double)lanes->r[l];
}

static void backward_input(const struct norm_groups *norm, const lam_pass *pass)
{
	const struct run run = run_of(norm, pass);
	const struct lam_norm_lanes *saved = (struct lam_norm_lanes *)pass->saved + run.first;
	struct lane_sums *sums = (struct lane_sums *)pass->shared + pass->block * blocks_of(norm)
		+ run.first;
	struct lane_map *map = pass->scratch;
	const int64_t step = norm->places * LAM_LANES, at = run.first * step;
	for (int64_t k = 0; k < run.count; k++)
		sum_block(&sums[k], pass->dy->data + at + k * step, pass->x->data + at + k * step,
			&saved[k], norm->places);
	if (!pass->dx->data)
		return;
	/* Lanes without a channel are read, too, and no group sets them. */
	if (run.count > 0)
		map[run.count - 1] = (struct lane_map){{0}, {0}, {0}};
	for (int64_t g = run.group; g < run.end; g++)
		map_group(norm, sums, saved, map, g * norm->channels - run.first * LAM_LANES,
			norm->affine ? pass->w[WEIGHT] + g * norm->channels : NULL);
	for (int64_t k = 0; k < run.count; k++)
		lam_kernel()->map.channel_combine_lanes(pass->dx->data + at + k * step,
			pass->dy->data + at + k * step, pass->x->data + at + k * step,
			saved[k].mean, map[k].a, map[k].b, map[k].c, (size_t)norm->places);
}

static lam_status backward(const lam_layer *self, const lam_pass *pass)
{
	const struct norm_groups *norm = lam_layer_state(self);
	if (pass->phase == INPUT) {
		backward_input(norm, pass);
		return LAM_OK;
	}
	const int64_t blocks = blocks_of(norm), channels = norm->groups * norm->channels;
	const struct channels run = lam_channels_of(pass, blocks);
	for (int64_t k = run.first; k < run.first + run.count; k++) {
		const struct lane_sums *sums = (struct lane_sums *)pass->shared + k;
		struct lane_sums all = {{0}, {0}};
		for (int64_t i = 0; i < pass->n; i++, sums += blocks)
			for (int l = 0; l < LAM_LANES; l++) {
				all.dy[l] += sums->dy[l];
				all.dyx[l] += sums->dyx[l];
			}
		lam_store_lane_gradients(pass, k, channels, all.dyx, all.dy);
	}
	return LAM_OK;
}

static const lam_sample_training training = {
	.phases = training_phases,
	.backward = backward,
};

const lam_sample_form lam_norm_groups_sample_form = {
	.phases = phases,
	.forward = forward,
	.training = &training,
};
