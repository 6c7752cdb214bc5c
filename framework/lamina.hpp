/* SPDX-License-Identifier: MIT */
/** \file
 * lamina.h for C++: the same named options, for every constructor and function that has them.
 *
 *     using namespace lam::option;                    // C++17 and later
 *     lam_layer *conv = lam::conv2d(out = 8, kernel = {3}, name = "conv1");
 *     lam_net *net = lam::net_create(conv, LAM_SHAPE(1, 28, 28), max_batch = 64);
 *
 *     lam_layer *conv = lam::conv2d({.out = 8, .kernel = {3}, .name = "conv1"});    // C++20
 *     lam_net *net = lam::net_create(conv, LAM_SHAPE(1, 28, 28), {.max_batch = 64});
 *
 * lam::x(…) does what lam_x(…) does in C; results, errors and ownership are those of the C
 * interface, and everything without named options is called as in C. An option that a function
 * does not have is an error of the compiler. In C++17 a list has numbers of one type, {0.5, 1.0},
 * and `std`, which is a namespace, too, is written lam::option::std. With {.option = value} the
 * options must stand in the order of the lists below, because C++20 demands the order of the
 * members. lam::dataset_images() is there if lamina-image.h is included before, lam::onnx_load()
 * and lam::onnx_save() if lamina_onnx.h is. */
#ifndef LAMINA_HPP
#define LAMINA_HPP

#include "lamina.h"
#include "lamina_each.hpp"

#include <array>
#include <cstddef>
#include <cstring>
#include <type_traits>

namespace lam
{

namespace detail
{

/* Sets a member of an options struct to the value given for it. */
template <class T, class V> void set(T &member, V value)
{
	if constexpr (std::is_arithmetic<T>::value && std::is_arithmetic<V>::value) {
		static_assert(!std::is_integral<T>::value || std::is_integral<V>::value,
			"a whole number is expected");
		static_assert(!std::is_integral<T>::value || std::is_same<T, bool>::value
				|| sizeof(V) <= sizeof(T),
			"a number of the option's width is expected, such as int(count)");
		member = static_cast<T>(value);
	} else {
		static_assert(!std::is_same<T, bool>::value, "true or false is expected");
		member = value;
	}
}

template <class T, std::size_t N, class V, std::size_t K>
void set(T (&member)[N], const std::array<V, K> &list)
{
	static_assert(K <= N, "fewer numbers are expected");
	for (std::size_t i = 0; i < K; i++)
		set(member[i], list[i]);
}

template <class V, std::size_t K> std::array<V, K> copy(const V (&list)[K])
{
	std::array<V, K> values{};
	for (std::size_t i = 0; i < K; i++)
		values[i] = list[i];
	return values;
}

/* An options struct of the C interface in which only the size is set. */
template <class C> C sized()
{
	C options{};
	options.size = sizeof options;
	return options;
}

/* named<void, Result, Named...>::made is Result if all of Named are named options and there is at
 * least one. Otherwise it does not exist, and the overload that uses it is ignored. */
template <class, class Result, class... Named> struct named {
};
template <class Result, class First, class... Named>
struct named<std::void_t<typename First::lam_named, typename Named::lam_named...>, Result, First,
	Named...> {
	using made = Result;
};

} // namespace detail

#define LAM_BARE(...) __VA_ARGS__

/* The names of options, for C++17: `out = 8` is a function that sets .out of any options. */
namespace option
{
#define LAM_TAKES(type) \
	template <std::size_t K> given<std::array<type, K>> operator=(const type(&list)[K]) const \
	{ \
		return {detail::copy(list)}; \
	}
#define LAM_NAME(x, option) \
	struct option##_name { \
		template <class V> struct given { \
			using lam_named = void; \
			V value; \
			template <class O> void operator()(O &options) const \
			{ \
				detail::set(options.option, value); \
			} \
		}; \
		template <class V> given<V> operator=(V value) const \
		{ \
			return {value}; \
		} \
		LAM_TAKES(int) LAM_TAKES(double) LAM_TAKES(lam_schedule_point) \
	}; \
	inline constexpr option##_name option{};

/* The options of layers, then all others. */
#define LAM_ONE_NAME(option) LAM_NAME(, option)
LAM_ACTIVATION_NAMES(LAM_ONE_NAME)
LAM_AFFINE_NAMES(LAM_ONE_NAME)
LAM_BATCH_NORM_NAMES(LAM_ONE_NAME)
LAM_CONV_NAMES(LAM_ONE_NAME)
LAM_DROPOUT_NAMES(LAM_ONE_NAME)
LAM_LOSS_NAMES(LAM_ONE_NAME)
LAM_NORM_NAMES(LAM_ONE_NAME)
LAM_POOL_NAMES(LAM_ONE_NAME)
LAM_REARRANGE_NAMES(LAM_ONE_NAME)
LAM_RESHAPE_NAMES(LAM_ONE_NAME)
LAM_STANDARDIZE_NAMES(LAM_ONE_NAME)
LAM_TRANSPOSED_CONV_NAMES(LAM_ONE_NAME)
LAM_UPSAMPLE_NAMES(LAM_ONE_NAME)
#undef LAM_ONE_NAME
LAM_OTHER_NAMES(LAM_NAME)
#undef LAM_NAME
#undef LAM_TAKES
} // namespace option

/* Defines a C++ function for a C function. `taken` declares its positional arguments, `given` names
 * them, and `fill` copies them to members of the C options struct `c`. */
#define LAM_FUNCTION(function, result, c_function, type, taken, given, fill, ...) \
	LAM_OPTIONS(function, type, __VA_ARGS__) \
	[[nodiscard]] inline result function(LAM_BARE taken function##_options options = {}) \
	{ \
		type c = detail::sized<type>(); \
		LAM_BARE fill options.give(c); \
		return c_function(&c); \
	} \
	template <class... Named> \
	[[nodiscard]] typename detail::named<void, result, Named...>::made function( \
		LAM_BARE taken Named... named) \
	{ \
		function##_options options; \
		(named(options), ...); \
		return function(LAM_BARE given options); \
	}

#define LAM_CONSTRUCTOR(function, result, type, ...) \
	LAM_FUNCTION(function, result, lam_##function##_new, type, (), (), (), __VA_ARGS__)
#define LAM_LAYER(function, ...) \
	LAM_CONSTRUCTOR(function, lam_layer *, lam_##function##_options, __VA_ARGS__)

/* Layers. */

LAM_ACTIVATION_LAYERS(LAM_LAYER)
LAM_AFFINE_LAYERS(LAM_LAYER)
LAM_BATCH_NORM_LAYERS(LAM_LAYER)
LAM_CONV_LAYERS(LAM_LAYER)
LAM_DROPOUT_LAYERS(LAM_LAYER)
LAM_LOSS_LAYERS(LAM_LAYER)
LAM_NORM_LAYERS(LAM_LAYER)
LAM_POOL_LAYERS(LAM_LAYER)
LAM_REARRANGE_LAYERS(LAM_LAYER)
LAM_RESHAPE_LAYERS(LAM_LAYER)
LAM_SOFTMAX_LAYERS(LAM_LAYER)
LAM_STANDARDIZE_LAYERS(LAM_LAYER)
LAM_TRANSPOSED_CONV_LAYERS(LAM_LAYER)
LAM_UPSAMPLE_LAYERS(LAM_LAYER)
LAM_ZERO_PAD_LAYERS(LAM_LAYER)

/** lam::sequential(a, b, c): lam_sequential(a, b, c). The joins likewise: lam::concat(a, b), or
 * lam::concat() without branches. */
#define LAM_COMPOSITION(kind) \
	template <class... Layers> [[nodiscard]] lam_layer *kind(Layers... layers) \
	{ \
		lam_layer *list[] = {layers..., nullptr}; \
		lam_sequential_options c = detail::sized<lam_sequential_options>(); \
		c.layers = list; \
		c.count = static_cast<int>(sizeof...(Layers)); \
		return lam_##kind##_new(&c); \
	}
LAM_COMPOSITION(sequential)
LAM_COMPOSITION(concat)
LAM_COMPOSITION(add)
LAM_COMPOSITION(multiply)

/** lam::residual(body), lam::residual(body, shortcut = layer, name = "down"). The default of
 * `shortcut` cannot be NULL, because NULL means that the shortcut's constructor failed. */
struct residual_options {
	lam_layer *shortcut = lam_sequential_first();
	const char *name = nullptr;
};
[[nodiscard]] inline lam_layer *residual(lam_layer *body, residual_options options = {})
{
	lam_residual_options c = detail::sized<lam_residual_options>();
	c.body = body;
	c.name = options.name;
	c.shortcut_given = options.shortcut != lam_sequential_first();
	c.shortcut = c.shortcut_given ? options.shortcut : nullptr;
	return lam_residual_new(&c);
}
template <class... Named>
[[nodiscard]] typename detail::named<void, lam_layer *, Named...>::made residual(
	lam_layer *body, Named... named)
{
	residual_options options;
	(named(options), ...);
	return residual(body, options);
}

/** lam::apply(graph, layer, a, b): lam_apply(graph, layer, a, b). */
template <class... Values>
lam_value apply(lam_graph *graph, lam_layer *layer, lam_value first, Values... others)
{
	const lam_value values[] = {first, others...};
	return lam_apply_to(graph, layer, values, static_cast<int>(1 + sizeof...(Values)));
}

/** lam::graph_loss(graph, loss, value, name = "kind", weight = 0.5f). */
LAM_OPTIONS(graph_loss, lam_graph_loss_options, name, weight)
inline void graph_loss(
	lam_graph *graph, lam_layer *loss, lam_value value, graph_loss_options options = {})
{
	lam_graph_loss_options c = detail::sized<lam_graph_loss_options>();
	c.graph = graph;
	c.loss = loss;
	c.value = value;
	options.give(c);
	lam_graph_loss_with(&c);
}
template <class... Named>
typename detail::named<void, void, Named...>::made graph_loss(
	lam_graph *graph, lam_layer *loss, lam_value value, Named... named)
{
	graph_loss_options options;
	(named(options), ...);
	graph_loss(graph, loss, value, options);
}

/* Optimizers and schedules. */

LAM_CONSTRUCTOR(sgd, lam_optimizer, lam_sgd_options, lr, momentum, nesterov, weight_decay)
LAM_CONSTRUCTOR(adam, lam_optimizer, lam_adam_options, lr, beta1, beta2, eps, weight_decay)
LAM_CONSTRUCTOR(adamw, lam_optimizer, lam_adam_options, lr, beta1, beta2, eps, weight_decay)
LAM_CONSTRUCTOR(rmsprop, lam_optimizer, lam_rmsprop_options, lr, alpha, eps, momentum, weight_decay,
	centered)
/** lam::optimizer_of(&rule_class, lr = 0.1f): lam_optimizer_of(&rule_class, .lr = 0.1f). */
LAM_FUNCTION(optimizer_of, lam_optimizer, lam_optimizer_of_with, lam_optimizer,
	(const lam_rule_class *rule_class, ), (rule_class, ), (c.rule_class = rule_class;), lr,
	momentum, weight_decay, beta1, beta2, alpha, eps, nesterov, centered, own)
LAM_CONSTRUCTOR(one_cycle, lam_schedule, lam_one_cycle_options, peak, warmup, div, final_div)
LAM_CONSTRUCTOR(cosine, lam_schedule, lam_cosine_options, least, warmup)
LAM_CONSTRUCTOR(step_decay, lam_schedule, lam_step_decay_options, every, factor, warmup)
LAM_CONSTRUCTOR(
	cosine_restarts, lam_schedule, lam_cosine_restarts_options, every, multiply, least, warmup)
LAM_CONSTRUCTOR(plateau, lam_schedule, lam_plateau_options, factor, patience, threshold, cooldown,
	least, warmup)
LAM_CONSTRUCTOR(piecewise, lam_schedule, lam_piecewise_options, points, by_epoch)

/* Nets. */

LAM_FUNCTION(net_create, lam_net *, lam_net_create_with, lam_net_options,
	(lam_layer * model, lam_shape shape, ), (model, shape, ),
	(c.model = model; c.shape = shape;), max_batch, seed, inference, input_grad, direct,
	threads, memory_limit, watch, recompute)
/** A net of a graph, whose inputs carry their shapes. */
[[nodiscard]] inline lam_net *net_create(lam_layer *model, net_create_options options = {})
{
	return net_create(model, lam_shape{}, options);
}
template <class... Named>
[[nodiscard]] typename detail::named<void, lam_net *, Named...>::made net_create(
	lam_layer *model, Named... named)
{
	return net_create(model, lam_shape{}, named...);
}
LAM_FUNCTION(net_replica, lam_net *, lam_net_replica_with, lam_replica_options, (lam_net * net, ),
	(net, ), (c.net = net;), max_batch, inference, threads, train, shape, input_grad, seed,
	memory_limit, watch)
LAM_FUNCTION(net_save, lam_status, lam_net_save_with, lam_save_options,
	(lam_net * net, const char *path, ), (net, path, ), (c.net = net; c.path = path;), compress)
LAM_FUNCTION(net_load, lam_net *, lam_net_load_with, lam_load_options, (const char *path, ),
	(path, ), (c.path = path;), inference, input_grad, direct, max_batch, threads, seed,
	classes, memory_limit, shape, watch, weights, recompute)
LAM_FUNCTION(net_load_params, lam_status, lam_net_load_params_with, lam_load_params_options,
	(lam_net * net, const char *path, ), (net, path, ), (c.net = net; c.path = path;), partial,
	weights)

/* Training, evaluation, checks. */

LAM_FUNCTION(fit, lam_status, lam_fit_with, lam_fit_options,
	(lam_net * net, const lam_dataset *train, lam_report *report, ), (net, train, report, ),
	(c.report_size = sizeof *report; c.net = net; c.train = train; c.report = report;), epochs,
	batch, validation, optimizer, schedule, clip, augment, no_shuffle, drop_last,
	steps_per_epoch, patience, keep_best, average, average_warmup, average_every, average_power,
	lookahead, checkpoint, checkpoint_every, resume, progress, progress_data, epoch_end,
	epoch_end_data, step_end, step_end_data, before_update, before_update_data, replay, history,
	profile, shards, comm, timeout, parts)
LAM_FUNCTION(evaluate, lam_status, lam_evaluate_with, lam_evaluate_options,
	(lam_net * net, const lam_dataset *dataset, lam_score *score, ), (net, dataset, score, ),
	(c.score_size = sizeof *score; c.net = net; c.dataset = dataset; c.score = score;), batch,
	centre)
LAM_FUNCTION(whiten, lam_status, lam_whiten_with, lam_whiten_options,
	(lam_net * net, const char *path, const lam_dataset *dataset, ), (net, path, dataset, ),
	(c.net = net; c.path = path; c.dataset = dataset;), samples, eps)
LAM_FUNCTION(gradcheck, lam_status, lam_gradcheck_with, lam_gradcheck_options,
	(lam_layer * layer, lam_shape shape, lam_gradcheck_report *report, ),
	(layer, shape, report, ),
	(c.report_size = sizeof *report; c.layer = layer; c.shape = shape; c.report = report;),
	batch, tolerance, seed, step, most, low, high, shapes, inputs)
/** Of a graph, whose inputs carry their shapes, or with shapes = and inputs =. */
[[nodiscard]] inline lam_status gradcheck(
	lam_layer *layer, lam_gradcheck_report *report, gradcheck_options options = {})
{
	return gradcheck(layer, lam_shape{}, report, options);
}
template <class... Named>
[[nodiscard]] typename detail::named<void, lam_status, Named...>::made gradcheck(
	lam_layer *layer, lam_gradcheck_report *report, Named... named)
{
	return gradcheck(layer, lam_shape{}, report, named...);
}
LAM_FUNCTION(replay, lam_status, lam_replay_with, lam_replay_options, (const char *path, ),
	(path, ), (c.path = path;), row, row_data, classes, threads, memory_limit)

/* Data. */

LAM_FUNCTION(loader_new, lam_loader *, lam_loader_new_with, lam_loader_options,
	(const lam_dataset *dataset, ), (dataset, ), (c.dataset = dataset;), batch, seed, augment,
	no_shuffle, drop_last, steps_per_epoch, evaluation)
LAM_FUNCTION(dataset_arrays, lam_dataset *, lam_dataset_arrays_with, lam_dataset_arrays_options,
	(const lam_real *x, lam_shape shape, const void *target_data, int64_t count, ),
	(x, shape, target_data, count, ),
	(c.x = x; c.shape = shape; c.target_data = target_data; c.count = count;), targets,
	target_shape, classes, ignore, weights)
LAM_FUNCTION(dataset_csv, lam_dataset *, lam_dataset_csv_with, lam_dataset_csv_options,
	(const char *path, ), (path, ), (c.path = path;), target, values, no_target, columns, drop,
	one_hot, separator, decimal, header, missing, skip, like, memory_limit)
LAM_FUNCTION(cifar10_open, lam_dataset *, lam_cifar10_open_with, lam_cifar10_options,
	(const char *dir, lam_split split, ), (dir, split, ), (c.dir = dir; c.split = split;),
	memory_limit)
LAM_FUNCTION(mnist_open, lam_dataset *, lam_mnist_open_with, lam_mnist_options,
	(const char *dir, lam_split split, ), (dir, split, ), (c.dir = dir; c.split = split;),
	classes, memory_limit)
#ifdef LAMINA_IMAGE_H
LAM_FUNCTION(dataset_images, lam_dataset *, lam_dataset_images_with, lam_dataset_images_options,
	(const char *folder, ), (folder, ), (c.folder = folder;), shape, skip_broken, like,
	pixel_limit, memory_limit, no_target)
#endif

/* Pictures, and nets as C. */

LAM_FUNCTION(picture_images, lam_status, lam_picture_images_with, lam_picture_images_options,
	(const char *path, const lam_real *x, int64_t count, lam_shape shape, ),
	(path, x, count, shape, ), (c.path = path; c.x = x; c.count = count; c.shape = shape;),
	labels, verdicts, below, heat, heat_shape, columns, scale, black, white, bare)
LAM_FUNCTION(picture_signals, lam_status, lam_picture_signals_with, lam_picture_signals_options,
	(const char *path, const lam_real *x, int64_t count, lam_shape shape, ),
	(path, x, count, shape, ), (c.path = path; c.x = x; c.count = count; c.shape = shape;),
	labels, verdicts, columns, below, below_shape)
LAM_FUNCTION(report_html, lam_status, lam_report_html_with, lam_report_html_options,
	(const char *path, lam_net *net, ), (path, net, ), (c.path = path; c.net = net;), report,
	dataset, history, settings, title, mistakes)
LAM_FUNCTION(export_c, lam_status, lam_export_c_with, lam_export_c_options,
	(lam_net * net, const char *path, ), (net, path, ),
	(c.report_size = sizeof(lam_export_c_report); c.net = net; c.path = path;), name, weights,
	caller_arena, calibrate, samples, score, integer, refused, refused_data, report)
#ifdef LAMINA_ONNX_H
LAM_FUNCTION(onnx_load, lam_net *, lam_onnx_load_with, lam_onnx_load_options, (const char *path, ),
	(path, ), (c.path = path;), loss, shape, inference, input_grad, direct, max_batch, threads,
	seed, memory_limit, watch, refused, recompute)
LAM_FUNCTION(onnx_save, lam_status, lam_onnx_save_with, lam_onnx_save_options,
	(lam_net * net, const char *path, ), (net, path, ), (c.net = net; c.path = path;), opset,
	refused)
#endif

#undef LAM_MEMBER
#undef LAM_GIVE
#undef LAM_OPTIONS
#undef LAM_FUNCTION
#undef LAM_CONSTRUCTOR
#undef LAM_LAYER
#undef LAM_COMPOSITION

} // namespace lam

#endif
