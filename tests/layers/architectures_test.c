/* SPDX-License-Identifier: MIT */
/* Nets that branch, join and share, as in PyTorch: outputs, gradients and 20 steps; the same bits
 * with any number of threads; saved and loaded; stopped and resumed. */
#include "tests/layers/architecture_values.h"
#include "tests/layers/architectures.h"

#include <unistd.h>

enum { STEPS = 20, MOST_OUTPUTS = 2000 };

static const bool in_double = sizeof(lam_real) == 8;

/* A net and PyTorch's values for it. */
struct subject {
	const struct architecture *architecture;
	struct values *values;
	lam_net *net;
	lam_io io[MOST_IO];
};

static lam_net *make_net(const struct architecture *a, int max_batch, int threads, bool direct)
{
	return lam_net_create(a->make(), a->shape, .max_batch = max_batch, .threads = threads,
		.direct = direct, .input_grad = true);
}

/* Begins the row of architecture i; false: it cannot be read, or made. */
static bool begin(struct subject *s, int i, int threads, bool direct)
{
	*s = (struct subject){.architecture = &architectures[i]};
	s->values = read_values(s->architecture->name);
	if (!check(s->values, "%s cannot be read", s->architecture->name))
		return false;
	s->net = make_net(s->architecture, s->values->n, threads, direct);
	if (!check(s->net, "%s", lam_error()))
		return false;
	set_params(s->values, s->net);
	list_io(s->values, s->net, s->io);
	return true;
}

static void end(struct subject *s)
{
	lam_net_free(s->net);
	free_values(s->values);
}

static lam_optimizer rule_of(const struct subject *s)
{
	return strcmp(s->values->rule, "adam") == 0
		? lam_adam(.lr = (lam_real)0.01)
		: lam_sgd(.lr = (lam_real)0.05, .momentum = (lam_real)0.9);
}

static void check_losses(struct subject *s, double tolerance)
{
	for (int i = 0; i < lam_net_loss_count(s->net); i++) {
		const char *name = lam_net_loss_name(s->net, i);
		const lam_real loss = (lam_real)lam_net_loss_of(s->net, name);
		check_array(s->values, "loss", name, &loss, tolerance);
		check_array(s->values, "y", name, lam_net_output_of(s->net, name), tolerance);
	}
	const lam_real loss = (lam_real)lam_net_loss(s->net);
	check_array(s->values, "loss", "net", &loss, tolerance);
}

static void check_gradients(struct subject *s, double tolerance)
{
	for (int i = 0; i < lam_net_input_count(s->net); i++) {
		const char *name = lam_net_input_name(s->net, i);
		check_array(s->values, "dx", name, lam_net_input_grad_of(s->net, name), tolerance);
	}
	for (int i = 0; i < lam_net_param_count(s->net); i++) {
		const lam_param *param = lam_net_param(s->net, i);
		check_array(
			s->values, "dw", lam_param_name(param), lam_param_grad(param), tolerance);
	}
}

/* The file has nine digits. */
static void gradients_as_in_pytorch(void)
{
	for (int i = 0; i < 2 * ARCHITECTURES; i++) {
		const bool direct = i % 2;
		struct subject s;
		test_begin("%s%s", architectures[i / 2].name, direct ? ", direct" : "");
		const double tolerance = in_double ? 1e-8 : direct ? 1e-5 : 1e-4;
		if (begin(&s, i / 2, 2, direct)) {
			check_ok(lam_net_forward_io(s.net, LAM_TRAIN, s.io, s.values->n));
			check_losses(&s, tolerance);
			check_ok(lam_net_backward(s.net));
			check_gradients(&s, tolerance);
		}
		end(&s);
		test_end();
	}
}

/* Within the default tolerance: 1e-3, and 1e-7 in double. */
static void gradients_are_numeric_ones(void)
{
	for (int i = 0; i < ARCHITECTURES; i++) {
		lam_gradcheck_report report;
		test_begin("%s", architectures[i].name);
		check_ok(lam_gradcheck(
			architectures[i].make(), architectures[i].shape, &report, .seed = 1));
		check(report.checked > 0);
		test_end();
	}
}

/* A layer of a net may be computed for few samples, as a prediction of three is. */
static void check_evaluation(struct subject *s, lam_net *net, double tolerance)
{
	static lam_real y[MOST_OUTPUTS];
	for (int i = 0; i < lam_net_loss_count(s->net); i++) {
		const char *name = lam_net_loss_name(s->net, i);
		const lam_out out[] = {{name, y}, {0}};
		check_ok(lam_net_predict_io(net, s->io, 3, out));
		check_array(s->values, "eval", name, y, tolerance);
	}
}

static char path[] = "/tmp/lamina-architectures-XXXXXX";

/* Saves the net and loads it again. */
static lam_net *copy_of(const struct subject *s, int max_batch, bool inference)
{
	check_ok(lam_net_save(s->net, path));
	lam_net *net = lam_net_load(
		path, .max_batch = max_batch, .inference = inference, .input_grad = !inference);
	check(net, "%s", lam_error());
	return net;
}

/* In float, 20 steps are 20 times of rounding. */
static void trains_as_in_pytorch(void)
{
	const double tolerance = in_double ? 1e-6 : 1e-3;
	for (int i = 0; i < ARCHITECTURES; i++) {
		struct subject s;
		test_begin("%s", architectures[i].name);
		if (begin(&s, i, 2, false)) {
			const lam_optimizer rule = rule_of(&s);
			for (int step = 0; step < STEPS; step++)
				check_ok(lam_net_step_io(s.net, &rule, s.io, s.values->n));
			for (int k = 0; k < lam_net_param_count(s.net); k++) {
				const lam_param *param = lam_net_param(s.net, k);
				check_array(s.values, "after", lam_param_name(param),
					lam_param_value(param), tolerance);
			}
			for (int k = 0; k < lam_net_state_count(s.net); k++) {
				const lam_param *state = lam_net_state(s.net, k);
				check_array(s.values, "after", lam_param_name(state),
					lam_param_value(state), tolerance);
			}
			lam_net *few = copy_of(&s, 3, true);
			check_evaluation(&s, s.net, tolerance);
			check_evaluation(&s, few, tolerance);
			lam_net_free(few);
		}
		end(&s);
		test_end();
	}
}

static void check_bits(
	const char *what, const char *name, const lam_real *a, const lam_real *b, int64_t count)
{
	check(a && b && !memcmp(a, b, (size_t)count * sizeof(lam_real)), "%s %s", what, name);
}

/* Whether parameters and statistics of two nets have the same bits. */
static void check_same_values(lam_net *a, lam_net *b)
{
	const int params = lam_net_param_count(a);
	for (int i = 0; i < params + lam_net_state_count(a); i++) {
		const bool is_param = i < params;
		const lam_param *p = is_param ? lam_net_param(a, i) : lam_net_state(a, i - params);
		const lam_param *q = is_param ? lam_net_param(b, i) : lam_net_state(b, i - params);
		const lam_shape shape = lam_param_shape(p);
		check_bits("value of", lam_param_name(p), lam_param_value(p), lam_param_value(q),
			lam_shape_count(&shape));
	}
}

/* Whether outputs and gradients of two nets have the same bits. */
static void check_same_results(const struct values *v, lam_net *a, lam_net *b)
{
	for (int i = 0; i < v->count; i++) {
		const char *kind = v->arrays[i].kind, *name = v->arrays[i].name;
		const int64_t count = v->arrays[i].count;
		if (strcmp(kind, "y") == 0)
			check_bits("output", name, lam_net_output_of(a, name),
				lam_net_output_of(b, name), count);
		if (strcmp(kind, "dx") == 0)
			check_bits("gradient of", name, lam_net_input_grad_of(a, name),
				lam_net_input_grad_of(b, name), count);
		if (strcmp(kind, "dw") == 0)
			check_bits("gradient of", name, lam_param_grad(lam_net_find(a, name)),
				lam_param_grad(lam_net_find(b, name)), count);
	}
}

static void threads_give_the_same_bits(void)
{
	for (int i = 0; i < 3 * ARCHITECTURES; i++) {
		const int threads = (int[]){2, 3, 8}[i % 3];
		struct subject one, many;
		test_begin("%s, %d threads", architectures[i / 3].name, threads);
		if (begin(&one, i / 3, 1, false) && begin(&many, i / 3, threads, false)) {
			const lam_optimizer rule = rule_of(&one);
			for (int step = 0; step < 3; step++) {
				check_ok(lam_net_step_io(one.net, &rule, one.io, one.values->n));
				check_ok(lam_net_step_io(many.net, &rule, many.io, one.values->n));
			}
			check_same_values(one.net, many.net);
			check_same_results(one.values, one.net, many.net);
			end(&many);
		}
		end(&one);
		test_end();
	}
}

/* Moments are not saved, so the rule has none. */
static void a_loaded_net_goes_on(void)
{
	const lam_optimizer sgd = lam_sgd(.lr = (lam_real)0.1);
	for (int i = 0; i < ARCHITECTURES; i++) {
		struct subject s;
		test_begin("%s", architectures[i].name);
		if (begin(&s, i, 2, false)) {
			check_ok(lam_net_step_io(s.net, &sgd, s.io, s.values->n));
			lam_net *copy = copy_of(&s, s.values->n, false);
			check_ok(lam_net_step_io(s.net, &sgd, s.io, s.values->n));
			check_ok(lam_net_step_io(copy, &sgd, s.io, s.values->n));
			check_same_values(s.net, copy);
			check_same_results(s.values, s.net, copy);
			lam_net_free(copy);
		}
		end(&s);
		test_end();
	}
}

/* A field for each input and each loss. */
static lam_dataset *dataset_of(const struct subject *s)
{
	lam_field fields[MOST_IO] = {{0}};
	const int inputs = lam_net_input_count(s->net);
	for (int i = 0; s->io[i].name; i++) {
		lam_target_info info = {.shape = lam_net_shape_of(s->net, s->io[i].name)};
		if (i >= inputs)
			check_ok(lam_net_targets_of(s->net, s->io[i].name, &info));
		const bool classes = info.type == LAM_CLASSES;
		fields[i] = (lam_field){s->io[i].name, s->io[i].data, .shape = info.shape,
			.role = i < inputs ? LAM_ROLE_INPUT
				: classes  ? LAM_ROLE_CLASSES
					   : LAM_ROLE_VALUES,
			.classes = info.classes, .ignore = info.ignore};
	}
	return lam_dataset_fields(s->values->n, fields);
}

static bool stop_in_second_epoch(const lam_progress *progress, void *data)
{
	(void)data;
	return progress->total_step == 4;
}

/* Runs of three epochs of three steps, the last one short; the second is stopped and resumed. */
static void a_resumed_run_ends_the_same(void)
{
	for (int i = 0; i < ARCHITECTURES; i++) {
		struct subject whole, halves;
		test_begin("%s", architectures[i].name);
		if (begin(&whole, i, 2, false) && begin(&halves, i, 3, false)) {
			lam_dataset *data = dataset_of(&whole);
			check(data, "%s", lam_error());
			const lam_optimizer rule = rule_of(&whole);
			check_ok(lam_fit(
				whole.net, data, NULL, .epochs = 3, .batch = 7, .optimizer = rule));
			unlink(path);
			for (int half = 0; half < 2; half++)
				check_ok(lam_fit(halves.net, data, NULL, .epochs = 3, .batch = 7,
					.optimizer = rule, .checkpoint = path, .resume = true,
					.step_end = half ? NULL : stop_in_second_epoch));
			check_same_values(whole.net, halves.net);
			lam_dataset_free(data);
			end(&halves);
		}
		end(&whole);
		test_end();
	}
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		TEST(gradients_as_in_pytorch),
		TEST(gradients_are_numeric_ones),
		TEST(trains_as_in_pytorch),
		TEST(threads_give_the_same_bits),
		TEST(a_loaded_net_goes_on),
		TEST(a_resumed_run_ends_the_same),
	};
	const int file = mkstemp(path);
	if (file < 0 || close(file))
		return TEST_ERROR;
	const int result = test_main(tests, sizeof tests / sizeof *tests, argc, argv);
	unlink(path);
	return result;
}
