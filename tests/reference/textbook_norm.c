/* SPDX-License-Identifier: MIT */
#include "tests/reference/textbook.h"

#include <math.h>
#include <string.h>

/* The number of the weight of place p of channel c. */
static int64_t weight_of(const struct norm *o, int64_t c, int64_t p)
{
	return o->each_value ? c * o->places + p : c;
}

/* The values of group `g`: all channels at place g, or all places of its channels. */
struct part {
	int64_t channel, channel_end, place, place_end;
};

static struct part part_of(const struct norm *o, int64_t g)
{
	const int64_t size = o->channels / o->groups;
	return o->each_place ? (struct part){0, o->channels, g, g + 1}
			     : (struct part){size * g, size * (g + 1), 0, o->places};
}

#define EACH_VALUE(part) \
	for (int64_t c = (part).channel; c < (part).channel_end; c++) \
		for (int64_t p = (part).place; p < (part).place_end; p++)

/* The mean of a group of one sample, its standard deviation with eps, and its number of values. */
static int64_t statistics(
	double *mean, double *deviation, const double *x, const struct norm *o, struct part part)
{
	int64_t count = 0;
	double squares = 0;
	*mean = 0;
	EACH_VALUE(part)
	count++;
	EACH_VALUE(part)
	*mean += x[c * o->places + p] / (double)count;
	EACH_VALUE(part)
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
			const struct part part = part_of(o, g);
			double mean, deviation;
			statistics(&mean, &deviation, x, o, part);
			EACH_VALUE(part)
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
			const struct part part = part_of(o, g);
			double mean, deviation, sum = 0, product = 0;
			const double count = (double)statistics(&mean, &deviation, x, o, part);
			EACH_VALUE(part)
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
			EACH_VALUE(part)
			{
				const int64_t at = c * o->places + p;
				const double h = (x[at] - mean) / deviation,
					     d = dy[at] * (w ? w[weight_of(o, c, p)] : 1);
				dx[at] = (d - sum / count - h * product / count) / deviation;
			}
		}
}

/* The channels j from c - `below` to c + `above` that there are. */
#define NEIGHBOURS(o, c, below, above) \
	for (int64_t j = (c) > (below) ? (c) - (below) : 0; \
		j < (o)->channels && j <= (c) + (above); j++)

/* The base of the power at channel c of a place. */
static double base(const double *x, const struct response *o, int64_t c)
{
	double sum = 0;
	NEIGHBOURS(o, c, o->window / 2, (o->window - 1) / 2)
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
				NEIGHBOURS(o, c, (o->window - 1) / 2, o->window / 2)
				dx[at] -= dy[first + j * o->places] * x[first + j * o->places]
					* x[at] * 2 * o->alpha * o->beta / (double)o->window
					/ pow(base(x + first, o, j), o->beta + 1);
			}
}
