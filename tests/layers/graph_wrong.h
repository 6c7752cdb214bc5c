/* SPDX-License-Identifier: MIT */
/* Graphs that are wrong: what their tests have in common. */
#ifndef LAM_TESTS_GRAPH_WRONG_H
#define LAM_TESTS_GRAPH_WRONG_H

#include "tests/battery/prove.h"
#include "tests/failing_memory.h"

/* A graph, an input of two features, and a value of it. */
struct start {
	lam_graph *g;
	lam_value x, h;
};

static struct start start(void)
{
	struct start s = {.g = lam_graph_new()};
	s.x = lam_graph_input(s.g, "x", LAM_SHAPE(2));
	s.h = lam_apply(s.g, lam_affine(.out = 3, .name = "h"), s.x);
	return s;
}

static lam_layer *end(struct start s, lam_value y)
{
	lam_graph_output(s.g, y, "y");
	return lam_graph_done(s.g);
}

/* A graph that is wrong, and the sentence that it must give. */
struct row {
	const char *name;
	lam_layer *(*make)(void);
	const char *words;
};

/* lam_graph_done() gives the sentence of the first failure, and everything is freed, once. */
static void check_rows(const struct row *rows, size_t count)
{
	lam_set_allocator(&counting);
	for (size_t i = 0; i < count; i++) {
		test_begin("%s", rows[i].name);
		const int before = live;
		(void)lam_fail(LAM_OK, "%s", "");
		lam_layer *layer = rows[i].make();
		check(!layer && lam_error_status() != LAM_OK && strstr(lam_error(), rows[i].words),
			"it says \"%s\", not \"%s\"", lam_error(), rows[i].words);
		lam_layer_free(layer);
		check(live == before, "%d allocations are left", live - before);
		test_end();
	}
	lam_set_allocator(NULL);
}

#endif
