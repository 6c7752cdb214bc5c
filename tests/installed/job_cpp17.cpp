/* SPDX-License-Identifier: MIT */
/* A newcomer's job in C++17: compose, train, predict. */
#include <lamina.hpp>

#include <cstdio>
#include <vector>

int main()
{
	using namespace lam::option;
	std::vector<lam_real> x;
	std::vector<int32_t> labels;
	for (int i = 0; i < 200; i++) { /* inside of a circle, or outside */
		x.push_back(lam_real(i % 20 - 10) / 10);
		x.push_back(lam_real(i / 20 - 5) / 5);
		labels.push_back(x[2 * i] * x[2 * i] + x[2 * i + 1] * x[2 * i + 1] < lam_real(0.4));
	}
	lam_dataset *data = lam::dataset_arrays(x.data(), LAM_SHAPE(2), labels.data(), 200);
	lam_net *net = lam::net_create(lam::sequential(lam::affine(out = 16), lam::relu(),
					       lam::affine(out = 2), lam::softmax_cross_entropy()),
		LAM_SHAPE(2), max_batch = 20, seed = 1);
	lam_report report;
	lam_real centre[2] = {0, 0}, p[2];
	if (!net || !data
		|| lam::fit(net, data, &report, epochs = 100, optimizer = lam::adam(lr = 2e-2))
		|| lam_net_predict(net, centre, 1, p)) {
		std::fprintf(stderr, "%s\n", lam_error());
		return 1;
	}
	std::printf(
		"accuracy %.2f, the centre is inside: %.3f\n", report.train.accuracy, double(p[1]));
	lam_net_free(net);
	lam_dataset_free(data);
	return report.train.accuracy < 0.9 || p[1] < lam_real(0.9);
}
