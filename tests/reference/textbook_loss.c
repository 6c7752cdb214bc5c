/* SPDX-License-Identifier: MIT */
/* Losses. Each returns the value, and writes the gradient unless it is NULL. */
#include "tests/reference/textbook.h"

#include <math.h>

double textbook_softmax_cross_entropy(
	double *dz, const double *z, const double *t, int64_t n, int64_t features, double smoothing)
{
	double loss = 0;
	for (int64_t s = 0; s < n; s++, z += features, t += features) {
		double most = z[0], sum = 0, total = 0;
		for (int64_t k = 1; k < features; k++)
			most = fmax(most, z[k]);
		for (int64_t k = 0; k < features; k++)
			sum += exp(z[k] - most);
		double log_sum = most + log(sum);
		for (int64_t k = 0; k < features; k++) {
			double smooth = (1 - smoothing) * t[k] + smoothing / (double)features;
			loss += smooth * (log_sum - z[k]) / (double)n;
			total += smooth;
		}
		for (int64_t k = 0; dz && k < features; k++) {
			double smooth = (1 - smoothing) * t[k] + smoothing / (double)features;
			*dz++ = (total * exp(z[k] - log_sum) - smooth) / (double)n;
		}
	}
	return loss;
}

double textbook_sigmoid_cross_entropy(
	double *dz, const double *z, const double *t, int64_t n, int64_t features)
{
	double loss = 0, count = (double)(n * features);
	for (int64_t i = 0; i < n * features; i++) {
		loss += (fmax(z[i], 0) - z[i] * t[i] + log1p(exp(-fabs(z[i])))) / count;
		if (dz)
			dz[i] = (1 / (1 + exp(-z[i])) - t[i]) / count;
	}
	return loss;
}

double textbook_binary_cross_entropy(
	double *dp, const double *p, const double *t, int64_t n, int64_t features)
{
	double loss = 0, count = (double)(n * features);
	for (int64_t i = 0; i < n * features; i++) {
		loss -= (t[i] * fmax(log(p[i]), -100) + (1 - t[i]) * fmax(log1p(-p[i]), -100))
			/ count;
		if (dp)
			dp[i] = (p[i] - t[i]) / fmax(p[i] * (1 - p[i]), 1e-12) / count;
	}
	return loss;
}

double textbook_mean_squared_error(
	double *dy, const double *y, const double *t, int64_t n, int64_t features, bool half)
{
	double loss = 0, count = half ? 2 * (double)n : (double)(n * features);
	for (int64_t i = 0; i < n * features; i++) {
		double difference = y[i] - t[i];
		loss += difference * difference / count;
		if (dy)
			dy[i] = 2 * difference / count;
	}
	return loss;
}
