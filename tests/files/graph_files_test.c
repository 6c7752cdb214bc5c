/* SPDX-License-Identifier: MIT */
/* Graphs in files: what is saved is loaded, and a text that is wrong is refused with a sentence
 * that names its line. */
#include "framework/model/architecture.h"
#include "tests/files/files.h"

#include <lamina.h>

enum { BATCH = 20, X = 16, Z = 3, KINDS = 4 };

static const char text[] = "lamina-architecture 1\n"
			   "input 1x4x4\n"
			   "graph {\n"
			   "\tinput shape=1x4x4 name=image\n"
			   "\tinput shape=3 name=size\n"
			   "\tsequential from=image {\n"
			   "\t\tconv2d out=2 kernel=3,3\n"
			   "\t\tbatch_norm\n"
			   "\t\tglobal_avg_pool\n"
			   "\t}\n"
			   "\tconcat name=both from=2,size\n"
			   "\taffine out=4 from=both\n"
			   "\tsoftmax_cross_entropy name=kind from=4\n"
			   "\taffine out=1 name=price from=both\n"
			   "\tmean_squared_error name=price_error weight=0.25 from=price\n"
			   "\toutput name=price from=price\n"
			   "\trelu from=both\n"
			   "\tmean_squared_error weight=0 from=9\n"
			   "}\n";

static lam_net *make(void)
{
	lam_graph *g = lam_graph_new();
	const lam_value image = lam_graph_input(g, "image", LAM_SHAPE(1, 4, 4)),
			size = lam_graph_input(g, "size", LAM_SHAPE(Z));
	const lam_value a = lam_apply(g,
		lam_sequential(lam_conv2d(.out = 2, .kernel = {3}), lam_batch_norm(),
			lam_global_avg_pool()),
		image);
	const lam_value both = lam_apply(g,
		lam_concat_new(&(lam_join_options){
			.size = sizeof(lam_join_options),
			.name = "both",
		}),
		a, size);
	const lam_value price = lam_apply(g, lam_affine(.out = 1, .name = "price"), both);
	lam_graph_loss(g, lam_softmax_cross_entropy(), lam_apply(g, lam_affine(.out = KINDS), both),
		.name = "kind");
	lam_graph_loss(g, lam_mean_squared_error(), price, .name = "price_error",
		.weight = (lam_real)0.25);
	lam_graph_output(g, price, "price");
	lam_graph_loss(
		g, lam_mean_squared_error(), lam_apply(g, lam_relu(), both), .weight = LAM_ZERO);
	return lam_net_create(lam_graph_done(g), .max_batch = BATCH, .seed = 1);
}

static lam_real x[BATCH * X], z[BATCH * Z], prices[BATCH], rest[BATCH * 5];
static int32_t kinds[BATCH];

static void fill(void)
{
	for (int i = 0; i < BATCH * X; i++)
		x[i] = (lam_real)(i * 37 % 101) / 50 - 1;
	for (int i = 0; i < BATCH * Z; i++)
		z[i] = (lam_real)(i * 17 % 31) / 15 - 1;
	for (int i = 0; i < BATCH; i++) {
		prices[i] = (lam_real)(i % 5);
		kinds[i] = i % KINDS;
	}
}

static void step(lam_net *net)
{
	const lam_optimizer sgd = lam_sgd(.lr = (lam_real)0.01);
	check_ok(lam_net_step_io(net, &sgd,
		(const lam_io[]){{"image", x}, {"size", z}, {"kind", kinds},
			{"price_error", prices}, {"loss", rest}, {0}},
		BATCH));
}

static void check_same_params(lam_net *a, lam_net *b)
{
	for (int i = 0; i < lam_net_param_count(a); i++) {
		const lam_shape shape = lam_param_shape(lam_net_param(a, i));
		check(!memcmp(lam_param_value(lam_net_param(a, i)),
			      lam_param_value(lam_net_param(b, i)),
			      (size_t)lam_shape_count(&shape) * sizeof(lam_real)),
			"%s differs", lam_param_name(lam_net_param(a, i)));
	}
}

static void what_is_saved_is_loaded(void)
{
	fill();
	lam_net *net = make();
	require(net, "%s", lam_error());
	step(net);
	check_ok(lam_net_save(net, file_path("graph.npz")));
	char *written = lam_architecture_write(lam_net_model(net), lam_net_input_shape(net));
	check(written && !strcmp(written, text), "it is %s", written ? written : lam_error());
	lam_free(written);
	lam_net *again = lam_net_load(file_path("graph.npz"), .max_batch = BATCH, .seed = 1);
	require(again, "%s", lam_error());
	check_same_params(net, again);
	step(net);
	step(again);
	check_same_params(net, again);
	check(lam_net_loss(net) == lam_net_loss(again), "another loss");
	check_ok(lam_net_save(net, file_path("a.npz")));
	check_ok(lam_net_save(again, file_path("b.npz")));
	struct bytes a = file_read(file_path("a.npz")), b = file_read(file_path("b.npz"));
	check(a.count == b.count && !memcmp(a.data, b.data, a.count), "other bytes");
	free(a.data);
	free(b.data);
	check_ok(lam_net_load_params(net, file_path("graph.npz")));
	lam_net_free(again);
	lam_net_free(net);
}

/* A loaded net for few samples predicts as the net that was saved. */
static void a_loaded_net_predicts(void)
{
	static lam_real y[BATCH], other[BATCH], p[BATCH * KINDS];
	fill();
	lam_net *net = make();
	require(net, "%s", lam_error());
	step(net);
	check_ok(lam_net_save(net, file_path("graph.npz")));
	lam_net *few = lam_net_load(file_path("graph.npz"), .max_batch = 4, .inference = true);
	require(few, "%s", lam_error());
	const lam_io io[] = {{"size", z}, {"image", x}, {0}};
	check_ok(lam_net_predict_io(net, io, BATCH, (const lam_out[]){{"price", y}, {0}}));
	check_ok(lam_net_predict_io(
		few, io, BATCH, (const lam_out[]){{"kind", p}, {"price", other}, {0}}));
	for (int i = 0; i < BATCH; i++)
		check_near(other[i], y[i], 1e-5);
	lam_net_free(few);
	lam_net_free(net);
}

static lam_layer *parse(const char *written)
{
	lam_shape input;
	return lam_architecture_parse(written, NULL, NULL, &input);
}

/* Programs may write other orders and more words; what is read is written in one way. */
static void other_spellings_are_read(void)
{
	lam_shape input;
	lam_layer *model = lam_architecture_parse("lamina-architecture 1\ninput 2\n"
						  "graph {\n"
						  "input name=x shape=2\n"
						  "affine from=x out=3\n"
						  "tanh from=1\n"
						  "relu from=x\n"
						  "concat from=2,3,2\n"
						  "mean_squared_error from=4 weight=1\n"
						  "}\n",
		NULL, NULL, &input);
	char *again = model ? lam_architecture_write(model, input) : NULL;
	check(again
			&& !strcmp(again,
				"lamina-architecture 1\ninput 2\n"
				"graph {\n"
				"\tinput shape=2 name=x\n"
				"\taffine out=3 from=x\n"
				"\ttanh from=1\n"
				"\trelu from=x\n"
				"\tconcat from=2,3,2\n"
				"\tmean_squared_error from=4\n"
				"}\n"),
		"it is %s", again ? again : lam_error());
	lam_free(again);
	lam_layer_free(model);
}

/* A text is HEAD, these lines, TAIL; lines count from HEAD's first. */
#define HEAD "lamina-architecture 1\ninput 2\ngraph {\ninput shape=2 name=x\n"
#define TAIL "}\n"

static const struct {
	const char *text, *words;
} wrong_texts[] = {
	{HEAD "relu\n" TAIL, "line 5: relu has no from=; expected the layers that it reads"},
	{HEAD "relu from=\n" TAIL, "line 5: relu has an empty from; expected one"},
	{HEAD "relu from=x from=x\n" TAIL, "line 5: relu has two froms; expected one"},
	{HEAD "relu from=,x\n" TAIL, "line 5: from=,x; expected names or numbers of layers"},
	{HEAD "relu from=x,\n" TAIL, "line 5: from=x,; expected names or numbers of layers"},
	{HEAD "add from=x,,x\n" TAIL, "line 5: from=x,,x; expected names or numbers"},
	{HEAD "relu from=y\noutput from=1\n" TAIL,
		"line 5: from=y is no layer of this container; expected the name of one"},
	{HEAD "relu from=0\noutput from=1\n" TAIL,
		"line 5: from=0 is no layer of this container; expected the name of one"},
	{HEAD "relu from=-1\noutput from=1\n" TAIL, "line 5: from=-1 is no layer of this"},
	{HEAD "relu from=99999999999999999999\noutput from=1\n" TAIL,
		"line 5: from=99999999999999999999 is no layer of this container"},
	{HEAD "relu from=1\noutput from=1\n" TAIL,
		"line 5: from=1 does not stand before it; expected an earlier layer"},
	{HEAD "relu from=2\ntanh from=1\noutput from=2\n" TAIL,
		"line 5: from=2 does not stand before it; expected an earlier layer"},
	{HEAD "relu from=late\ntanh name=late from=x\noutput from=1\n" TAIL,
		"line 5: from=late does not stand before it; expected an earlier layer"},
	{HEAD "mean_squared_error name=a from=x\nrelu from=a\noutput from=2\n" TAIL,
		"line 6: from=a is a loss or an output; expected another layer"},
	{HEAD "mean_squared_error from=x\nrelu from=1\noutput from=2\n" TAIL,
		"line 6: from=1 is a loss or an output; expected another layer"},
	{HEAD "relu from=x\noutput from=1\ntanh from=2\noutput from=3\n" TAIL,
		"line 7: from=2 is a loss or an output; expected another layer"},
	{HEAD "relu from=x\ntanh from=x\noutput from=1\n" TAIL,
		"line 6: nothing reads tanh \"2\"; expected a layer"},
	{HEAD "input shape=3 name=z\nrelu from=x\noutput from=2\n" TAIL,
		"line 5: nothing reads input \"z\"; expected a layer"},
	{HEAD "relu from=x\ninput shape=3 name=z\noutput from=1\n" TAIL,
		"line 6: input \"z\" stands behind other layers; expected all inputs "
		"first"},
	{HEAD "input shape=3 name=z from=x\n" TAIL, "line 5: input has no option from"},
	{HEAD "input name=z\n" TAIL, "line 5: input: option shape is required"},
	{HEAD "output from=x\n" TAIL,
		"line 5: output \"1\" is input \"x\"; expected a layer between input and"},
	{HEAD "relu from=x\noutput from=1,1\n" TAIL,
		"line 6: output \"2\" reads 2 values; expected 1"},
	{HEAD "relu from=x weight=2\noutput from=1\n" TAIL, "line 5: relu has no option weight"},
	{HEAD "mean_squared_error from=x weight=2,3\n" TAIL,
		"line 5: weight=2,3; expected a number"},
	{HEAD "mean_squared_error from=x weight=nan\n" TAIL,
		"line 5: the weight of mean_squared_error \"1\" is nan; expected a finite"},
	{HEAD "mean_squared_error from=x weight=1e999\n" TAIL, "line 5: "},
	{HEAD "relu name=a from=x\ntanh name=a from=a\noutput from=a\n" TAIL,
		"line 6: relu \"a\" and tanh \"a\", its layers 1 and 2, have one name"},
	{HEAD "relu name=2 from=x\ntanh from=2\noutput from=2\n" TAIL, "line 6: "},
	{HEAD "relu name=a,b from=x\noutput from=1\n" TAIL,
		"line 6: from=1 is no layer of this container"},
	{HEAD "relu name=a,b from=x\ntanh from=x\noutput from=2\n" TAIL,
		"line 5: relu \"a,b\" has a comma in its name"},
	{HEAD TAIL, "line 3: there is no loss and no output"},
	{"lamina-architecture 1\ninput 2\ngraph\n", "line 3: graph: 0 layers; expected at"},
	{"lamina-architecture 1\ninput 2\ngraph {\n}\n",
		"line 3: there is no loss and no output; expected at least one"},
	{"lamina-architecture 1\ninput 2\ngraph {\nrelu from=x\n",
		"line 5: the text ends inside graph; expected }"},
	{"lamina-architecture 1\ninput 2\nsequential {\nrelu\ntanh from=0\n}\n",
		"line 5: tanh has no option from"},
	{"lamina-architecture 1\ninput 2\nsequential {\nmean_squared_error weight=2\n}\n",
		"line 4: mean_squared_error has no option weight"},
	{"lamina-architecture 1\ninput 2\nsequential {\ninput shape=2\nrelu\n}\n",
		"line 3: sequential: layer 0 (input) stands outside of a graph"},
	{"lamina-architecture 1\ninput 2\ninput shape=2\n",
		"line 3: input stands outside of a graph"},
	{"lamina-architecture 1\ninput 2\n\noutput\n", "line 4: output stands outside of a graph"},
	{"lamina-architecture 1\ninput 3\ngraph {\ninput shape=2 name=x\n"
	 "input shape=2 name=z\nadd from=x,z\noutput from=2\n}\n",
		"line 3: the first input of graph is 2; expected 3, as the line \"input\""},
};

static void texts_that_are_wrong_are_refused(void)
{
	for (size_t i = 0; i < sizeof wrong_texts / sizeof *wrong_texts; i++) {
		test_begin("text %zu", i);
		lam_layer *model = parse(wrong_texts[i].text);
		check(!model && strstr(lam_error(), "architecture line")
				&& strstr(lam_error(), wrong_texts[i].words),
			"it says \"%s\", not \"%s\"", lam_error(), wrong_texts[i].words);
		lam_layer_free(model);
		test_end();
	}
}

/* Twenty thousand layers, and lines that read one value millions of times. */
static void large_texts_end_soon(void)
{
	static char large[LAM_ARCHITECTURE_BYTES + 1];
	char *at = large + sprintf(large, HEAD);
	for (int i = 0; i < 400; i++) {
		at += sprintf(at, "concat name=n%d from=x", i);
		for (int k = 0; k < 5000; k++)
			at += sprintf(at, ",x");
		at += sprintf(at, "\noutput name=y%d from=n%d\n", i, i);
	}
	sprintf(at, TAIL);
	lam_layer *model = parse(large);
	check(model != NULL, "%s", lam_error());
	lam_layer_free(model);
	at = large + sprintf(large, HEAD "concat from=x");
	for (int k = 0; k < 10000; k++)
		at += sprintf(at, ",x");
	sprintf(at, "\noutput from=1\n" TAIL);
	model = parse(large);
	check(!model && strstr(lam_error(), "line 5: concat \"1\" reads 10001 values"), "%s",
		lam_error());
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {TEST(what_is_saved_is_loaded),
		TEST(a_loaded_net_predicts), TEST(other_spellings_are_read),
		TEST(texts_that_are_wrong_are_refused), TEST(large_texts_end_soon)};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
