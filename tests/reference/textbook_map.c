/* SPDX-License-Identifier: MIT */
/* Affine maps, activations and normalisation. */
#include "tests/reference/textbook.h"

#include <math.h>
#include <string.h>

void textbook_affine(double *y, const double *x, const double *w, const double *b, int64_t n,
	int64_t in, int64_t out)
{
	for (int64_t s = 0; s < n; s++)
		for (int64_t o = 0; o < out; o++) {
			double sum = b ? b[o] : 0;
			for (int64_t i = 0; i < in; i++)
				sum += w[o * in + i] * x[s * in + i];
			y[s * out + o] = sum;
		}
}

void textbook_affine_backward(double *dx, double *dw, double *db, const double *dy, const double *x,
	const double *w, int64_t n, int64_t in, int64_t out)
{
	memset(dw, 0, (size_t)(in * out) * sizeof *dw);
	if (dx)
		memset(dx, 0, (size_t)(n * in) * sizeof *dx);
	if (db)
		memset(db, 0, (size_t)out * sizeof *db);
	for (int64_t s = 0; s < n; s++)
		for (int64_t o = 0; o < out; o++) {
			double d = dy[s * out + o];
			if (db)
				db[o] += d;
			for (int64_t i = 0; i < in; i++) {
				dw[o * in + i] += d * x[s * in + i];
				if (dx)
					dx[s * in + i] += d * w[o * in + i];
			}
		}
}

double textbook_sigmoid(double x)
{
	return 1 / (1 + exp(-x));
}

void textbook_softmax(double *p, const double *z, int64_t n, int64_t channels, int64_t places)
{
	for (int64_t i = 0; i < n * places; i++) {
		int64_t first = i / places * channels * places + i % places;
		double most = z[first], sum = 0;
		for (int64_t k = 1; k < channels; k++)
			most = fmax(most, z[first + k * places]);
		for (int64_t k = 0; k < channels; k++)
			sum += p[first + k * places] = exp(z[first + k * places] - most);
		for (int64_t k = 0; k < channels; k++)
			p[first + k * places] /= sum;
	}
}

void textbook_softmax_backward(
	double *dz, const double *dp, const double *p, int64_t n, int64_t channels, int64_t places)
{
	for (int64_t i = 0; i < n * places; i++) {
		int64_t first = i / places * channels * places + i % places;
		for (int64_t k = 0; k < channels; k++) {
			double sum = 0;
			for (int64_t j = 0; j < channels; j++)
				sum += dp[first + j * places] * p[first + j * places]
					* ((j == k) - p[first + k * places]);
			dz[first + k * places] = sum;
		}
	}
}

void textbook_global_average(double *y, const double *x, int64_t planes, int64_t plane)
{
	for (int64_t c = 0; c < planes; c++) {
		y[c] = 0;
		for (int64_t i = 0; i < plane; i++)
			y[c] += x[c * plane + i] / (double)plane;
	}
}

void textbook_global_average_backward(double *dx, const double *dy, int64_t planes, int64_t plane)
{
	for (int64_t i = 0; i < planes * plane; i++)
		dx[i] = dy[i / plane] / (double)plane;
}

void textbook_standardize(double *y, const double *x, const double *mean, const double *std,
	int64_t n, int64_t channels, int64_t plane)
{
	for (int64_t i = 0; i < n * channels * plane; i++)
		y[i] = (x[i] - mean[i / plane % channels]) / std[i / plane % channels];
}

void textbook_standardize_backward(
	double *dx, const double *dy, const double *std, int64_t n, int64_t channels, int64_t plane)
{
	for (int64_t i = 0; i < n * channels * plane; i++)
		dx[i] = dy[i] / std[i / plane % channels];
}

/* The index of value k of channel c; a channel has N = n plane values. */
static int64_t place(const struct batch_norm *o, int64_t c, int64_t k)
{
	return (k / o->plane * o->channels + c) * o->plane + k % o->plane;
}

/* The mean over channel c, and the sum of squared differences from it. */
static void statistics(
	double *mean, double *squares, const double *x, const struct batch_norm *o, int64_t c)
{
	int64_t count = o->n * o->plane;
	*mean = *squares = 0;
	for (int64_t k = 0; k < count; k++)
		*mean += x[place(o, c, k)] / (double)count;
	for (int64_t k = 0; k < count; k++)
		*squares += pow(x[place(o, c, k)] - *mean, 2);
}

void textbook_batch_norm(double *y, double *running_mean, double *running_var, const double *x,
	const double *weight, const double *bias, const struct batch_norm *o)
{
	int64_t count = o->n * o->plane;
	for (int64_t c = 0; c < o->channels; c++) {
		double mean, squares;
		statistics(&mean, &squares, x, o, c);
		for (int64_t k = 0; k < count; k++) {
			int64_t at = place(o, c, k);
			y[at] = weight[c] * (x[at] - mean) / sqrt(squares / (double)count + o->eps)
				+ bias[c];
		}
		running_mean[c] = (1 - o->momentum) * running_mean[c] + o->momentum * mean;
		running_var[c] = (1 - o->momentum) * running_var[c]
			+ o->momentum * squares / (double)(count - 1);
	}
}

void textbook_batch_norm_eval(double *y, const double *x, const double *weight, const double *bias,
	const double *running_mean, const double *running_var, const struct batch_norm *o)
{
	for (int64_t i = 0; i < o->n * o->channels * o->plane; i++) {
		int64_t c = i / o->plane % o->channels;
		y[i] = weight[c] * (x[i] - running_mean[c]) / sqrt(running_var[c] + o->eps)
			+ bias[c];
	}
}

void textbook_batch_norm_eval_backward(double *dx, double *dweight, double *dbias, const double *dy,
	const double *x, const double *weight, const double *running_mean,
	const double *running_var, const struct batch_norm *o)
{
	for (int64_t c = 0; c < o->channels; c++) {
		const double deviation = sqrt(running_var[c] + o->eps);
		dweight[c] = dbias[c] = 0;
		for (int64_t k = 0; k < o->n * o->plane; k++) {
			const int64_t at = place(o, c, k);
			dbias[c] += dy[at];
			dweight[c] += dy[at] * (x[at] - running_mean[c]) / deviation;
			dx[at] = weight[c] / deviation * dy[at];
		}
	}
}

/* With h = (x - mean) / deviation:
 *
 *     dx = weight / deviation (dy - mean of dy - h mean of (dy h)) */
void textbook_batch_norm_backward(double *dx, double *dweight, double *dbias, const double *dy,
	const double *x, const double *weight, const struct batch_norm *o)
{
	int64_t count = o->n * o->plane;
	for (int64_t c = 0; c < o->channels; c++) {
		double mean, squares;
		statistics(&mean, &squares, x, o, c);
		double deviation = sqrt(squares / (double)count + o->eps);
		dweight[c] = dbias[c] = 0;
		for (int64_t k = 0; k < count; k++) {
			int64_t at = place(o, c, k);
			dbias[c] += dy[at];
			dweight[c] += dy[at] * (x[at] - mean) / deviation;
		}
		for (int64_t k = 0; k < count; k++) {
			int64_t at = place(o, c, k);
			double h = (x[at] - mean) / deviation;
			dx[at] = weight[c] / deviation
				* (dy[at] - dbias[c] / (double)count
					- h * dweight[c] / (double)count);
		}
	}
}
