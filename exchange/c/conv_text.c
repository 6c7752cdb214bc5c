/* SPDX-License-Identifier: MIT */
/* The blocks of a correlation, and its loops as text. */
#include "exchange/c/conv.h"

int64_t lam_c_lanes(const lam_c_conv *conv, int64_t o)
{
	const int64_t left = conv->out - o;
	if (left >= conv->most_lanes)
		return conv->most_lanes;
	if (left >= 16)
		return 16;
	return left <= 2 ? left : (left + 3) / 4 * 4;
}

int64_t lam_c_all_lanes(const lam_c_conv *conv)
{
	int64_t lanes = 0;
	if (lam_c_depthwise(conv))
		return conv->groups;
	for (int64_t o = 0; o < conv->out; o += lam_c_lanes(conv, o))
		lanes += lam_c_lanes(conv, o);
	return lanes * conv->groups;
}

void lam_c_rows_text(const lam_c_conv *conv, lam_c_text *text)
{
	const int64_t reach = (conv->kernel[0] - 1) * conv->dilation[0],
		      last = (conv->places[0] - 1) * conv->stride[0] - conv->pad[0];
	const long long d = (long long)conv->dilation[0], h = (long long)conv->size[0],
			k = (long long)conv->kernel[0];
	if (conv->pad[0] || conv->stride[0] != 1)
		lam_c_add(text, "\t\tconst int u = i * %lld - %lld;\n", (long long)conv->stride[0],
			(long long)conv->pad[0]);
	else
		lam_c_add(text, "\t\tconst int u = i;\n");
	if (conv->pad[0] > 0)
		lam_c_add(text, "\t\tconst int p0 = u < 0 ? (%lld - u) / %lld : 0;\n", d - 1, d);
	if (last + reach >= h)
		lam_c_add(text, "\t\tconst int p1 = u + %lld >= %lld ? (%lld - u) / %lld : %lld;\n",
			(long long)reach, h, h + d - 1, d, k);
}

/* Places of a tile: as many sums as some sixteen registers of four or eight values hold. */
static int64_t tile_places(const lam_c_conv *conv, int64_t lanes)
{
	const int64_t most = lanes >= 32 ? 2 : lanes >= 12 ? 4 : lanes >= 8 ? 6 : 8;
	return most < conv->places[1] ? most : conv->places[1];
}

bool lam_c_conv_overlaps(const lam_shape *shape)
{
	const int64_t width = shape->rank > 1 ? shape->dim[shape->rank - 1] : 1,
		      rows[2] = {width, shape->rank > 2 ? shape->dim[1] * width : width};
	for (int k = 0; k < 2; k++) {
		const lam_c_conv conv = {.out = shape->dim[0],
			.most_lanes = LAM_C_MOST_LANES,
			.places = {1, rows[k]}};
		for (int64_t o = 0; o < conv.out; o += lam_c_lanes(&conv, o))
			if (rows[k] % tile_places(&conv, lam_c_lanes(&conv, o)))
				return true;
	}
	return false;
}

/* The blocks of outputs with the same lanes that begin at output `o`. */
struct run {
	int64_t o, lanes, real, blocks; /* real: outputs of each block */
	int64_t w, b;                   /* the first weight and bias */
	int64_t places, tiles;          /* of a tile; tiles in a row */
	int64_t inside, inside_end;     /* tiles whose windows never leave the row */
};

static struct run run_of(const lam_c_conv *conv, int64_t o, int64_t w, int64_t b)
{
	struct run run = {.o = o, .lanes = lam_c_lanes(conv, o), .w = w, .b = b};
	run.real = run.lanes < conv->out - o ? run.lanes : conv->out - o;
	run.blocks = run.real == run.lanes && run.lanes >= 16 ? (conv->out - o) / run.lanes : 1;
	run.places = tile_places(conv, run.lanes);
	run.tiles = (conv->places[1] + run.places - 1) / run.places;
	const int64_t reach = (conv->kernel[1] - 1) * conv->dilation[1];
	run.inside = run.inside_end = 0;
	bool any = false;
	for (int64_t t = 0; t < run.tiles; t++) {
		const int64_t last = conv->places[1] - run.places,
			      j = t * run.places < last ? t * run.places : last,
			      v = j * conv->stride[1] - conv->pad[1];
		if (v < 0 || v + (run.places - 1) * conv->stride[1] + reach >= conv->size[1])
			continue;
		if (!any)
			run.inside = t;
		any = true;
		run.inside_end = t + 1;
	}
	return run;
}

/* Pointers to the inputs of tap (p, q) for each place. */
static void pointers(lam_c_graph *graph, const lam_c_conv *conv, const struct run *run, bool inside,
	lam_c_text *text)
{
	const long long step = (long long)conv->x_step[1], stride = (long long)conv->stride[1];
	lam_c_add(text, "\t\t\t\tconst int v = j * %lld - %lld + q * %lld;\n", stride,
		(long long)conv->pad[1], (long long)conv->dilation[1]);
	lam_c_add(text, "\t\t\t\tconst float *const row = xg + (u + p * %lld) * %lld;\n",
		(long long)conv->dilation[0], (long long)conv->x_step[0]);
	for (int64_t k = 0; k < run->places; k++) {
		if (inside) {
			lam_c_add(text,
				"\t\t\t\tconst float *const x%lld = row + (v + %lld) * %lld;\n",
				(long long)k, (long long)k * stride, step);
			continue;
		}
		lam_c_add(text,
			"\t\t\t\tconst float *const x%lld = v >= %lld && v < %lld ? "
			"row + (v + %lld) * %lld : %s_zeros;\n",
			(long long)k, -(long long)k * stride,
			(long long)(conv->size[1] - k * conv->stride[1]), (long long)k * stride,
			step, graph->name);
		graph->zeros = graph->zeros > conv->in ? graph->zeros : conv->in;
	}
}

/* The sums of a tile over all taps and channels. */
static void sums(lam_c_graph *graph, const lam_c_conv *conv, const struct run *run, bool inside,
	lam_c_text *text)
{
	const long long lanes = (long long)run->lanes, channels = (long long)conv->in;
	const bool first = conv->pad[0] > 0,
		   last = (conv->places[0] - 1) * conv->stride[0] - conv->pad[0]
			+ (conv->kernel[0] - 1) * conv->dilation[0]
		>= conv->size[0];
	lam_c_add(text, "\t\t\tfloat ");
	for (int64_t k = 0; k < run->places; k++)
		lam_c_add(text, "%sa%lld[%lld]", k ? ", " : "", (long long)k, lanes);
	lam_c_add(text, ";\n\t\t\tfor (int l = 0; l < %lld; l++) {\n\t\t\t\t", lanes);
	for (int64_t k = 0; k < run->places; k++)
		lam_c_add(text, "a%lld[l] = ", (long long)k);
	lam_c_add(text, "bo[l];\n\t\t\t}\n\t\t\tfor (int p = %s; p < ", first ? "p0" : "0");
	if (last)
		lam_c_add(text, "p1");
	else
		lam_c_add(text, "%lld", (long long)conv->kernel[0]);
	lam_c_add(text, "; p++)\n\t\t\t    for (int q = 0; q < %lld; q++) {\n",
		(long long)conv->kernel[1]);
	pointers(graph, conv, run, inside, text);
	lam_c_add(text, "\t\t\t\tconst float *f = wo + (p * %lld + q) * %lld;\n",
		(long long)conv->kernel[1], channels * lanes);
	lam_c_add(text, "\t\t\t\tfor (int c = 0; c < %lld; c++, f += %lld) {\n", channels, lanes);
	lam_c_add(text, "\t\t\t\t\tconst float ");
	for (int64_t k = 0; k < run->places; k++)
		if (conv->x_channel == 1)
			lam_c_add(text, "%ss%lld = x%lld[c]", k ? ", " : "", (long long)k,
				(long long)k);
		else
			lam_c_add(text, "%ss%lld = x%lld[c * %lld]", k ? ", " : "", (long long)k,
				(long long)k, (long long)conv->x_channel);
	lam_c_add(text, ";\n\t\t\t\t\t%s_UNROLL\n\t\t\t\t\tfor (int l = 0; l < %lld; l++) {\n",
		graph->name, lanes);
	for (int64_t k = 0; k < run->places; k++)
		lam_c_add(text, "\t\t\t\t\t\ta%lld[l] += s%lld * f[l];\n", (long long)k,
			(long long)k);
	lam_c_add(text, "\t\t\t\t\t}\n\t\t\t\t}\n\t\t\t}\n");
}

static void tile(lam_c_graph *graph, const lam_c_conv *conv, const struct run *run, bool inside,
	lam_c_text *text)
{
	const lam_c_around around = lam_c_posts(graph, conv->op);
	sums(graph, conv, run, inside, text);
	lam_c_add(text, "\t\t\tfloat *const to = yo + i * %lld + j * %lld;\n",
		(long long)conv->y_step[0], (long long)conv->y_step[1]);
	if (conv->adds == LAM_C_ADDS_R)
		lam_c_add(text,
			"\t\t\tconst float *const from = r + (%lld + o * %lld) * %lld + i * %lld + "
			"j * %lld;\n",
			(long long)run->o, (long long)run->lanes, (long long)conv->r_channel,
			(long long)conv->r_step[0], (long long)conv->r_step[1]);
	lam_c_add(text, "\t\t\tfor (int l = 0; l < %lld; l++) {\n", (long long)run->real);
	for (int64_t k = 0; k < run->places; k++) {
		const long long at = (long long)(k * conv->y_step[1]),
				step = (long long)conv->y_channel;
		lam_c_add(text, "\t\t\t\tto[l * %lld + %lld] = %sa%lld[l]", step, at, around.before,
			(long long)k);
		if (conv->adds == LAM_C_ADDS_TO_Y)
			lam_c_add(text, " + to[l * %lld + %lld]", step, at);
		if (conv->adds == LAM_C_ADDS_R)
			lam_c_add(text, " + from[l * %lld + %lld]", (long long)conv->r_channel,
				(long long)(k * conv->r_step[1]));
		lam_c_add(text, "%s;\n", around.after);
	}
	lam_c_add(text, "\t\t\t}\n");
}

/* The loops over one run of blocks. */
static void blocks(
	lam_c_graph *graph, const lam_c_conv *conv, const struct run *run, lam_c_text *text)
{
	const long long lanes = (long long)run->lanes,
			weights = lanes * conv->in * conv->kernel[0] * conv->kernel[1],
			most = (long long)(conv->places[1] - run->places);
	const bool always = run->inside == 0 && run->inside_end == run->tiles,
		   never = run->inside_end == 0;
	lam_c_add(text, "\tfor (int o = 0; o < %lld; o++) {\n", (long long)run->blocks);
	lam_c_add(text, "\t\tconst float *const wo = wg + %lld + o * %lld;\n", (long long)run->w,
		weights);
	lam_c_add(text, "\t\tconst float *const bo = bg + %lld + o * %lld;\n", (long long)run->b,
		lanes);
	lam_c_add(text, "\t\tfloat *const yo = yg + (%lld + o * %lld) * %lld;\n", (long long)run->o,
		lanes, (long long)conv->y_channel);
	lam_c_add(text, "\t\tfor (int i = 0; i < %lld; i++) {\n", (long long)conv->places[0]);
	lam_c_rows_text(conv, text);
	lam_c_add(text, "\t\tfor (int t = 0; t < %lld; t++) {\n", (long long)run->tiles);
	if (conv->places[1] % run->places)
		lam_c_add(text, "\t\t\tconst int j = t * %lld < %lld ? t * %lld : %lld;\n",
			(long long)run->places, most, (long long)run->places, most);
	else
		lam_c_add(text, "\t\t\tconst int j = t * %lld;\n", (long long)run->places);
	if (!always && !never)
		lam_c_add(text, "\t\t\tif (t >= %lld && t < %lld) {\n", (long long)run->inside,
			(long long)run->inside_end);
	if (!never)
		tile(graph, conv, run, true, text);
	if (!always && !never)
		lam_c_add(text, "\t\t\t} else {\n");
	if (!always)
		tile(graph, conv, run, false, text);
	if (!always && !never)
		lam_c_add(text, "\t\t\t}\n");
	lam_c_add(text, "\t\t}\n\t\t}\n\t}\n");
}

void lam_c_tiles_text(lam_c_graph *graph, const lam_c_conv *conv, lam_c_text *text)
{
	struct run run;
	int64_t w = 0, b = 0;
	const int64_t taps = conv->in * conv->kernel[0] * conv->kernel[1];
	for (int64_t o = 0; o < conv->out; o += lam_c_lanes(conv, o)) {
		w += lam_c_lanes(conv, o) * taps;
		b += lam_c_lanes(conv, o);
	}
	lam_c_add(text, "\tfor (int g = 0; g < %lld; g++) {\n", (long long)conv->groups);
	lam_c_add(text,
		"\tconst float *const xg = x + g * %lld, *const wg = w + g * %lld, "
		"*const bg = b + g * %lld;\n\tfloat *const yg = y + g * %lld;\n",
		(long long)(conv->in * conv->x_channel), (long long)w, (long long)b,
		(long long)(conv->out * conv->y_channel));
	w = b = 0;
	for (int64_t o = 0; o < conv->out; o += run.blocks * run.lanes) {
		run = run_of(conv, o, w, b);
		blocks(graph, conv, &run, text);
		w += run.blocks * run.lanes * taps;
		b += run.blocks * run.lanes;
	}
	lam_c_add(text, "\t}\n");
}

/* Depthwise: the vectors are channels, each of which has taps of its own. */
void lam_c_depthwise_text(lam_c_graph *graph, const lam_c_conv *conv, lam_c_text *text)
{
	const lam_c_around around = lam_c_posts(graph, conv->op);
	const long long channels = (long long)conv->groups, kw = (long long)conv->kernel[1],
			d = (long long)conv->dilation[1], width = (long long)conv->size[1];
	const bool first = conv->pad[0] > 0,
		   last = (conv->places[0] - 1) * conv->stride[0] - conv->pad[0]
			+ (conv->kernel[0] - 1) * conv->dilation[0]
		>= conv->size[0];
	char end[24] = "p1";
	if (!last)
		snprintf(end, sizeof end, "%lld", (long long)conv->kernel[0]);
	lam_c_add(text, "\tfor (int i = 0; i < %lld; i++) {\n", (long long)conv->places[0]);
	lam_c_rows_text(conv, text);
	lam_c_add(text,
		"\tfor (int j = 0; j < %lld; j++) {\n"
		"\t\tconst int v = j * %lld - %lld;\n"
		"\t\tconst int q0 = v < 0 ? (%lld - v) / %lld : 0;\n"
		"\t\tconst int q1 = v + %lld >= %lld ? (%lld - v) / %lld : %lld;\n",
		(long long)conv->places[1], (long long)conv->stride[1], (long long)conv->pad[1],
		d - 1, d, (kw - 1) * d, width, width + d - 1, d, kw);
	for (long long c = 0, lanes; c < channels; c += lanes) {
		const long long many = c == 0 ? channels / 16 : 0;
		lanes = many ? many * 16 : channels - c;
		const long long each = many ? 16 : lanes;
		lam_c_add(text, "\t\tfor (int c = %lld; c < %lld; c += %lld) {\n", c, c + lanes,
			each);
		lam_c_add(text,
			"\t\t\tfloat a[%lld];\n\t\t\tfor (int l = 0; l < %lld; l++)\n"
			"\t\t\t\ta[l] = b[c + l];\n",
			each, each);
		lam_c_add(text,
			"\t\t\tfor (int p = %s; p < %s; p++)\n"
			"\t\t\t    for (int q = q0; q < q1; q++) {\n"
			"\t\t\t\tconst float *const f = w + (p * %lld + q) * %lld + c;\n"
			"\t\t\t\tconst float *const r = x + (u + p * %lld) * %lld"
			" + (v + q * %lld) * %lld + c;\n"
			"\t\t\t\t%s_UNROLL\n\t\t\t\tfor (int l = 0; l < %lld; l++)\n"
			"\t\t\t\t\ta[l] += r[l] * f[l];\n\t\t\t}\n",
			first ? "p0" : "0", end, kw, channels, (long long)conv->dilation[0],
			(long long)conv->x_step[0], d, (long long)conv->x_step[1], graph->name,
			each);
		lam_c_add(text,
			"\t\t\tfor (int l = 0; l < %lld; l++)\n"
			"\t\t\t\ty[i * %lld + j * %lld + c + l] = %sa[l]%s;\n\t\t}\n",
			each, (long long)conv->y_step[0], (long long)conv->y_step[1], around.before,
			around.after);
	}
	lam_c_add(text, "\t}\n\t}\n");
}
