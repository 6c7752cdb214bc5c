/* SPDX-License-Identifier: MIT */
/* examples/xor.c in C++: a net of two layers learns the exclusive or. C++17 and later.
 *
 *     c++ -std=c++17 cpp.cc $(pkg-config --cflags --libs lamina) -o cpp && ./cpp */
#include <lamina.hpp>

#include "usage.h"

#include <cstdio>

int main(int argc, char **argv)
{
	usage(argc, argv, 0, 0, "Usage: cpp\nLearns the exclusive or.\n");

	using namespace lam::option;
	const lam_real x[4][2] = {{0, 0}, {0, 1}, {1, 0}, {1, 1}};
	const int32_t labels[4] = {0, 1, 1, 0};
	lam_net *net = lam::net_create(lam::sequential(lam::affine(out = 16), lam::tanh(),
					       lam::affine(out = 2), lam::softmax_cross_entropy()),
		LAM_SHAPE(2), max_batch = 4, seed = 1);
	lam_dataset *data = lam::dataset_arrays(x[0], LAM_SHAPE(2), labels, 4);
	lam_report report;
	if (!net || !data
		|| lam::fit(net, data, &report, epochs = 200, optimizer = lam::adam(lr = 5e-2))) {
		std::fprintf(stderr, "%s\n", lam_error());
		return 1;
	}
	std::printf("loss %.4f, accuracy %.0f%%\n", report.train.loss, 100 * report.train.accuracy);
	const bool learned = report.train.accuracy == 1;
	lam_dataset_free(data);
	lam_net_free(net);
	return !learned;
}
