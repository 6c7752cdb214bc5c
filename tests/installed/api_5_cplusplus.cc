/* SPDX-License-Identifier: MIT */
// C++ gets no macros: it fills the struct and calls lam_x_new.
#include <lamina.h>

#include <cstdio>

int main()
{
	lam_affine_options affine = lam_affine_options();
	affine.size = sizeof affine;
	affine.out = 3;
	lam_relu_options relu = lam_relu_options();
	relu.size = sizeof relu;
	lam_layer *layers[] = {lam_affine_new(&affine), lam_relu_new(&relu)};
	lam_net_options options = lam_net_options();
	options.size = sizeof options;
	options.model = lam_layer_new_with_children(lam_layer_class_of(layers[0]), NULL, layers,
		2); // an affine takes no children: refused
	if (options.model)
		return 1;
	options.model = lam_affine_new(&affine);
	options.shape = lam_shape_of(1, 4, 0, 0, 0);
	lam_net *net = lam_net_create_with(&options);
	lam_real x[4] = {1, 2, 3, 4}, y[3];
	if (!net || lam_net_predict(net, x, 1, y)) {
		std::fprintf(stderr, "%s\n", lam_error());
		return 1;
	}
	std::printf("%g %g %g\n", (double)y[0], (double)y[1], (double)y[2]);
	lam_net_free(net);
	return 0;
}
