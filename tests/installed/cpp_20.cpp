/* SPDX-License-Identifier: MIT */
/* Options as C++20 names them, of layers, nets and training. */
#include <lamina.hpp>

#include <cstdio>
#include <cstring>

/* Two inputs, two losses, by options as C++20 and as C++17 names them. */
static bool graphs()
{
	using namespace lam::option;
	lam_graph *g = lam_graph_new();
	const lam_value x = lam_graph_input(g, "x", LAM_SHAPE(2)),
			z = lam_graph_input(g, "z", LAM_SHAPE(1));
	const lam_value both = lam::apply(g, lam::concat(), lam::apply(g, lam::tanh(), x), z);
	lam::graph_loss(g, lam::mean_squared_error(), both, {.name = "near", .weight = 0.5f});
	lam::graph_loss(g, lam::mean_squared_error(), lam::apply(g, lam::affine(out = 1), both),
		name = "far", weight = 2);
	lam_net *net = lam::net_create(lam_graph_done(g), {.max_batch = 1});
	const bool made = net && lam_net_loss_count(net) == 2 && lam_net_input_count(net) == 2;
	lam_net_free(net);
	g = lam_graph_new();
	lam_graph_output(g, lam::apply(g, lam::relu(), lam_graph_input(g, "x", LAM_SHAPE(2))), "y");
	net = lam::net_create(lam_graph_done(g), max_batch = 1, inference = true);
	const bool plain = net && lam_net_input_shape(net).dim[0] == 2;
	lam_net_free(net);
	const lam_shape shapes[] = {LAM_SHAPE(2), LAM_SHAPE(2)};
	g = lam_graph_new();
	lam_graph_output(g, lam::apply(g, lam::tanh(), lam_graph_input(g, "x", LAM_SHAPE(2))), "y");
	const bool checked = !lam::gradcheck(lam_graph_done(g), nullptr)
		&& !lam::gradcheck(lam::add(), nullptr, lam::option::shapes = shapes, inputs = 2)
		&& !lam::gradcheck(lam::add(), nullptr, {.shapes = shapes, .inputs = 2});
	return made && plain && checked;
}

/* The points of a schedule, in both ways. */
static bool schedules()
{
	using namespace lam::option;
	const lam_schedule a = lam::piecewise({.points = {{0, 1}, {0.5f, LAM_ZERO}}}),
			   b = lam::piecewise(points = {{0, 1}, {5, 2}}, by_epoch = true),
			   c = lam::plateau(patience = LAM_ZERO, cooldown = 2);
	return a.count == 2 && a.points[1].factor == 0 && b.by_epoch && b.points[1].at == 5
		&& c.patience == 0 && c.cooldown == 2
		&& lam::cosine_restarts({.every = 2}).multiply == 1;
}

static lam_status no_update(const lam_update *)
{
	return LAM_OK;
}

/* An optimizer of one's own rule, in both ways. */
static bool rules()
{
	using namespace lam::option;
	lam_option rows[3] = {};
	rows[0].name = "lr";
	rows[0].offset = offsetof(lam_optimizer, lr);
	rows[1].name = "gain";
	rows[1].offset = offsetof(lam_optimizer, own);
	rows[0].type = rows[1].type = LAM_OPTION_REAL;
	rows[0].most = rows[1].most = 9;
	rows[1].fallback = 2;
	lam_rule_class gain = {};
	gain.abi = LAM_RULE_ABI_NUMBER;
	gain.name = "gain";
	gain.options = rows;
	gain.update = no_update;
	const lam_optimizer a = lam::optimizer_of(&gain, lr = 0.5, own = {0, 0}),
			    b = lam::optimizer_of(&gain, {.lr = 1}),
			    c = lam::optimizer_of(&gain, lr = 1, beta1 = 0.5);
	return a.lr == 0.5f && a.own[0] == 2 && b.rule == LAM_RULE_OWN && c.rule == LAM_RULE_NONE
		&& std::strstr(lam_error(), "gain: has no option beta1");
}

int main()
{
	if (!graphs() || !schedules() || !rules()) {
		std::fprintf(stderr, "%s\n", lam_error());
		return 1;
	}
	lam_layer *body = lam::sequential(
		lam::conv2d({.out = 4, .kernel = {3}, .pad = {1}, .name = "conv1"}), lam::relu());
	lam_layer *model = lam::sequential(
		lam::residual(body, {.shortcut = lam::conv2d({.out = 4, .kernel = {1}})}),
		lam::global_avg_pool(), lam::affine({.out = 2}), lam::softmax_cross_entropy());
	lam_net *net = lam::net_create(model, LAM_SHAPE(1, 4, 4), {.max_batch = 4, .seed = 1});
	lam_real x[4][16] = {};
	for (int i = 0; i < 16; i++)
		x[1][i] = x[3][i] = 1;
	const int32_t labels[4] = {0, 1, 0, 1};
	lam_dataset *data = lam::dataset_arrays(x[0], LAM_SHAPE(1, 4, 4), labels, 4);
	lam_report report;
	if (!net || !data || !lam_net_find(net, "0.body.conv1.weight")
		|| lam::fit(
			net, data, &report, {.epochs = 50, .optimizer = lam::adam({.lr = 0.05f})})
		|| report.train.accuracy < 1) {
		std::fprintf(stderr, "%s\n", lam_error());
		return 1;
	}
	lam_dataset_free(data);
	lam_net_free(net);
	/* A shortcut that failed is none that was left out. */
	lam_layer *failed = lam::residual(lam::relu(), {.shortcut = lam::conv2d({.kernel = {3}})});
	return failed || !std::strstr(lam_error(), "option out is required");
}
