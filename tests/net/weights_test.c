/* SPDX-License-Identifier: MIT */
/* Weights of samples in each loss. */
#include "tests/net/weights.h"

/* Writes each sample as often as its weight says; returns their number. */
static int repeat(int *from)
{
	lam_real rows[N][IN], values[N][K * PLACES];
	int32_t maps[N][PLACES];
	int n = 0;
	memcpy(rows, x, sizeof rows);
	memcpy(values, targets, sizeof values);
	memcpy(maps, classes, sizeof maps);
	for (int i = 0; i < N; i++)
		for (int k = 0; k < (int)weights[i]; k++, n++) {
			from[n] = i;
			memcpy(x[n], rows[i], sizeof *x);
			memcpy(targets[n], values[i], sizeof *targets);
			memcpy(classes[n], maps[i], sizeof *classes);
		}
	return n;
}

static void check_repeated(int loss, bool places)
{
	lam_net *net = net_of(loss, places, 0, MOST);
	int from[MOST];
	lam_real dx[N][IN], sum[N][IN] = {{0}}, *grads = NULL;
	int64_t count = 0;
	require(net, "%s", lam_error());
	check_ok(forward(net, LAM_TRAIN, loss, places, 0, N, weights));
	const double weighted = lam_net_loss(net);
	check_ok(lam_net_backward(net));
	memcpy(dx, lam_net_input_grad(net), sizeof dx);
	const lam_real *all = lam_net_gradients(net, &count);
	grads = malloc((size_t)count * sizeof *grads);
	require(grads);
	memcpy(grads, all, (size_t)count * sizeof *grads);

	const int n = repeat(from);
	check_ok(forward(net, LAM_TRAIN, loss, places, 0, n, NULL));
	check_near(weighted, lam_net_loss(net), 1e-6 * fabs(weighted));
	check_ok(lam_net_backward(net));
	for (int i = 0; i < n; i++)
		for (int k = 0; k < IN; k++)
			sum[from[i]][k] += lam_net_input_grad(net)[i * IN + k];
	check_close("gradients of parameters", grads, lam_net_gradients(net, &count), count);
	check_close("gradient of the input", dx[0], sum[0], N * IN);
	for (int i = 0; i < N; i++)
		for (int k = 0; k < IN && weights[i] == 0; k++)
			check(dx[i][k] == 0);
	free(grads);
	lam_net_free(net);
}

static void a_weight_counts_samples(void)
{
	for (int i = 0; i < LOSSES; i++)
		for (int places = 0; places < 2; places++) {
			test_begin("%s%s", losses[i].name, places ? " at places" : "");
			check_repeated(i, places);
			test_end();
		}
}

/* loss = sum of s_i c_i l_i / sum of s_i c_i, with l_i and c_i of the sample alone. */
static void check_mean(int loss, bool places)
{
	lam_net *net = net_of(loss, places, 0, N), *few;
	double sum = 0, whole = 0, count = 0;
	require(net, "%s", lam_error());
	for (int i = 0; i < N; i++) {
		weights[i] = i % 5 ? (lam_real)0.1 * (lam_real)(i * 13 % 17) : 0;
		check_ok(forward(net, LAM_EVAL, loss, places, i, 1, NULL));
		check_ok(lam_net_divisor_of(
			net, "loss", targets_at(loss, places, i), NULL, 1, &count));
		sum += (double)weights[i] * count * lam_net_loss(net);
		whole += (double)weights[i] * count;
	}
	check_ok(lam_net_divisor_of(net, "loss", targets_at(loss, places, 0), weights, N, &count));
	check_near(count, whole, 1e-12 * whole);
	check_ok(forward(net, LAM_TRAIN, loss, places, 0, N, weights));
	check_near(lam_net_loss(net), sum / whole, 1e-6 * sum / whole);
	few = lam_net_replica(net, .max_batch = 7);
	require(few, "%s", lam_error());
	check_ok(forward(net, LAM_EVAL, loss, places, 0, 7, weights));
	check_ok(forward(few, LAM_EVAL, loss, places, 0, 7, weights));
	check_near(lam_net_loss(few), lam_net_loss(net), 1e-6 * lam_net_loss(net));
	lam_net_free(few);
	lam_net_free(net);
}

static void the_mean_is_weighted(void)
{
	for (int i = 0; i < LOSSES; i++)
		for (int places = 0; places < 2; places++) {
			test_begin("%s%s", losses[i].name, places ? " at places" : "");
			check_mean(i, places);
			test_end();
		}
}

/* A sample of weight 0 may hold anything, and if all have it, all is 0. */
static void nothing_counts(void)
{
	for (int i = 0; i < LOSSES; i++) {
		lam_net *net = net_of(i, i % 2, 0, N);
		int64_t count = 0;
		require(net, "%s", lam_error());
		for (int s = 0; s < N; s++)
			weights[s] = s == 2;
		x[1][0] = x[20][0] = (lam_real)NAN;
		check_ok(forward(net, LAM_TRAIN, i, i % 2, 0, N, weights));
		check(isfinite(lam_net_loss(net)) && lam_net_loss(net) > 0, "%s", losses[i].name);
		check_ok(lam_net_backward(net));
		check(lam_net_input_grad(net)[2 * IN] != 0, "%s", losses[i].name);
		x[1][0] = x[20][0] = weights[2] = 0;
		check_ok(forward(net, LAM_TRAIN, i, i % 2, 0, N, weights));
		check(lam_net_loss(net) == 0);
		check_ok(lam_net_backward(net));
		const lam_real *grads = lam_net_gradients(net, &count);
		for (int64_t k = 0; k < count; k++)
			check(grads[k] == 0, "%s", losses[i].name);
		lam_net_free(net);
	}
}

/* One step, or three calls after which the caller's arrays change; 1, 2, 3 threads. */
static void bits_are_the_same(void)
{
	const lam_optimizer sgd = lam_sgd(.lr = (lam_real)0.5, .momentum = (lam_real)0.5);
	for (int i = 0; i < LOSSES; i++) {
		lam_net *nets[4];
		for (int k = 0; k < 4; k++) {
			require((nets[k] = net_of(i, i % 2, k < 3 ? k + 1 : 2, N)));
			for (int step = 0; step < 3 && k < 3; step++) {
				const lam_io io[] = {{"input", x[0]}, {"loss.weights", weights},
					{"loss", targets_at(i, i % 2, 0)}, {0}};
				check_ok(lam_net_step_io(nets[k], &sgd, io, N - step));
			}
			for (int step = 0; step < 3 && k == 3; step++) {
				check_ok(forward(
					nets[k], LAM_TRAIN, i, i % 2, 0, N - step, weights));
				memset(weights, 0, sizeof weights);
				check_ok(lam_net_backward(nets[k]));
				check_ok(lam_net_update(nets[k], &sgd));
				fill(losses[i].make == classes_weighted);
			}
			check(!memcmp(lam_param_value(lam_net_param(nets[0], 0)),
				      lam_param_value(lam_net_param(nets[k], 0)),
				      IN * K * sizeof(lam_real)),
				"%s, %d", losses[i].name, k);
			check(lam_net_loss(nets[0]) == lam_net_loss(nets[k]));
		}
		for (int k = 0; k < 4; k++)
			lam_net_free(nets[k]);
	}
}

/* A plane that is cut into slices: each sample's gradient is its own times its part. */
static void slices_are_weighted(void)
{
	enum { MAP = 9000, SAMPLES = 3 };
	static lam_real z[SAMPLES * K * MAP], dx[SAMPLES * K * MAP];
	static int32_t map[SAMPLES * MAP];
	const lam_real w[SAMPLES] = {2, 0, (lam_real)0.5};
	lam_net *net = lam_net_create(
		classes_weighted(), LAM_SHAPE(K, MAP), .max_batch = SAMPLES, .input_grad = true);
	double counts[SAMPLES], whole = 0;
	require(net, "%s", lam_error());
	for (int i = 0; i < SAMPLES * MAP; i++)
		map[i] = i % 5 ? i % K : -1;
	for (int i = 0; i < SAMPLES * K * MAP; i++)
		z[i] = draw(i, 1);
	check_ok(lam_net_forward_io(net, LAM_TRAIN,
		(const lam_io[]){{"input", z}, {"loss", map}, {"loss.weights", w}, {0}}, SAMPLES));
	check_ok(lam_net_backward(net));
	memcpy(dx, lam_net_input_grad(net), sizeof dx);
	for (int i = 0; i < SAMPLES; i++) {
		check_ok(lam_net_divisor_of(net, "loss", map + i * MAP, NULL, 1, &counts[i]));
		whole += (double)w[i] * counts[i];
	}
	for (int i = 0; i < SAMPLES; i++) {
		check_ok(lam_net_forward(net, LAM_TRAIN, z + i * K * MAP, map + i * MAP, 1));
		check_ok(lam_net_backward(net));
		for (int k = 0; k < K * MAP; k++)
			z[i * K * MAP + k] = (lam_real)((double)lam_net_input_grad(net)[k]
				* (double)w[i] * counts[i] / whole);
	}
	check_close("slices", dx, z, SAMPLES * K * MAP);
	lam_net_free(net);
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		TEST(a_weight_counts_samples),
		TEST(the_mean_is_weighted),
		TEST(nothing_counts),
		TEST(bits_are_the_same),
		TEST(slices_are_weighted),
	};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
