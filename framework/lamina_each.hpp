/* SPDX-License-Identifier: MIT */
/* A part of lamina.hpp: LAM_EACH(f, x, a, b, …) is f(x, a) f(x, b) …, for 1 to 36 names, the
 * struct of a function's options, and the names of options. */
#ifndef LAMINA_EACH_HPP
#define LAMINA_EACH_HPP

#define LAM_EACH_1(f, x, a) f(x, a)
#define LAM_EACH_2(f, x, a, ...) f(x, a) LAM_EACH_1(f, x, __VA_ARGS__)
#define LAM_EACH_3(f, x, a, ...) f(x, a) LAM_EACH_2(f, x, __VA_ARGS__)
#define LAM_EACH_4(f, x, a, ...) f(x, a) LAM_EACH_3(f, x, __VA_ARGS__)
#define LAM_EACH_5(f, x, a, ...) f(x, a) LAM_EACH_4(f, x, __VA_ARGS__)
#define LAM_EACH_6(f, x, a, ...) f(x, a) LAM_EACH_5(f, x, __VA_ARGS__)
#define LAM_EACH_7(f, x, a, ...) f(x, a) LAM_EACH_6(f, x, __VA_ARGS__)
#define LAM_EACH_8(f, x, a, ...) f(x, a) LAM_EACH_7(f, x, __VA_ARGS__)
#define LAM_EACH_9(f, x, a, ...) f(x, a) LAM_EACH_8(f, x, __VA_ARGS__)
#define LAM_EACH_10(f, x, a, ...) f(x, a) LAM_EACH_9(f, x, __VA_ARGS__)
#define LAM_EACH_11(f, x, a, ...) f(x, a) LAM_EACH_10(f, x, __VA_ARGS__)
#define LAM_EACH_12(f, x, a, ...) f(x, a) LAM_EACH_11(f, x, __VA_ARGS__)
#define LAM_EACH_13(f, x, a, ...) f(x, a) LAM_EACH_12(f, x, __VA_ARGS__)
#define LAM_EACH_14(f, x, a, ...) f(x, a) LAM_EACH_13(f, x, __VA_ARGS__)
#define LAM_EACH_15(f, x, a, ...) f(x, a) LAM_EACH_14(f, x, __VA_ARGS__)
#define LAM_EACH_16(f, x, a, ...) f(x, a) LAM_EACH_15(f, x, __VA_ARGS__)
#define LAM_EACH_17(f, x, a, ...) f(x, a) LAM_EACH_16(f, x, __VA_ARGS__)
#define LAM_EACH_18(f, x, a, ...) f(x, a) LAM_EACH_17(f, x, __VA_ARGS__)
#define LAM_EACH_19(f, x, a, ...) f(x, a) LAM_EACH_18(f, x, __VA_ARGS__)
#define LAM_EACH_20(f, x, a, ...) f(x, a) LAM_EACH_19(f, x, __VA_ARGS__)
#define LAM_EACH_21(f, x, a, ...) f(x, a) LAM_EACH_20(f, x, __VA_ARGS__)
#define LAM_EACH_22(f, x, a, ...) f(x, a) LAM_EACH_21(f, x, __VA_ARGS__)
#define LAM_EACH_23(f, x, a, ...) f(x, a) LAM_EACH_22(f, x, __VA_ARGS__)
#define LAM_EACH_24(f, x, a, ...) f(x, a) LAM_EACH_23(f, x, __VA_ARGS__)
#define LAM_EACH_25(f, x, a, ...) f(x, a) LAM_EACH_24(f, x, __VA_ARGS__)
#define LAM_EACH_26(f, x, a, ...) f(x, a) LAM_EACH_25(f, x, __VA_ARGS__)
#define LAM_EACH_27(f, x, a, ...) f(x, a) LAM_EACH_26(f, x, __VA_ARGS__)
#define LAM_EACH_28(f, x, a, ...) f(x, a) LAM_EACH_27(f, x, __VA_ARGS__)
#define LAM_EACH_29(f, x, a, ...) f(x, a) LAM_EACH_28(f, x, __VA_ARGS__)
#define LAM_EACH_30(f, x, a, ...) f(x, a) LAM_EACH_29(f, x, __VA_ARGS__)
#define LAM_EACH_31(f, x, a, ...) f(x, a) LAM_EACH_30(f, x, __VA_ARGS__)
#define LAM_EACH_32(f, x, a, ...) f(x, a) LAM_EACH_31(f, x, __VA_ARGS__)
#define LAM_EACH_33(f, x, a, ...) f(x, a) LAM_EACH_32(f, x, __VA_ARGS__)
#define LAM_EACH_34(f, x, a, ...) f(x, a) LAM_EACH_33(f, x, __VA_ARGS__)
#define LAM_EACH_35(f, x, a, ...) f(x, a) LAM_EACH_34(f, x, __VA_ARGS__)
#define LAM_EACH_36(f, x, a, ...) f(x, a) LAM_EACH_35(f, x, __VA_ARGS__)
#define LAM_EACH_OF(_1, _2, _3, _4, _5, _6, _7, _8, _9, _10, _11, _12, _13, _14, _15, _16, _17, \
	_18, _19, _20, _21, _22, _23, _24, _25, _26, _27, _28, _29, _30, _31, _32, _33, _34, _35, \
	_36, count, ...) \
	LAM_EACH_##count
#define LAM_EACH(f, x, ...) \
	LAM_EACH_OF(__VA_ARGS__, 36, 35, 34, 33, 32, 31, 30, 29, 28, 27, 26, 25, 24, 23, 22, 21, \
		20, 19, 18, 17, 16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0) \
	(f, x, __VA_ARGS__)

/* Defines the options struct of one function. Every member has an initialiser, so C++20 does not
 * warn about options that are left out. */
#define LAM_MEMBER(type, member) decltype(type::member) member = {};
#define LAM_GIVE(type, member) std::memcpy(&given.member, &member, sizeof member);
#define LAM_OPTIONS(function, type, ...) \
	struct function##_options { \
		LAM_EACH(LAM_MEMBER, type, __VA_ARGS__) \
		void give(type &given) const \
		{ \
			LAM_EACH(LAM_GIVE, type, __VA_ARGS__) \
		} \
	};

/* The names of options that are not of layers. */
#define LAM_OTHER_NAMES(f) \
	LAM_EACH(f, , augment, batch, before_update, before_update_data, beta1, beta2, by_epoch, \
		centered, centre, checkpoint, checkpoint_every, classes, clip, compress, cooldown, \
		div, drop_last, epoch_end) \
	LAM_EACH(f, , epoch_end_data, epochs, evaluation, every, final_div, high, history, \
		inference, input_grad, inputs, low, lr, max_batch, memory_limit) \
	LAM_EACH(f, , multiply, name, nesterov, no_shuffle, optimizer, own, partial, patience, \
		peak, points, profile, progress, progress_data, replay, resume) \
	LAM_EACH(f, , row, row_data, schedule, seed, shapes, shortcut, step, step_end, \
		step_end_data, steps_per_epoch, target_shape, targets, threads, tolerance, \
		validation) \
	LAM_EACH(f, , train, warmup, watch, weight, weight_decay, weights, average, \
		average_warmup, keep_best, shards, comm, timeout, parts, caller_arena, calibrate, \
		samples, integer, refused, refused_data) \
	LAM_EACH(f, , bare, below, below_shape, black, columns, dataset, decimal, drop, header, \
		heat, heat_shape, labels, like, missing, mistakes, no_target, one_hot, \
		pixel_limit, report, separator, settings, skip, skip_broken, target, title, \
		values, verdicts, white, average_every, average_power, lookahead, loss, opset, \
		recompute, score)

#endif
