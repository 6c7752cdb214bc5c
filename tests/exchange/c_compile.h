/* SPDX-License-Identifier: MIT */
/* Exports many nets, compiles them together, and calls them. */
#ifndef LAM_TESTS_C_COMPILE_H
#define LAM_TESTS_C_COMPILE_H

#include "tests/kit.h"

#include "framework/net/query.h"
#include "framework/plan/inside.h"

#include <lamina.h>

#include <dlfcn.h>
#include <unistd.h>

enum { C_ENDS = 4, C_MOST = 600 };

/* An exported net, with what the library made of a sample. */
struct c_case {
	char title[80], path[200];
	int ins, outs;
	lam_real *x[C_ENDS], *y[C_ENDS];
	int64_t values[C_ENDS], count[C_ENDS]; /* of each input, and output */
	bool blob;
	double tolerance;
	lam_export_c_report report;
};

static char c_folder[100];
static struct {
	struct c_case cases[C_MOST];
	int count;
	void *library;
} c_all;

KIT_UNUSED static bool c_begin(void)
{
	snprintf(c_folder, sizeof c_folder, "c_test.%d", (int)getpid());
	char command[200];
	snprintf(command, sizeof command, "mkdir -p %s", c_folder);
	return system(command) == 0;
}

/* Fills a sample between -1 and 1, predicts it, and exports the net. */
KIT_UNUSED static void c_add_net(
	lam_net *net, const char *title, double tolerance, bool blob, const lam_real *x)
{
	require(net && c_all.count < C_MOST, "%s: %s", title, lam_error());
	struct c_case *c = &c_all.cases[c_all.count];
	*c = (struct c_case){.tolerance = tolerance, .blob = blob};
	snprintf(c->title, sizeof c->title, "%s", title);
	snprintf(c->path, sizeof c->path, "%s/c%d.c", c_folder, c_all.count);
	c->ins = lam_net_input_count(net);
	c->outs = lam_net_output_count(net);
	lam_io io[C_ENDS + 1] = {{0}};
	lam_out out[C_ENDS + 1] = {{0}};
	unsigned state = 3;
	for (int i = 0; i < c->ins; i++) {
		const int64_t count = lam_net_plan(net)->slots[i].features;
		c->values[i] = count;
		c->x[i] = malloc((size_t)count * sizeof(lam_real));
		for (int64_t k = 0; k < count; k++) {
			state = state * 1664525u + 1013904223u;
			c->x[i][k] = x ? x[k] : (lam_real)((double)(state >> 8) / 8388608 - 1);
		}
		io[i] = (lam_io){lam_net_input_name(net, i), c->x[i]};
	}
	for (int i = 0; i < c->outs; i++) {
		const lam_plan *plan = lam_net_plan(net);
		c->count[i] = plan->slots[plan->outputs[i].slot].features;
		c->y[i] = malloc((size_t)c->count[i] * sizeof(lam_real));
		out[i] = (lam_out){lam_net_output_name(net, i), c->y[i]};
	}
	lam_status status = lam_net_predict_io(net, io, 1, out);
	require(!status, "%s: %s", title, lam_error());
	status = lam_export_c(net, c->path, .weights = blob ? LAM_C_BLOB : LAM_C_INLINE,
		.caller_arena = true, .report = &c->report);
	check(!status, "%s: %s", title, lam_error());
	c_all.count += !status;
}

/* Writes the file that includes all others, and compiles it. False: there is no compiler. */
KIT_UNUSED static bool c_compile(const char *flags)
{
	char path[200], command[1000];
	snprintf(path, sizeof path, "%s/all.c", c_folder);
	FILE *all = fopen(path, "w");
	if (!check(all, "%s cannot be written", path))
		return false;
	for (int i = 0; i < c_all.count; i++) {
		const struct c_case *c = &c_all.cases[i];
		fprintf(all, "#include \"c%d.c\"\n", i);
		fprintf(all,
			"void call_%d(const float *const *x, float *const *y, float *arena, "
			"const float *weights);\n"
			"void call_%d(const float *const *x, float *const *y, float *arena, "
			"const float *weights)\n{\n\t(void)weights;\n\tc%d_in(",
			i, i, i);
		for (int k = 0; k < c->ins; k++)
			fprintf(all, "x[%d], ", k);
		for (int k = 0; k < c->outs; k++)
			fprintf(all, "y[%d], ", k);
		fprintf(all, "arena%s);\n}\n", c->blob ? ", weights" : "");
	}
	fclose(all);
	const char *compiler = getenv("CC");
	compiler = compiler ? compiler : "cc";
	snprintf(command, sizeof command, "command -v %s >/dev/null", compiler);
	if (system(command) != 0)
		return false;
	snprintf(command, sizeof command, "%s %s -shared -fPIC -o %s/all.so %s -lm", compiler,
		flags, c_folder, path);
	check(system(command) == 0, "%s fails", command);
	snprintf(path, sizeof path, "./%s/all.so", c_folder);
	c_all.library = dlopen(path, RTLD_NOW);
	check(c_all.library, "%s", dlerror());
	return true;
}

static float *c_floats(const lam_real *from, int64_t count)
{
	float *to = malloc((size_t)(count > 0 ? count : 1) * sizeof *to);
	for (int64_t i = 0; from && i < count; i++)
		to[i] = (float)from[i];
	return to;
}

static float *c_read_blob(const struct c_case *c)
{
	char path[220];
	float *weights = malloc((size_t)c->report.weight_bytes + 4);
	snprintf(path, sizeof path, "%.*s.weights", (int)strlen(c->path) - 2, c->path);
	FILE *file = fopen(path, "rb");
	const size_t bytes = (size_t)c->report.weight_bytes;
	check(file && weights && fread(weights, 1, bytes, file) == bytes, "%s cannot be read",
		path);
	if (file)
		fclose(file);
	return weights;
}

/* Calls case `i`, and compares every value with the net's. */
KIT_UNUSED static void c_compare(int i)
{
	struct c_case *c = &c_all.cases[i];
	char name[40];
	snprintf(name, sizeof name, "call_%d", i);
	void (*call)(const float *const *, float *const *, float *, const float *) = NULL;
	*(void **)&call = dlsym(c_all.library, name);
	require(call, "%s is missing", name);
	const float *x[C_ENDS];
	float *y[C_ENDS];
	float *arena = malloc((size_t)c->report.arena_bytes + 4);
	float *weights = c->blob ? c_read_blob(c) : NULL;
	memset(arena, 0xff, (size_t)c->report.arena_bytes + 4);
	for (int k = 0; k < c->ins; k++)
		x[k] = c_floats(c->x[k], c->values[k]);
	for (int k = 0; k < c->outs; k++)
		y[k] = c_floats(NULL, c->count[k]);
	call(x, y, arena, weights);
	for (int k = 0; k < c->outs; k++) {
		double most = 0, worst = 0;
		for (int64_t v = 0; v < c->count[k]; v++) {
			const double expected = (double)c->y[k][v], got = (double)y[k][v],
				     d = expected == got ? 0 : fabs(expected - got);
			most = isinf(expected) ? most : fmax(most, fabs(expected));
			worst = isnan(d) && !isnan(expected) ? INFINITY : fmax(worst, d);
		}
		check(worst <= c->tolerance * most, "%s (%s): off by %g of %g", c->title, c->path,
			worst, most);
		free(y[k]);
	}
	for (int k = 0; k < c->ins; k++)
		free((void *)x[k]);
	free(arena);
	free(weights);
}

KIT_UNUSED static void c_end(void)
{
	char command[200];
	for (int i = 0; i < c_all.count; i++)
		for (int k = 0; k < C_ENDS; k++) {
			free(c_all.cases[i].x[k]);
			free(c_all.cases[i].y[k]);
		}
	if (c_all.library)
		dlclose(c_all.library);
	c_all.library = NULL;
	c_all.count = 0;
	snprintf(command, sizeof command, "rm -r %s", c_folder);
	if (!getenv("C_TEST_KEEP") && system(command) != 0)
		printf("%s stays\n", c_folder);
}

#endif
