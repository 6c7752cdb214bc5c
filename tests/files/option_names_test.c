/* SPDX-License-Identifier: MIT */
/* Files with options by earlier rules: a former name of an option, and a single number beside a
 * list. */
#include "framework/lamina.h"
#include "framework/model/architecture.h"
#include "framework/model/inside.h"

#include "tests/files/files.h"

struct gain {
	LAM_LAYER_OPTIONS;
	lam_real factor;
	int times[2];
};

static lam_status gain_forward(const lam_layer *self, const lam_pass *pass)
{
	const struct gain *gain = lam_layer_state(self);
	for (int64_t i = 0; i < pass->out->values; i++)
		pass->out->data[i] = pass->x->data[i] * gain->factor
			* (lam_real)(gain->times[0] + 10 * gain->times[1]);
	return LAM_OK;
}

static lam_status gain_backward(const lam_layer *self, const lam_pass *pass)
{
	const struct gain *gain = lam_layer_state(self);
	for (int64_t i = 0; i < pass->dx->values; i++)
		pass->dx->data[i] = pass->dy->data[i] * gain->factor
			* (lam_real)(gain->times[0] + 10 * gain->times[1]);
	return LAM_OK;
}

static const lam_option gain_options[] = {
	LAM_OPTION(struct gain, factor, REAL, .fallback = 1, .most = 100,
		.former = (const char *const[]){"scale", "amount", NULL}),
	LAM_OPTION(struct gain, times, PAIR, .fallback = 1, .most = 9,
		.former = (const char *const[]){"repeat", NULL}),
	LAM_OPTIONS_END,
};

static const lam_layer_class gain_class = {
	LAM_LAYER_ABI,
	.kind = "gain",
	.state_size = sizeof(struct gain),
	.options = gain_options,
	.forward = gain_forward,
	.backward = gain_backward,
};

static lam_net *gain_net(void)
{
	struct gain options = {.size = sizeof options, .factor = 3, .times = {2, 5}};
	return lam_net_create(
		lam_sequential(lam_layer_new(&gain_class, &options), lam_mean_squared_error()),
		LAM_SHAPE(2), .max_batch = 1);
}

/* Writes a file with only this text. */
static const char *file_with(const char *text)
{
	const char *path = file_path("names.npz");
	lam_npz_writer *npz = lam_npz_create(path, NULL);
	lam_npz_add_text(npz, "architecture", text);
	check_ok(lam_npz_finish(npz));
	return path;
}

static void files_keep_former_names(void)
{
	static const char *const rows[] = {"factor=3 times=2,5", "scale=3 repeat=2,5",
		"amount=3 times=2,5", "repeat=2,5 factor=3"};
	lam_net *net = gain_net();
	require(net, "%s", lam_error());
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char text[200];
		test_begin("%s", rows[i]);
		snprintf(text, sizeof text,
			"lamina-architecture 1\ninput 2\nsequential {\n\tgain %s\n"
			"\tmean_squared_error\n}\n",
			rows[i]);
		const char *path = file_with(text);
		lam_net *loaded = lam_net_load(
			path, .classes = (const lam_layer_class *const[]){&gain_class, NULL});
		require(loaded, "%s", lam_error());
		lam_real y[2];
		check_ok(lam_net_predict(loaded, (const lam_real[]){1, -2}, 1, y));
		check(y[0] == 156 && y[1] == -312, "%g %g", (double)y[0], (double)y[1]);
		char *again = lam_architecture_write(
			lam_net_model(loaded), lam_net_input_shape(loaded));
		check(again && strstr(again, "\tgain factor=3 times=2,5\n"), "%s", again);
		lam_free(again);
		lam_npz *npz = lam_npz_open(path);
		check_ok(lam_same_architecture(net, npz, path)); /* so a run can be resumed */
		lam_npz_close(npz);
		lam_net_free(loaded);
	}
	lam_net_free(net);
}

static void a_name_is_one_option(void)
{
	static const struct {
		const char *options, *words;
	} rows[] = {{"factor=3 scale=3", "option factor twice"}, {"size=3", "no option size"},
		{"scale=300", "option factor is 300; expected 0 to 100"},
		{"scale=x", "factor=x; expected a number"}};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char text[200];
		test_begin("%s", rows[i].options);
		snprintf(text, sizeof text, "lamina-architecture 1\ninput 2\ngain %s\n",
			rows[i].options);
		check(!lam_net_load(file_with(text),
			      .classes = (const lam_layer_class *const[]){&gain_class, NULL})
				&& strstr(lam_error(), rows[i].words),
			"%s", lam_error());
	}
}

/* Early builds allowed one mean for all channels beside a list of deviations. */
static void one_number_beside_a_list_is_all_of_them(void)
{
	lam_net *net = lam_net_load(file_with("lamina-architecture 1\ninput 2\nstandardize mean=3 "
					      "std=1,2\n"));
	require(net, "%s", lam_error());
	lam_real y[2];
	check_ok(lam_net_predict(net, (const lam_real[]){5, 7}, 1, y));
	check(y[0] == 2 && y[1] == 2, "%g %g", (double)y[0], (double)y[1]);
	lam_net_free(net);
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		TEST(files_keep_former_names),
		TEST(a_name_is_one_option),
		TEST(one_number_beside_a_list_is_all_of_them),
	};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
