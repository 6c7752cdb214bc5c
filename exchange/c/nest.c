/* SPDX-License-Identifier: MIT */
/* Nests: the same values seen as other dimensions, and the loops over them. */
#include "exchange/c/graph.h"

#include <stdio.h>
#include <string.h>

lam_c_nest lam_c_rows(const lam_shape *shape)
{
	lam_c_nest nest = {.dims = shape->rank};
	int64_t step = 1;
	for (int d = shape->rank - 1; d >= 0; d--) {
		nest.size[d] = shape->dim[d];
		nest.step[d] = step;
		step *= shape->dim[d];
	}
	return nest;
}

lam_c_nest lam_c_channels_last(const lam_shape *shape, int64_t pixel)
{
	lam_c_nest nest = {.dims = shape->rank};
	int64_t step = pixel;
	for (int d = shape->rank - 1; d > 0; d--) {
		nest.size[d] = shape->dim[d];
		nest.step[d] = step;
		step *= shape->dim[d];
	}
	nest.size[0] = shape->dim[0];
	nest.step[0] = 1;
	return nest;
}

/* Without dimensions of size 1, and with those merged that lie behind each other. */
static lam_c_nest simple(const lam_c_nest *nest)
{
	lam_c_nest to = {.dims = 0};
	for (int d = 0; d < nest->dims; d++) {
		if (nest->size[d] == 1)
			continue;
		if (to.dims && to.step[to.dims - 1] == nest->size[d] * nest->step[d]) {
			to.size[to.dims - 1] *= nest->size[d];
			to.step[to.dims - 1] = nest->step[d];
			continue;
		}
		to.size[to.dims] = nest->size[d];
		to.step[to.dims++] = nest->step[d];
	}
	return to;
}

bool lam_c_is_rows(const lam_c_nest *nest)
{
	const lam_c_nest one = simple(nest);
	return one.dims == 0 || (one.dims == 1 && one.step[0] == 1);
}

bool lam_c_settle(const lam_c_nest *nest, const lam_shape *shape, lam_c_nest *settled)
{
	lam_c_nest from = simple(nest);
	int d = from.dims - 1;
	settled->dims = shape->rank;
	for (int s = shape->rank - 1; s >= 0; s--) {
		int64_t left = shape->dim[s];
		settled->size[s] = left;
		settled->step[s] = d >= 0 ? from.step[d] : 1;
		if (left == 1)
			continue;
		if (d < 0 || from.size[d] % left)
			return false;
		from.size[d] /= left;
		from.step[d] *= left;
		if (from.size[d] == 1)
			d--;
	}
	return d < 0;
}

bool lam_c_refine(lam_c_nest *const *nests, int count)
{
	enum { MOST = 16 };
	if (count > MOST)
		return false;
	lam_c_nest from[MOST];
	int at[MOST], dims = 0;
	int64_t size[LAM_C_DIMS], step[LAM_C_DIMS][MOST];
	for (int k = 0; k < count; k++) {
		from[k] = simple(nests[k]);
		at[k] = from[k].dims - 1;
	}
	for (;;) {
		int64_t least = 0;
		for (int k = 0; k < count; k++) {
			while (at[k] >= 0 && from[k].size[at[k]] == 1)
				at[k]--;
			const int64_t now = at[k] < 0 ? 1 : from[k].size[at[k]];
			least = k == 0 || now < least ? now : least;
		}
		if (least == 1)
			break;
		if (dims == LAM_C_DIMS)
			return false;
		for (int k = 0; k < count; k++) {
			if (from[k].size[at[k]] % least)
				return false;
			step[dims][k] = from[k].step[at[k]];
			from[k].size[at[k]] /= least;
			from[k].step[at[k]] *= least;
		}
		size[dims++] = least;
	}
	for (int k = 0; k < count; k++) {
		if (at[k] >= 0)
			return false;
		nests[k]->dims = dims;
		for (int d = 0; d < dims; d++) {
			nests[k]->size[d] = size[dims - 1 - d];
			nests[k]->step[d] = step[dims - 1 - d][k];
		}
	}
	return true;
}

static void swap(lam_c_nest *nest, int d)
{
	const int64_t size = nest->size[d], step = nest->step[d];
	nest->size[d] = nest->size[d + 1];
	nest->step[d] = nest->step[d + 1];
	nest->size[d + 1] = size;
	nest->step[d + 1] = step;
}

void lam_c_arrange(lam_c_nest *nests, int count)
{
	for (int end = nests[0].dims - 1; end > 0; end--)
		for (int d = 0; d < end; d++)
			if (nests[0].step[d] < nests[0].step[d + 1])
				for (int k = 0; k < count; k++)
					swap(&nests[k], d);
	for (int d = nests[0].dims - 2; d >= 0; d--) {
		bool merge = true;
		for (int k = 0; k < count; k++)
			merge = merge
				&& nests[k].step[d] == nests[k].size[d + 1] * nests[k].step[d + 1];
		for (int k = 0; merge && k < count; k++) {
			nests[k].size[d] *= nests[k].size[d + 1];
			nests[k].step[d] = nests[k].step[d + 1];
			nests[k].dims--;
			for (int e = d + 1; e < nests[k].dims; e++) {
				nests[k].size[e] = nests[k].size[e + 1];
				nests[k].step[e] = nests[k].step[e + 1];
			}
		}
	}
}

static void tabs(lam_c_text *text, int depth)
{
	for (int i = 0; i < depth; i++)
		lam_c_add(text, "\t");
}

int lam_c_loops(lam_c_text *text, lam_c_nest *nests, int count, lam_c_index *index, int depth)
{
	lam_c_arrange(nests, count);
	const int dims = nests[0].dims;
	for (int d = 0; d < dims; d++) {
		tabs(text, depth + d);
		lam_c_add(text, "for (int i%d = 0; i%d < %lld; i%d++)%s\n", depth + d, depth + d,
			(long long)nests[0].size[d], depth + d, d == dims - 1 ? " {" : "");
	}
	if (!dims) {
		tabs(text, depth);
		lam_c_add(text, "{\n");
	}
	for (int k = 0; k < count; k++) {
		char *to = index[k].text;
		size_t used = 0;
		*to = 0;
		for (int d = 0; d < dims; d++) {
			if (!nests[k].step[d])
				continue;
			const char *plus = used ? " + " : "";
			used += (size_t)snprintf(to + used, sizeof index[k].text - used,
				nests[k].step[d] == 1 ? "%si%d" : "%si%d * %lld", plus, depth + d,
				(long long)nests[k].step[d]);
		}
		if (!used)
			strcpy(to, "0");
	}
	return dims;
}

void lam_c_loops_end(lam_c_text *text, int loops, int depth)
{
	tabs(text, depth + (loops ? loops - 1 : 0));
	lam_c_add(text, "}\n");
}
