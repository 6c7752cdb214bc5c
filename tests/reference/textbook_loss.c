/* SPDX-License-Identifier: MIT */
/* Losses. Each returns the value, and writes the gradient unless it is NULL. */
#include "tests/reference/textbook.h"

#include <math.h>
#include <stddef.h>

/* The weight of class k, or of no class. */
static double weight_of(const struct cross_entropy *c, int64_t k)
{
	return c->ignores && k == c->ignored ? 0 : c->weights ? c->weights[k] : 1;
}

double textbook_cross_entropy_count(const struct cross_entropy *c, int64_t first, int64_t n)
{
	double count = 0;
	for (int64_t i = first * c->places; i < (first + n) * c->places; i++)
		count += c->soft ? 1 : weight_of(c, (int64_t)c->targets[i]);
	return count;
}

/* The loss at one place, times `scale`; z and dz are there in class 0. */
static double loss_at(double *dz, const double *z, const struct cross_entropy *c, int64_t sample,
	int64_t place, double scale)
{
	const int64_t classes = c->classes, places = c->places;
	const int64_t y = c->soft ? -1 : (int64_t)c->targets[sample * places + place];
	double most = z[0], sum = 0, total = 0, loss = 0;
	for (int64_t k = 1; k < classes; k++)
		most = fmax(most, z[k * places]);
	for (int64_t k = 0; k < classes; k++)
		sum += exp(z[k * places] - most);
	double log_sum = most + log(sum);
	for (int pass = 0; pass < 2; pass++)
		for (int64_t k = 0; k < classes; k++) {
			double t = c->soft ? c->targets[(sample * classes + k) * places + place]
					   : (double)(k == y);
			double w = c->weights ? c->weights[k] : 1;
			double smooth = w
				* ((1 - c->smoothing) * t + c->smoothing / (double)classes);
			if (!c->soft && c->ignores && y == c->ignored)
				smooth = 0;
			if (pass == 0) {
				loss += scale * smooth * (log_sum - z[k * places]);
				total += smooth;
			} else if (dz) {
				dz[k * places] = scale
					* (total * exp(z[k * places] - log_sum) - smooth);
			}
		}
	return loss;
}

double textbook_softmax_cross_entropy(double *dz, const double *z, const struct cross_entropy *c)
{
	const double count = textbook_cross_entropy_count(c, 0, c->n),
		     scale = count > 0 ? 1 / count : 0;
	double loss = 0;
	for (int64_t s = 0; s < c->n; s++)
		for (int64_t p = 0; p < c->places; p++) {
			int64_t at = s * c->classes * c->places + p;
			loss += loss_at(dz ? dz + at : NULL, z + at, c, s, p, scale);
		}
	return loss;
}

double textbook_sigmoid_cross_entropy(
	double *dz, const double *z, const double *t, int64_t n, int64_t features, double positive)
{
	double loss = 0, count = (double)(n * features);
	for (int64_t i = 0; i < n * features; i++) {
		double rest = log1p(exp(-fabs(z[i]))), p = 1 / (1 + exp(-z[i]));
		double yes = fmax(-z[i], 0) + rest, no = fmax(z[i], 0) + rest;
		loss += (positive * t[i] * yes + (1 - t[i]) * no) / count;
		if (dz)
			dz[i] = ((1 - t[i]) * p - positive * t[i] * (1 - p)) / count;
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

double textbook_l1(double *dy, const double *y, const double *t, int64_t n, int64_t features)
{
	double loss = 0, count = (double)(n * features);
	for (int64_t i = 0; i < n * features; i++) {
		loss += fabs(y[i] - t[i]) / count;
		if (dy)
			dy[i] = (double)((y[i] > t[i]) - (y[i] < t[i])) / count;
	}
	return loss;
}

double textbook_huber(
	double *dy, const double *y, const double *t, int64_t n, int64_t features, double delta)
{
	double loss = 0, count = (double)(n * features);
	for (int64_t i = 0; i < n * features; i++) {
		double d = y[i] - t[i], distance = fabs(d);
		bool square = distance <= delta;
		loss += (square ? d * d / 2 : delta * (distance - delta / 2)) / count;
		if (dy)
			dy[i] = (square ? d : d > 0 ? delta : -delta) / count;
	}
	return loss;
}
