/* SPDX-License-Identifier: MIT */
/* Counts correct outputs: compares the output of the last forward, in lanes, with the rows of its
 * targets. */
#include "framework/train/score.h"

#include "framework/kernels/kernels.h"
#include "framework/kernels/sizes.h"
#include "framework/net/place.h"
#include "framework/net/query.h"
#include "framework/net/targets.h"

#include <inttypes.h>
#include <math.h>

/* One block of outputs [features][places][16] with its targets. */
struct outputs {
	const lam_real *block;
	size_t features, places; /* places: 1 unless the metric compares each place */
	int used;                /* lanes that hold samples */
	const int32_t *classes;  /* [used][places]; NULL: the targets are `values` */
	int64_t ignored;         /* the class that does not count */
	const lam_real *values;  /* [used][features][places] */
	int64_t *confusion;      /* [features][features]; may be NULL */
};

struct count {
	double right;
	int64_t scored;
};

/* As the kernel's argmax, of values `places` apart: the first NaN, otherwise the first of the
 * greatest values. */
static size_t row_argmax(const lam_real *row, size_t count, size_t places)
{
	size_t best = 0;
	for (size_t i = 1; i < count && !isnan(row[best * places]); i++)
		if (!(row[i * places] <= row[best * places]))
			best = i;
	return best;
}

static struct count count_none(const struct outputs *o)
{
	return (struct count){NAN, o->used};
}

/* Counts one place of one sample, whose greatest output is `winner`. */
static void count_place(
	const struct outputs *o, size_t lane, size_t place, size_t winner, struct count *count)
{
	const lam_real *row = o->classes ? NULL
					 : o->values + lane * o->features * o->places + place;
	if (!row && o->classes[lane * o->places + place] == o->ignored)
		return;
	const size_t wanted = row ? row_argmax(row, o->features, o->places)
				  : (size_t)o->classes[lane * o->places + place];
	count->scored++;
	/* The winner is NaN if any output is. NaN is no answer, and no target. */
	if (isnan(o->block[(winner * o->places + place) * LAM_LANES + lane])
		|| (row && isnan(row[wanted * o->places])))
		return;
	count->right += winner == wanted;
	if (o->confusion)
		o->confusion[wanted * o->features + winner]++;
}

static struct count count_classes(const struct outputs *o)
{
	enum { PLACES = 16 };
	int32_t winner[PLACES * LAM_LANES];
	struct count count = {0};
	for (size_t first = 0; first < o->places; first += PLACES) {
		const size_t places = o->places - first < PLACES ? o->places - first : PLACES;
		lam_kernel()->reduce.argmax_places(
			winner, o->block, o->features, o->places, first, places);
		for (size_t lane = 0; lane < (size_t)o->used; lane++)
			for (size_t p = 0; p < places; p++)
				count_place(o, lane, first + p,
					(size_t)winner[p * LAM_LANES + lane], &count);
	}
	return count;
}

static struct count count_binary(const struct outputs *o)
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
	return (struct count){(double)right / (double)o->features, o->used};
}

static struct count (*const counts[])(const struct outputs *) = {
	[LAM_METRIC_NONE] = count_none,
	[LAM_METRIC_CLASS] = count_classes,
	[LAM_METRIC_BINARY] = count_binary,
};

void lam_tally_add(
	lam_tally *tally, const lam_net *net, const void *targets, int64_t n, int64_t *confusion)
{
	const lam_shape output = lam_net_output_shape(net);
	const lam_metric metric = lam_net_metric(net, 0);
	const lam_place place = lam_net_loss_place(net, 0);
	lam_target_info info;
	const bool classes = lam_net_targets(net, &info) == LAM_OK && info.type == LAM_CLASSES;
	const int64_t all = lam_shape_count(&output),
		      places = metric != LAM_METRIC_CLASS ? 1
		: classes                                 ? lam_target_values(&info)
							  : all / output.dim[0];
	for (int64_t first = 0; first < n; first += LAM_LANES) {
		const struct count count = counts[metric](&(struct outputs){
			.block = place.data + first / LAM_LANES * place.block,
			.features = (size_t)(all / places),
			.places = (size_t)places,
			.used = (int)lanes_used(n, first / LAM_LANES),
			.confusion = confusion,
			.ignored = lam_target_ignored(&info),
			.classes = classes ? (const int32_t *)targets + first * places : NULL,
			.values = classes ? NULL : (const lam_real *)targets + first * all,
		});
		tally->right += count.right;
		tally->scored += count.scored;
	}
	tally->loss += lam_net_loss(net) * lam_net_loss_divisor(net, 0);
	tally->weight += lam_net_loss_divisor(net, 0);
	tally->seen += n;
}

double lam_mean_iou(const int64_t *confusion, int64_t classes)
{
	double sum = 0;
	int64_t there = 0;
	for (int64_t c = 0; c < classes; c++) {
		int64_t either = -confusion[c * classes + c];
		for (int64_t k = 0; k < classes; k++)
			either += confusion[c * classes + k] + confusion[k * classes + c];
		if (either > 0) {
			sum += (double)confusion[c * classes + c] / (double)either;
			there++;
		}
	}
	return there ? sum / (double)there : NAN;
}

lam_score lam_score_none(void)
{
	return (lam_score){
		.size = sizeof(lam_score), .loss = NAN, .accuracy = NAN, .mean_iou = NAN};
}

lam_score lam_tally_score(const lam_tally *tally)
{
	lam_score score = lam_score_none();
	if (tally->seen == 0)
		return score;
	score.count = tally->seen;
	score.loss = tally->weight > 0 ? tally->loss / tally->weight : 0;
	score.scored = tally->scored;
	score.accuracy = tally->right / (double)tally->scored;
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
