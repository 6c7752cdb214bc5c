/* SPDX-License-Identifier: MIT */
/* With L at v - 2h, v - h, v + h and v + 2h, the quotients over both sides are
 *
 *     d1 = (L(v + h) - L(v - h)) / 2h,     d2 = (L(v + 2h) - L(v - 2h)) / 4h,
 *
 * and the slope is (4 d1 - d2) / 3, whose error is of order h^4. Where the analytic gradient does
 * not agree, all steps of a ladder are measured. The best one is where d1 and d2, and the next
 * step, agree best: larger steps meet curvature and kinks, smaller ones rounding errors. A gradient
 * is wrong if it is twice as far from the best slope as that slope is uncertain. */
#include "framework/check/slope.h"

#include <float.h>
#include <math.h>

/* Steps h 4^-s, for s from -COARSER to FINER. */
enum { COARSER = 6, FINER = 8, STEPS = COARSER + 1 + FINER };

/* The slope by one step, the quotients of either side, and how certain it is. */
typedef struct slope {
	double value, above, below;
	double spread;   /* |d1 - d2| */
	double noise;    /* of rounding, at least */
	double rounding; /* of L before values were moved, in the terms that have changed */
} slope;

/* Sums of squares of terms of L: as they are, and as they were before values were moved. */
typedef struct squares {
	double now, before;
} squares;

static void add_squares(squares *sum, double now, double before)
{
	sum->now += now * now;
	sum->before += before * before;
}

double lam_moved_weight(int64_t i)
{
	const uint32_t hash = (uint32_t)i * 2654435769u;
	const double size = i ? 0.5 + (hash & 0xffff) / 131072.0 : 1;
	return hash >> 31 ? -size : size;
}

/* Moves the values by `by`; 0: back. Returns the distance, which rounding may have changed. */
static double move(const lam_moved *m, double by)
{
	double distance = by;
	for (int64_t i = 0; i < m->count; i++) {
		lam_real *at = m->at + i * m->stride;
		const lam_real start = m->start[i * m->start_stride];
		*at = (lam_real)((double)start + lam_moved_weight(i) * by);
		if (m->count == 1)
			distance = (double)*at - (double)start;
		for (int c = 1; c <= m->copies; c++)
			at[c] = *at;
	}
	return distance;
}

/* L now less L before, of one block: *sum grows by its terms. */
static double change_of_block(const lam_meter *m, int64_t b, squares *sum)
{
	const lam_alone *a = m->alone;
	double change = 0;
	if (!m->r && a->divisor == 0) /* no target counts, and the loss is 0 */
		return 0;
	if (!m->r) {
		const double now = *(const double *)lam_guarded_part(
			lam_alone_array(a, REACH_LOSS, 0), b);
		add_squares(sum, now / a->divisor, m->loss[b] / a->divisor);
		return (now - m->loss[b]) / a->divisor;
	}
	const int64_t values = lam_alone_features(a, REACH_Y, 0) * LAM_LANES;
	const lam_real *now = lam_guarded_part(lam_alone_array(a, REACH_Y, 0), b);
	const lam_real *before = m->y + b * values, *r = m->r + b * values;
	for (int64_t i = 0; i < values; i++)
		if (now[i] != before[i] && r[i] != 0) {
			change += (double)r[i] * ((double)now[i] - (double)before[i]);
			add_squares(sum, (double)r[i] * (double)now[i],
				(double)r[i] * (double)before[i]);
		}
	return change;
}

/* Computes L when the values are moved by `by`, less L at their place. *sum grows by the terms of L
 * that have changed. */
static lam_status moved_by(const lam_meter *m, const lam_moved *moved, double by, double *distance,
	double *change, squares *sum)
{
	lam_alone *a = m->alone;
	const bool one = moved->param < 0 && a->by_block;
	*distance = move(moved, by);
	lam_status status = moved->param < 0 ? LAM_OK : lam_alone_pack(a, moved->param);
	if (!status)
		status = lam_alone_run(a, LAM_FORWARD, one ? moved->block : -1);
	move(moved, 0);
	*change = 0;
	for (int64_t b = one ? moved->block : 0; b < (one ? moved->block + 1 : a->blocks); b++)
		*change += change_of_block(m, b, sum);
	return status;
}

/* Measures with one step. `near` != NULL: stores d1 there and returns before d2 is measured if d1
 * is within `enough` of *near. */
static lam_status measure(const lam_meter *m, const lam_moved *moved, double h, slope *s,
	const double *near, double enough)
{
	const double epsilon = sizeof(lam_real) == sizeof(float) ? FLT_EPSILON : DBL_EPSILON;
	double up, above, down, below;
	squares sum = {0};
	lam_status status = moved_by(m, moved, h, &up, &above, &sum);
	if (!status)
		status = moved_by(m, moved, -h, &down, &below, &sum);
	if (status)
		return status;
	const double d1 = (above - below) / (up - down);
	*s = (slope){.value = d1,
		.above = above / up,
		.below = below / down,
		.noise = epsilon * sqrt(sum.now) / h,
		.rounding = epsilon * sqrt(sum.before)};
	if (near && fabs(d1 - *near) <= enough)
		return LAM_OK;
	status = moved_by(m, moved, 2 * h, &up, &above, &sum);
	if (!status)
		status = moved_by(m, moved, -2 * h, &down, &below, &sum);
	const double d2 = (above - below) / (up - down);
	s->value = (4 * d1 - d2) / 3;
	s->spread = fabs(d1 - d2);
	return status;
}

/* How uncertain the slope s is, when `other` was measured with a step that is 4 times as large or
 * as small. The sides of a smooth function differ by h times its second derivative, those of a kink
 * at v by the same with any step; only that is uncertain. */
static double uncertainty(const slope *s, const slope *other, double times)
{
	const double kink = (s->above - s->below) - times * (other->above - other->below);
	return fmax(fmax(s->spread, fabs(s->value - other->value)), fabs(kink / (1 - times)))
		+ s->noise;
}

static double least_of(double a, double b)
{
	return a < b ? a : b;
}

/* At a kink: the slopes of the two sides are different, and both stay the same with a smaller step.
 * Any gradient between them is right. If only one side is steady, because the kink lies a little
 * way off on the other one, the gradient is this side's. */
static lam_verdict judge_sides(const slope *s, double analytic, double slack, lam_judgement *j)
{
	bool at_kink = false;
	for (int i = COARSER; i + 1 < STEPS; i++) {
		const bool above = fabs(s[i].above - s[i + 1].above) <= slack,
			   below = fabs(s[i].below - s[i + 1].below) <= slack;
		if (s[i + 1].noise > slack || !(above || below))
			continue;
		const double low = least_of(s[i + 1].above, s[i + 1].below),
			     high = s[i + 1].above + s[i + 1].below - low;
		if (!(high - low > slack))
			continue;
		const bool between = above && below && analytic >= low - slack
			&& analytic <= high + slack;
		if (between || (above && fabs(analytic - s[i + 1].above) <= slack)
			|| (below && fabs(analytic - s[i + 1].below) <= slack)) {
			j->numeric = fabs(analytic - s[i + 1].above)
					< fabs(analytic - s[i + 1].below)
				? s[i + 1].above
				: s[i + 1].below;
			return LAM_RIGHT;
		}
		at_kink |= above && below;
	}
	return at_kink ? LAM_WRONG : LAM_UNSURE;
}

/* Fills in how uncertain each slope is, and returns the best one's index. A slope by a step that is
 * larger than h, which may be far beyond what the function is like here, must agree with those by
 * all steps between, as far as rounding lets them tell. */
static int find_best(const slope *s, double *unsure)
{
	int best = STEPS - 1;
	for (int i = STEPS - 1; i >= 0; i--) {
		unsure[i] = i + 1 < STEPS ? uncertainty(&s[i], &s[i + 1], 4)
					  : uncertainty(&s[i], &s[i - 1], 0.25);
		for (int j = i + 1; j <= COARSER; j++)
			unsure[i] = fmax(unsure[i], fabs(s[i].value - s[j].value) - s[j].noise);
		unsure[i] = isfinite(unsure[i]) ? unsure[i] : INFINITY;
		best = unsure[i] < unsure[best] ? i : best;
	}
	return best;
}

/* Measures all steps and judges by the best. */
static lam_status climb(
	const lam_meter *m, const lam_moved *moved, double analytic, double unit, lam_judgement *j)
{
	slope s[STEPS];
	double unsure[STEPS], rounding = 0;
	for (int i = 0; i < STEPS; i++) {
		const double h = moved->step * pow(4, COARSER - i);
		lam_status status = measure(m, moved, h, &s[i], NULL, 0);
		if (status)
			return status;
		rounding = fmax(rounding, s[i].rounding);
	}
	/* A small step may change no output, by rounding. It is no more certain for that. */
	for (int i = 0; i < STEPS; i++)
		s[i].noise = fmax(s[i].noise, rounding / (moved->step * pow(4, COARSER - i)));
	const int best = find_best(s, unsure);
	const double scale = fmax(unit, fmax(fabs(analytic), fabs(s[best].value)));
	const double slack = m->tolerance * scale, off = fabs(analytic - s[best].value);
	j->numeric = s[best].value;
	j->verdict = LAM_UNSURE;
	if (!isfinite(off)) {
		j->error = INFINITY;
		j->verdict = isfinite(analytic) ? LAM_UNSURE : LAM_WRONG;
		return LAM_OK;
	}
	for (int i = 0; i < STEPS && j->verdict != LAM_RIGHT; i++)
		if (fabs(analytic - s[i].value) <= slack + s[i].noise && unsure[i] <= 4 * slack) {
			j->numeric = s[i].value;
			j->verdict = LAM_RIGHT;
		}
	if (j->verdict != LAM_RIGHT && off > slack && off > 2 * unsure[best])
		j->verdict = LAM_WRONG;
	if (j->verdict == LAM_UNSURE)
		j->verdict = judge_sides(s, analytic, slack, j);
	j->error = fmin(fabs(analytic - j->numeric) / scale,
		j->verdict == LAM_RIGHT ? m->tolerance : INFINITY);
	return LAM_OK;
}

static lam_status judge(
	const lam_meter *m, const lam_moved *moved, double analytic, double unit, lam_judgement *j)
{
	slope s;
	const double scale = fmax(unit, fabs(analytic)), slack = m->tolerance * scale;
	lam_status status = measure(m, moved, moved->step, &s, &analytic, slack);
	if (status)
		return status;
	if (fabs(analytic - s.value) <= slack) {
		*j = (lam_judgement){LAM_RIGHT, s.value, fabs(analytic - s.value) / scale};
		return LAM_OK;
	}
	const double off = fabs(analytic - s.value);
	if (moved->hasty && s.spread + s.noise < off / 8) {
		*j = (lam_judgement){LAM_WRONG, s.value, off / fmax(scale, fabs(s.value))};
		return LAM_OK;
	}
	status = climb(m, moved, analytic, unit, j);
	if (status || j->verdict != LAM_WRONG)
		return status;
	/* Other steps have other rounding errors: an error must be there with them, too. */
	lam_moved again = *moved;
	again.step *= 0.75;
	return climb(m, &again, analytic, unit, j);
}

lam_status lam_judge(const lam_meter *meter, const lam_moved *moved, double analytic, double unit,
	lam_judgement *judgement)
{
	lam_status status = judge(meter, moved, analytic, unit > 0 ? unit : DBL_MIN, judgement);
	if (!status && moved->param >= 0)
		status = lam_alone_pack(meter->alone, moved->param);
	return status;
}
