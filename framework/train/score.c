/* SPDX-License-Identifier: MIT */
/* Counts correct outputs: compares the output of the last forward, in lanes, with the rows of its
 * targets. */
#include "framework/train/score.h"

#include "framework/base/shown.h"
#include "framework/kernels/kernels.h"
#include "framework/kernels/sizes.h"
#include "framework/net/place.h"
#include "framework/net/query.h"
#include "framework/net/targets.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

/* One block of outputs [features][places][16] with its targets. */
struct outputs {
	const lam_real *block;
	size_t features, places; /* places: 1 unless the metric compares each place */
	int used;                /* lanes that hold samples */
	const int32_t *classes;  /* [used][places]; NULL: the targets are `values` */
	const int32_t *second;   /* of mixed samples, as in lam_pass; NULL: none are */
	const lam_real *share;
	int64_t ignored;         /* the class that does not count */
	const lam_real *values;  /* [used][features][places] */
	const lam_real *weights; /* [used]: samples of weight 0 do not count; NULL: all do */
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

static bool counts_lane(const struct outputs *o, size_t lane)
{
	return !o->weights || o->weights[lane] != 0;
}

static int64_t count_lanes(const struct outputs *o)
{
	int64_t count = 0;
	for (size_t lane = 0; lane < (size_t)o->used; lane++)
		count += counts_lane(o, lane);
	return count;
}

static struct count count_none(const struct outputs *o)
{
	return (struct count){NAN, count_lanes(o)};
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

/* Counts one place of a mixed sample: the share of the class that was found, among those that
 * count.
 */
static void count_mixed(
	const struct outputs *o, size_t lane, size_t place, size_t winner, struct count *count)
{
	const size_t at = lane * o->places + place;
	const int32_t y[2] = {o->classes[at], o->second[at]};
	const double share[2] = {(double)o->share[lane], (double)(1 - o->share[lane])};
	double all = 0, right = 0;
	for (int k = 0; k < 2; k++) {
		if (y[k] == o->ignored)
			continue;
		all += share[k];
		right += (size_t)y[k] == winner ? share[k] : 0;
	}
	if (!(all > 0))
		return;
	count->scored++;
	if (!isnan(o->block[(winner * o->places + place) * LAM_LANES + lane]))
		count->right += right / all;
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
			for (size_t p = 0; p < places && counts_lane(o, lane); p++)
				(o->second ? count_mixed : count_place)(o, lane, first + p,
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
		for (size_t f = 0; f < o->features && counts_lane(o, (size_t)lane); f++) {
			const lam_real y = o->block[f * LAM_LANES + (size_t)lane];
			right += !isnan(y) && !isnan(row[f]) && (y > half) == (row[f] > half);
		}
	}
	return (struct count){(double)right / (double)o->features, count_lanes(o)};
}

static struct count (*const counts[])(const struct outputs *) = {
	[LAM_METRIC_NONE] = count_none,
	[LAM_METRIC_CLASS] = count_classes,
	[LAM_METRIC_BINARY] = count_binary,
};

void lam_tally_add(lam_net *net, int loss, lam_scored which, const lam_run_target *given,
	int64_t block, int64_t n)
{
	const void *targets = given->data;
	lam_tally *tally = lam_net_tally(net, loss, which);
	const lam_shape output = lam_net_loss_shape(net, loss);
	const lam_metric metric = lam_net_metric(net, loss);
	const lam_place place = lam_net_loss_place(net, loss);
	const lam_target_info info = lam_net_target_info(net, loss);
	const bool classes = info.type == LAM_CLASSES;
	const int64_t all = lam_shape_count(&output),
		      places = metric != LAM_METRIC_CLASS ? 1
		: classes                                 ? lam_target_values(&info)
							  : all / output.dim[0];
	for (int64_t first = 0; first < n; first += LAM_LANES) {
		const struct count count = counts[metric](&(struct outputs){
			.block = place.data + (block + first / LAM_LANES) * place.block,
			.features = (size_t)(all / places),
			.places = (size_t)places,
			.used = (int)lanes_used(n, first / LAM_LANES),
			.confusion = lam_net_confusion(net, loss, which),
			.ignored = lam_target_ignored(&info),
			.second = given->second ? given->second + first * places : NULL,
			.share = given->share ? given->share + first : NULL,
			.classes = classes ? (const int32_t *)targets + first * places : NULL,
			.values = classes ? NULL : (const lam_real *)targets + first * all,
			.weights = given->weights ? given->weights + first : NULL,
		});
		tally->right += count.right;
		tally->scored += count.scored;
	}
	tally->loss += lam_net_loss_value(net, loss) * lam_net_loss_divisor(net, loss);
	tally->weight += lam_net_loss_divisor(net, loss);
	tally->seen += n;
}

void lam_tallies_add(lam_net *net, lam_scored which, const lam_run_target *targets, int64_t n)
{
	for (int i = 0; i < lam_net_loss_count(net); i++)
		lam_tally_add(net, i, which, &targets[i], 0, n);
}

void lam_tallies_clear(lam_net *net, lam_scored which)
{
	for (int i = 0; i < lam_net_loss_count(net); i++) {
		const int64_t classes = lam_net_target_info(net, i).classes;
		int64_t *confusion = lam_net_confusion(net, i, which);
		*lam_net_tally(net, i, which) = (lam_tally){0};
		if (confusion)
			memset(confusion, 0, (size_t)(classes * classes) * sizeof *confusion);
	}
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

/* The score of one loss, without its weight. */
static lam_score score_of(const lam_net *net, int loss, lam_scored which)
{
	const lam_tally *tally = lam_net_tally(net, loss, which);
	lam_score score = lam_score_none();
	if (tally->seen == 0)
		return score;
	score.count = tally->seen;
	score.loss = tally->weight > 0 ? tally->loss / tally->weight : 0;
	score.scored = tally->scored;
	score.accuracy = tally->right / (double)tally->scored;
	score.confusion = lam_net_confusion(net, loss, which);
	if (score.confusion) {
		score.classes = lam_net_target_info(net, loss).classes;
		score.mean_iou = lam_mean_iou(score.confusion, score.classes);
	}
	return score;
}

lam_score lam_tallies_score(const lam_net *net, lam_scored which)
{
	const int losses = lam_net_loss_count(net);
	lam_score all = score_of(net, 0, which);
	if (losses == 1)
		all.loss *= (double)lam_net_loss_weight(net, 0);
	if (losses == 1 || all.count == 0)
		return all;
	lam_score sum = lam_score_none();
	sum.count = all.count;
	sum.loss = 0;
	for (int i = 0; i < losses; i++)
		sum.loss += (double)lam_net_loss_weight(net, i) * score_of(net, i, which).loss;
	return sum;
}

lam_status lam_net_score_of_with(
	const lam_net *net, const char *name, lam_scored which, lam_score *score, size_t score_size)
{
	if (!net || !name || !score)
		return lam_fail(LAM_ERR_ARGUMENT, "lam_net_score_of: the %s is NULL",
			!net            ? "net"
				: !name ? "name"
					: "score");
	if (score_size < sizeof score->size || score_size > sizeof *score)
		return lam_fail(LAM_ERR_ARGUMENT,
			"lam_net_score_of: a score of %zu bytes; expected at most %zu", score_size,
			sizeof *score);
	if (which < LAM_EVALUATED || which > LAM_TRAINED)
		return lam_fail(LAM_ERR_ARGUMENT,
			"lam_net_score_of: %d is no score; expected a lam_scored", (int)which);
	for (int i = 0; i < lam_net_loss_count(net); i++) {
		if (strcmp(lam_net_loss_name(net, i), name) != 0)
			continue;
		lam_score found = score_of(net, i, which);
		found.size = score_size;
		memcpy(score, &found, score_size);
		return LAM_OK;
	}
	return lam_fail(LAM_ERR_ARGUMENT, "lam_net_score_of: the net has no loss \"%s\"; it has %s",
		lam_show(name).text, lam_loss_names(net).text);
}

lam_status lam_score_room(lam_net *net, lam_scored which)
{
	lam_target_info info;
	lam_status status = lam_net_targets(net, &info);
	for (int i = 0; i < lam_net_loss_count(net) && !status; i++) {
		info = lam_net_target_info(net, i);
		if (lam_net_metric(net, i) == LAM_METRIC_CLASS && info.type == LAM_CLASSES
			&& info.classes <= LAM_MAX_CONFUSION)
			status = lam_net_confusion_room(net, i, which, info.classes);
	}
	return status;
}
