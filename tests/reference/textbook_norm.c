/* SPDX-License-Identifier: MIT */
#include "tests/reference/textbook.h"

#include <math.h>
#include <string.h>

/* The number of the group that place p of channel c belongs to, and of its weight. */
static int64_t group_of(const struct norm *o, int64_t c, int64_t p)
{
	return o->each_place ? p : c / (o->channels / o->groups);
}

static int64_t weight_of(const struct norm *o, int64_t c, int64_t p)
{
	return o->each_value ? c * o->places + p : c;
}

#define EACH_VALUE(o, g) \
	for (int64_t c = 0; c < (o)->channels; c++) \
		for (int64_t p = 0; p < (o)->places; p++) \
			if (group_of(o, c, p) == (g))

/* The mean of a group of one sample, its standard deviation with eps, and its number of values. */
static int64_t statistics(
	double *mean, double *deviation, const double *x, const struct norm *o, int64_t g)
{
	int64_t count = 0;
	double squares = 0;
	*mean = 0;
	EACH_VALUE(o, g)
	count++;
	EACH_VALUE(o, g)
	*mean += x[c * o->places + p] / (double)count;
	EACH_VALUE(o, g)
	squares += pow(x[c * o->places + p] - *mean, 2);
	*deviation = sqrt(squares / (double)count + o->eps);
	return count;
}

void textbook_norm(
	double *y, const double *x, const double *w, const double *b, const struct norm *o)
{
	const int64_t values = o->channels * o->places,
		      groups = o->each_place ? o->places : o->groups;
	for (int64_t s = 0; s < o->n; s++, x += values, y += values)
		for (int64_t g = 0; g < groups; g++) {
			double mean, deviation;
			statistics(&mean, &deviation, x, o, g);
			EACH_VALUE(o, g)
			{
				const int64_t at = c * o->places + p, k = weight_of(o, c, p);
				y[at] = (x[at] - mean) / deviation * (w ? w[k] : 1)
					+ (b ? b[k] : 0);
			}
		}
}

void textbook_norm_backward(double *dx, double *dw, double *db, const double *dy, const double *x,
	const double *w, const struct norm *o)
{
	const int64_t values = o->channels * o->places,
		      groups = o->each_place ? o->places : o->groups;
	const size_t weights = (size_t)(o->each_value ? values : o->channels);
	if (dw)
		memset(dw, 0, weights * sizeof *dw);
	if (db)
		memset(db, 0, weights * sizeof *db);
	for (int64_t s = 0; s < o->n; s++, x += values, dx += values, dy += values)
		for (int64_t g = 0; g < groups; g++) {
			double mean, deviation, sum = 0, product = 0;
			const double count = (double)statistics(&mean, &deviation, x, o, g);
			EACH_VALUE(o, g)
			{
				const int64_t at = c * o->places + p, k = weight_of(o, c, p);
				const double h = (x[at] - mean) / deviation,
					     d = dy[at] * (w ? w[k] : 1);
				sum += d;
				product += d * h;
				if (dw)
					dw[k] += dy[at] * h;
				if (db)
					db[k] += dy[at];
			}
			EACH_VALUE(o, g)
			{
				const int64_t at = c * o->places + p;
				const double h = (x[at] - mean) / deviation,
					     d = dy[at] * (w ? w[weight_of(o, c, p)] : 1);
				dx[at] = (d - sum / count - h * product / count) / deviation;
			}
		}
}

/* Whether channel j is in the window of channel c. */
static bool in_window(const struct response *o, int64_t c, int64_t j)
{
	return j >= c - o->window / 2 && j <= c + (o->window - 1) / 2;
}

/* The base of the power at channel c of a place. */
static double base(const double *x, const struct response *o, int64_t c)
{
	double sum = 0;
	for (int64_t j = 0; j < o->channels; j++)
		if (in_window(o, c, j))
			sum += x[j * o->places] * x[j * o->places];
	return o->k + o->alpha / (double)o->window * sum;
}

void textbook_local_response(double *y, const double *x, const struct response *o)
{
	for (int64_t s = 0; s < o->n; s++)
		for (int64_t c = 0; c < o->channels; c++)
			for (int64_t p = 0; p < o->places; p++) {
				const int64_t sample = s * o->channels * o->places,
					      at = sample + c * o->places + p;
				y[at] = x[at] / pow(base(x + sample + p, o, c), o->beta);
			}
}

void textbook_local_response_backward(
	double *dx, const double *dy, const double *x, const struct response *o)
{
	for (int64_t s = 0; s < o->n; s++)
		for (int64_t c = 0; c < o->channels; c++)
			for (int64_t p = 0; p < o->places; p++) {
				const int64_t first = s * o->channels * o->places + p,
					      at = first + c * o->places;
				dx[at] = dy[at] / pow(base(x + first, o, c), o->beta);
				for (int64_t j = 0; j < o->channels; j++)
					if (in_window(o, j, c))
						dx[at] -= dy[first + j * o->places]
							* x[first + j * o->places] * x[at] * 2
							* o->alpha * o->beta / (double)o->window
							/ pow(base(x + first, o, j), o->beta + 1);
			}
}
