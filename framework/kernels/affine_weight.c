/* dw as an outer product: with dy's samples as rows, a row is vectors of outputs and x's value of that sample is a number.
 *
 * dw is [out][in], so a strip of 16 inputs is summed as [16][outs] and turned round when it is stored, a whole cache line of
 * each row of dw at a time. */
#include "framework/kernels/affine_weight.h"
#include "framework/kernels/shuffle.h"
#include "framework/kernels/tile.h"

#if VEC_REGISTERS >= 32
enum { INPUTS = 8 };
#else
enum { INPUTS = 4 };
#endif
enum { STRIP = LAM_LANES, VECTORS = 3 };

struct outer {
	const lam_real *x, *rows;      /* from this tile's first input, first output */
	int64_t x_block, row, samples;
	vec *sums;                     /* [input][VECTORS], written */
};

ALWAYS_INLINE void outer_loop(const struct outer *o, const int inputs, const int vectors)
{
	const lam_real *row = o->rows, *x = o->x;
	vec sum[INPUTS * VECTORS], held[VECTORS];

	UNROLL for (int i = 0; i < inputs; i++)
		UNROLL for (int v = 0; v < vectors; v++)
			sum[i * vectors + v] = (vec){0};

	for (int64_t first = 0; first < o->samples; first += LAM_LANES, x += o->x_block) {
		int64_t lanes = o->samples - first < LAM_LANES ? o->samples - first : LAM_LANES;

		for (int64_t lane = 0; lane < lanes; lane++, row += o->row) {
			UNROLL for (int v = 0; v < vectors; v++)
				held[v] = ((const vec *)row)[v];
			UNROLL for (int i = 0; i < inputs; i++) {
				vec value = vec_hold(vec_splat(x[i * LAM_LANES + lane]));

				UNROLL for (int v = 0; v < vectors; v++)
					sum[i * vectors + v] += held[v] * value;
			}
		}
	}

	UNROLL for (int i = 0; i < inputs; i++)
		UNROLL for (int v = 0; v < vectors; v++)
			o->sums[i * VECTORS + v] = sum[i * vectors + v];
}

#define OUTER(I, V)                                                                                                    \
	static void outer_##I##_##V(const struct outer *o)                                                             \
	{                                                                                                              \
		outer_loop(o, I, V);                                                                                   \
	}
#define ENTRY(I, V) [I][V] = outer_##I##_##V,
#define OUTERS_NARROW(X) X(1, 1) X(1, 2) X(1, 3) X(2, 1) X(2, 2) X(2, 3) X(4, 1) X(4, 2) X(4, 3)
#if VEC_REGISTERS >= 32
#define OUTERS(X) OUTERS_NARROW(X) X(8, 1) X(8, 2) X(8, 3)
#else
#define OUTERS(X) OUTERS_NARROW(X)
#endif

OUTERS(OUTER)

static void (*const outer_functions[INPUTS + 1][VECTORS + 1])(const struct outer *) = { OUTERS(ENTRY) };

/* dw[o][i] = sums[i][o] for `inputs` (at most STRIP) x `outputs` (at most VECTORS vecs). */
static void store_strip(const vec *sums, int64_t inputs, int64_t outputs, lam_real *dw, int64_t in)
{
	for (int64_t i = 0; i < inputs; i += VEC)
		for (int64_t o = 0; o < outputs; o += VEC) {
			int64_t columns = inputs - i < VEC ? inputs - i : VEC, lines = outputs - o < VEC ? outputs - o : VEC;
			vec square[VEC];

			UNROLL for (int k = 0; k < VEC; k++)
				square[k] = sums[(i + k) * VECTORS + o / VEC];
			vec_transpose(square);
			for (int64_t line = 0; line < lines; line++) {
				lam_real *to = dw + (o + line) * in + i;

				if (columns == VEC)
					*(vec_unaligned *)to = square[line];
				else
					for (int64_t k = 0; k < columns; k++)
						to[k] = square[line][k];
			}
		}
}

static int64_t padded(int64_t out)
{
	return (out + LAM_LANES - 1) / LAM_LANES * LAM_LANES;
}

void affine_weight_gradient(const lam_affine_geometry *g, const lam_real *x, int64_t x_block, const lam_real *rows,
			    int64_t samples, lam_real *dw, void *scratch, int64_t slice, int64_t slices)
{
	int64_t strips = (g->in + STRIP - 1) / STRIP, vectors = (g->out + VEC - 1) / VEC;
	int64_t panels = (vectors + VECTORS - 1) / VECTORS;

	(void)scratch;
	for (int64_t strip = strips * slice / slices; strip < strips * (slice + 1) / slices; strip++) {
		int64_t begin = strip * STRIP, inputs = g->in - begin < STRIP ? g->in - begin : STRIP;

		for (int64_t panel = 0; panel < panels; panel++) {
			int64_t first = vectors * panel / panels, count = vectors * (panel + 1) / panels - first;
			int64_t output = first * VEC, outputs = g->out - output < count * VEC ? g->out - output : count * VEC;
			vec sums[STRIP * VECTORS] = { 0 };

			for (int64_t i = 0, width = INPUTS; i < inputs; i += width) {
				struct outer outer;

				while (width > inputs - i)
					width /= 2;
				outer = (struct outer){
					.x = x + (begin + i) * LAM_LANES, .rows = rows + output,
					.x_block = x_block, .row = padded(g->out), .samples = samples,
					.sums = sums + i * VECTORS,
				};
				outer_functions[width][count](&outer);
			}
			store_strip(sums, inputs, outputs, dw + output * g->in + begin, g->in);
		}
	}
}

int64_t affine_transposed_size(const lam_affine_geometry *g, int64_t blocks)
{
	return blocks * LAM_LANES * padded(g->out);
}

/* One square of VEC outputs x VEC lanes at a time. */
void affine_transpose(const lam_affine_geometry *g, const lam_real *dy, int64_t dy_block, int64_t blocks, lam_real *rows,
		      int64_t slice, int64_t slices)
{
	int64_t row = padded(g->out), squares = row / VEC, items = blocks * squares;

	for (int64_t item = items * slice / slices; item < items * (slice + 1) / slices; item++) {
		int64_t block = item / squares, first = item % squares * VEC;
		const lam_real *from = dy + block * dy_block + first * LAM_LANES;

		for (int part = 0; part < PARTS; part++) {
			lam_real *to = rows + (block * LAM_LANES + part * VEC) * row + first;
			vec square[VEC];

			UNROLL for (int64_t i = 0; i < VEC; i++)
				square[i] = first + i < g->out ? *(const vec *)(from + i * LAM_LANES + part * VEC) : (vec){0};
			vec_transpose(square);
			UNROLL for (int64_t i = 0; i < VEC; i++)
				*(vec *)(to + i * row) = square[i];
		}
	}
}

void affine_bias_gradient(const lam_affine_geometry *g, const lam_real *rows, int64_t samples, lam_real *db, int64_t begin,
			  int64_t end)
{
	int64_t row = padded(g->out);

	for (int64_t o = begin; o < end; o++)
		db[o] = 0;
	for (int64_t sample = 0; sample < samples; sample++)
		for (int64_t o = begin; o < end; o++)
			db[o] += rows[sample * row + o];
}
