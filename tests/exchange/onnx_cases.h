/* SPDX-License-Identifier: MIT */
/* Nets that are saved as ONNX, each with a batch and what the library predicts of it. */
#ifndef LAM_TESTS_ONNX_CASES_H
#define LAM_TESTS_ONNX_CASES_H

#include "tests/kit.h"

#include "exchange/onnx/lamina_onnx.h"

#include <lamina.h>

#include <sys/stat.h>
#include <unistd.h>

enum { ONNX_ENDS = 4, ONNX_MOST = 1200, ONNX_SAMPLES = 3 };

/* One value of each sample. */
struct onnx_end {
	char name[80];
	lam_shape shape;
	lam_real *values; /* [samples][shape] */
};

struct onnx_case {
	char title[80], path[200];
	int ins, outs;
	int64_t samples;
	double tolerance;
	struct onnx_end in[ONNX_ENDS], out[ONNX_ENDS];
};

static char onnx_folder[100];
static struct {
	struct onnx_case cases[ONNX_MOST];
	int count;
} onnx_all;

KIT_UNUSED static bool onnx_begin(void)
{
	snprintf(onnx_folder, sizeof onnx_folder, "onnx_test.%d", (int)getpid());
	return mkdir(onnx_folder, 0700) == 0;
}

static int64_t onnx_values(const struct onnx_case *c, const struct onnx_end *end)
{
	return c->samples * lam_shape_count(&end->shape);
}

static void onnx_take_end(struct onnx_case *c, struct onnx_end *end, lam_net *net, const char *name)
{
	snprintf(end->name, sizeof end->name, "%s", name);
	end->shape = lam_net_shape_of(net, name);
	end->values = malloc((size_t)onnx_values(c, end) * sizeof(lam_real));
	require(end->values, "no memory");
}

/* What operators before versions 9 and 10 cannot say is refused so. */
static bool onnx_is_too_old(int opset)
{
	const char *says = lam_error();
	return lam_error_status() == LAM_ERR_UNSUPPORTED && opset && opset < 10
		&& ((opset < 9 && strstr(says, "gelu \""))
			|| (opset < 9 && strstr(says, "softplus \""))
			|| (strstr(says, "max_pool") && strstr(says, "dilation")))
		&& strstr(says, " or newer");
}

static void onnx_drop(struct onnx_case *c)
{
	for (int k = 0; k < ONNX_ENDS; k++) {
		free(c->in[k].values);
		free(c->out[k].values);
	}
}

/* Makes a batch of values between -1 and 1, unless `x` is given, predicts it, and saves the net. */
KIT_UNUSED static void onnx_add(lam_net *net, const char *title, double tolerance, int opset,
	int64_t samples, const lam_real *x)
{
	require(net && onnx_all.count < ONNX_MOST, "%s: %s", title, lam_error());
	struct onnx_case *c = &onnx_all.cases[onnx_all.count];
	*c = (struct onnx_case){.tolerance = tolerance, .samples = samples};
	snprintf(c->title, sizeof c->title, "%s", title);
	snprintf(c->path, sizeof c->path, "%s/%d.onnx", onnx_folder, onnx_all.count);
	c->ins = lam_net_input_count(net);
	c->outs = lam_net_output_count(net);
	lam_io io[ONNX_ENDS + 1] = {{0}};
	lam_out out[ONNX_ENDS + 1] = {{0}};
	unsigned state = 3;
	for (int i = 0; i < c->ins; i++) {
		onnx_take_end(c, &c->in[i], net, lam_net_input_name(net, i));
		for (int64_t k = 0; k < onnx_values(c, &c->in[i]); k++) {
			state = state * 1664525u + 1013904223u;
			c->in[i].values[k] = x ? x[k]
					       : (lam_real)((double)(state >> 8) / 8388608 - 1);
		}
		io[i] = (lam_io){lam_net_input_name(net, i), c->in[i].values};
	}
	for (int i = 0; i < c->outs; i++) {
		onnx_take_end(c, &c->out[i], net, lam_net_output_name(net, i));
		out[i] = (lam_out){lam_net_output_name(net, i), c->out[i].values};
	}
	lam_status status = lam_net_predict_io(net, io, samples, out);
	require(!status, "%s: %s", title, lam_error());
	status = lam_onnx_save(net, c->path, .opset = opset);
	check(!status || onnx_is_too_old(opset), "%s: %s", title, lam_error());
	if (status)
		onnx_drop(c);
	else
		onnx_all.count++;
}

/* Compares an output of the case with values computed elsewhere. */
KIT_UNUSED static void onnx_compare(
	const struct onnx_case *c, const struct onnx_end *end, const lam_real *got)
{
	double most = 0, worst = 0;
	for (int64_t k = 0; k < onnx_values(c, end); k++) {
		const double expected = (double)end->values[k],
			     d = expected == (double)got[k] ? 0 : fabs(expected - (double)got[k]);
		most = isinf(expected) ? most : fmax(most, fabs(expected));
		worst = isnan(d) && !isnan(expected) ? INFINITY : fmax(worst, d);
	}
	check(worst <= c->tolerance * most, "%s (%s), %s: off by %g of %g", c->title, c->path,
		end->name, worst, most);
}

KIT_UNUSED static void onnx_end(void)
{
	char command[200];
	for (int i = 0; i < onnx_all.count; i++)
		onnx_drop(&onnx_all.cases[i]);
	onnx_all.count = 0;
	snprintf(command, sizeof command, "rm -r %s", onnx_folder);
	if (!getenv("ONNX_TEST_KEEP") && system(command) != 0)
		printf("%s stays\n", onnx_folder);
}

#endif
