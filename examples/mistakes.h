/* SPDX-License-Identifier: MIT */
/* What a classifier gets wrong: its worst mistakes as a picture. */
#ifndef MISTAKES_H
#define MISTAKES_H

#include <lamina.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MISTAKES_SHOWN = 32 };

/* An image that is taken for another class than it is, and the probability of its own class. */
struct mistake {
	int64_t index;
	int32_t is, said;
	lam_real own;
};

/* The file NAME-what beside NAME.npz. */
static inline const char *beside(const char *checkpoint, const char *what)
{
	static char path[4096];
	const char *dot = strrchr(checkpoint, '.');
	snprintf(path, sizeof path, "%.*s%s",
		dot && !strchr(dot, '/') ? (int)(dot - checkpoint) : 4000, checkpoint, what);
	return path;
}

/* What the net says of each sample, a probability for each class; NULL after an error. */
static inline lam_real *ask_all(lam_net *net, const lam_dataset *test)
{
	const lam_shape shape = lam_dataset_shape(test), out = lam_net_output_shape(net);
	const int64_t pixels = lam_shape_count(&shape), classes = lam_shape_count(&out),
		      count = lam_dataset_count(test), batch = lam_net_max_batch(net);
	lam_real *x = (lam_real *)malloc((size_t)(batch * pixels) * sizeof *x),
		 *p = (lam_real *)malloc((size_t)(count * classes) * sizeof *p);
	lam_status status = x && p ? LAM_OK : lam_fail(LAM_ERR_MEMORY, "out of memory");
	for (int64_t first = 0, n; first < count && !status; first += n) {
		for (n = 0; n < batch && first + n < count && !status; n++)
			status = lam_dataset_read(test, first + n, x + n * pixels, NULL);
		if (!status)
			status = lam_net_predict(net, x, n, p + first * classes);
	}
	free(x);
	if (status)
		free(p);
	return status ? NULL : p;
}

static inline int worse_mistake(const void *a, const void *b)
{
	const lam_real own = ((const struct mistake *)a)->own - ((const struct mistake *)b)->own;
	return (own > 0) - (own < 0);
}

/* Finds the mistakes, the worst first; returns how many, or -1 after an error. `p` has a
 * probability for each sample and class. */
static inline int64_t find_mistakes(
	const lam_dataset *test, const lam_real *p, int64_t classes, struct mistake *mistakes)
{
	const lam_shape shape = lam_dataset_shape(test);
	lam_real *x = (lam_real *)malloc((size_t)lam_shape_count(&shape) * sizeof *x);
	int64_t found = 0;
	lam_status status = x ? LAM_OK : lam_fail(LAM_ERR_MEMORY, "out of memory");
	for (int64_t i = 0; i < lam_dataset_count(test) && !status; i++, p += classes) {
		struct mistake m = {i, 0, 0, 0};
		status = lam_dataset_read(test, i, x, &m.is);
		for (int32_t k = 1; k < classes; k++)
			m.said = p[k] > p[m.said] ? k : m.said;
		m.own = p[m.is];
		if (m.said != m.is)
			mistakes[found++] = m;
	}
	free(x);
	qsort(mistakes, (size_t)found, sizeof *mistakes, worse_mistake);
	return status ? -1 : found;
}

/* Draws the worst mistakes of a net, whose probabilities of the samples of `test` are in `p`. */
static inline lam_status draw_mistakes(
	const lam_net *net, const lam_dataset *test, const lam_real *p, const char *path)
{
	static char text[MISTAKES_SHOWN][80];
	const char *labels[MISTAKES_SHOWN];
	const lam_shape shape = lam_dataset_shape(test), out = lam_net_output_shape(net);
	const int64_t pixels = lam_shape_count(&shape);
	struct mistake *mistakes = (struct mistake *)malloc(
		(size_t)lam_dataset_count(test) * sizeof *mistakes);
	lam_real *x = (lam_real *)malloc((size_t)(MISTAKES_SHOWN * pixels) * sizeof *x);
	const int64_t count = !x || !mistakes
		? -1
		: find_mistakes(test, p, lam_shape_count(&out), mistakes);
	lam_status status = count < 0 ? lam_error_status() : LAM_OK;
	for (int64_t i = 0; i < MISTAKES_SHOWN && i < count && !status; i++) {
		const struct mistake *m = mistakes + i;
		const char *is = lam_net_class_name(net, m->is),
			   *said = lam_net_class_name(net, m->said);
		snprintf(text[i], sizeof text[i], "%s -> %s", is ? is : "?", said ? said : "?");
		labels[i] = text[i];
		status = lam_dataset_read(test, m->index, x + i * pixels, NULL);
	}
	if (!status)
		status = lam_picture_images(path, x,
			count < MISTAKES_SHOWN ? count : MISTAKES_SHOWN, shape, .labels = labels,
			.columns = 8, .scale = 3);
	free(x);
	free(mistakes);
	return status;
}

#endif
