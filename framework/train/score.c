/* SPDX-License-Identifier: MIT */
/* Counts correct outputs: compares the output of the last forward, in lanes, with the rows of its
 * targets. */
#include "framework/train/score.h"

#include "framework/kernels/kernels.h"
#include "framework/kernels/sizes.h"
#include "framework/net/place.h"
#include "framework/net/query.h"

#include <inttypes.h>
#include <math.h>

/* One block of outputs [features][16] with its targets. */
struct outputs {
	const lam_real *block;
	size_t features;
	int used;               /* lanes that hold samples */
	const int32_t *classes; /* [used]; NULL: the targets are `values` */
	const lam_real *values; /* [used][features] */
	int64_t *confusion;     /* [features][features]; may be NULL */
};

/* As the kernel's argmax: the first NaN, otherwise the first of the greatest values. */
static size_t row_argmax(const lam_real *row, size_t count)
{
	size_t best = 0;
	for (size_t i = 1; i < count && !isnan(row[best]); i++)
		if (!(row[i] <= row[best]))
			best = i;
	return best;
}

static double right_none(const struct outputs *o)
{
	(void)o;
	return NAN;
}

static double right_class(const struct outputs *o)
{
	int32_t winner[LAM_LANES];
	lam_kernel()->reduce.argmax(winner, o->block, o->features);
	int right = 0;
	for (int lane = 0; lane < o->used; lane++) {
		const lam_real *row = o->classes ? NULL : o->values + (size_t)lane * o->features;
		const size_t wanted = row ? row_argmax(row, o->features) : (size_t)o->classes[lane];
		/* The winner is NaN if any output is. NaN is no answer, and no target. */
		if (isnan(o->block[(size_t)winner[lane] * LAM_LANES + (size_t)lane])
			|| (row && isnan(row[wanted])))
			continue;
		right += (size_t)winner[lane] == wanted;
		if (o->confusion)
			o->confusion[wanted * o->features + (size_t)winner[lane]]++;
	}
	return right;
}

static double right_binary(const struct outputs *o)
{
	const lam_real half = (lam_real)0.5;
	int64_t right = 0;
	for (int lane = 0; lane < o->used; lane++) {
		const lam_real *row = o->values + (size_t)lane * o->features;
		for (size_t f = 0; f < o->features; f++) {
			const lam_real y = o->block[f * LAM_LANES + (size_t)lane];
			right += !isnan(y) && !isnan(row[f]) && (y > half) == (row[f] > half);
		}
	}
	return (double)right / (double)o->features;
}

static double (*const rights[])(const struct outputs *) = {
	[LAM_METRIC_NONE] = right_none,
	[LAM_METRIC_CLASS] = right_class,
	[LAM_METRIC_BINARY] = right_binary,
};

void lam_tally_add(
	lam_tally *tally, const lam_net *net, const void *targets, int64_t n, int64_t *confusion)
{
	const lam_shape output = lam_net_output_shape(net);
	const int64_t features = lam_shape_count(&output);
	const lam_place place = lam_net_loss_place(net, 0);
	lam_target_info info;
	bool classes = lam_net_targets(net, &info) == LAM_OK && info.type == LAM_CLASSES;
	for (int64_t first = 0; first < n; first += LAM_LANES)
		tally->right += rights[lam_net_metric(net, 0)](&(struct outputs){
			.block = place.data + first / LAM_LANES * place.block,
			.features = (size_t)features,
			.used = (int)lanes_used(n, first / LAM_LANES),
			.confusion = confusion,
			.classes = classes ? (const int32_t *)targets + first : NULL,
			.values = classes ? NULL : (const lam_real *)targets + first * features,
		});
	tally->loss += lam_net_loss(net) * (double)n;
	tally->seen += n;
}

lam_score lam_score_none(void)
{
	return (lam_score){.size = sizeof(lam_score), .loss = NAN, .accuracy = NAN};
}

lam_score lam_tally_score(const lam_tally *tally)
{
	lam_score score = lam_score_none();
	if (tally->seen == 0)
		return score;
	score.count = tally->seen;
	score.loss = tally->loss / (double)tally->seen;
	score.accuracy = tally->right / (double)tally->seen;
	return score;
}

lam_status lam_score_room(lam_net *net, lam_confusion which)
{
	lam_target_info info;
	lam_status status = lam_net_targets(net, &info);
	if (status || lam_net_metric(net, 0) != LAM_METRIC_CLASS || info.type != LAM_CLASSES
		|| info.classes > LAM_MAX_CONFUSION)
		return status;
	return lam_net_confusion_room(net, 0, which, info.classes);
}
