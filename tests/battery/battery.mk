# SPDX-License-Identifier: MIT
# The battery and the tests of layers, which all link it, in float and in double. One name per line,
# sorted.
#
# To add a layer's test: its name in float_tests and double_tests, and its block below.

float_tests += \
	tests/layers/activation_test \
	tests/layers/affine_test \
	tests/layers/avg_pool_test \
	tests/layers/batch_norm_test \
	tests/layers/binary_cross_entropy_test \
	tests/layers/classifier_test \
	tests/layers/compose_test \
	tests/layers/container_test \
	tests/layers/conv_test \
	tests/layers/dropout_test \
	tests/layers/few_test \
	tests/layers/max_pool_test \
	tests/layers/mean_squared_error_test \
	tests/layers/nest_test \
	tests/layers/numbers_test \
	tests/layers/rearrange_test \
	tests/layers/sigmoid_cross_entropy_test \
	tests/layers/softmax_cross_entropy_test \
	tests/layers/transposed_conv_test \
	tests/layers/zero_pad_test \
	tests/net/alloc_test

double_tests += \
	tests/layers/activation_test_double \
	tests/layers/affine_test_double \
	tests/layers/avg_pool_test_double \
	tests/layers/batch_norm_test_double \
	tests/layers/binary_cross_entropy_test_double \
	tests/layers/classifier_test_double \
	tests/layers/compose_test_double \
	tests/layers/container_test_double \
	tests/layers/conv_test_double \
	tests/layers/dropout_test_double \
	tests/layers/few_test_double \
	tests/layers/max_pool_test_double \
	tests/layers/mean_squared_error_test_double \
	tests/layers/nest_test_double \
	tests/layers/numbers_test_double \
	tests/layers/rearrange_test_double \
	tests/layers/sigmoid_cross_entropy_test_double \
	tests/layers/softmax_cross_entropy_test_double \
	tests/layers/transposed_conv_test_double \
	tests/layers/zero_pad_test_double \
	tests/net/alloc_test_double

test_headers += \
	tests/battery/choose_window.h \
	tests/battery/loss_subject.h \
	tests/battery/prove.h

test_data += \
	tests/reference/make_reference.py \
	tests/reference/reference.txt

battery_sources = \
	tests/battery/battery.h \
	tests/battery/bits.c \
	tests/battery/gradient.c \
	tests/battery/reference.c \
	tests/battery/run.c \
	tests/battery/small.c \
	tests/battery/trial.c \
	tests/battery/wrong.c \
	tests/reference/textbook.h \
	tests/reference/textbook_conv.c \
	tests/reference/textbook_loss.c \
	tests/reference/textbook_map.c \
	tests/reference/textbook_pool.c

check_LTLIBRARIES = libbattery.la libbattery-double.la
libbattery_la_SOURCES = $(battery_sources)
libbattery_double_la_SOURCES = $(battery_sources)
libbattery_double_la_CPPFLAGS = $(double_cppflags)

battery = libbattery.la $(float_library)
battery_double = libbattery-double.la $(double_library)

tests_layers_activation_test_LDADD = $(battery)
tests_layers_activation_test_double_SOURCES = tests/layers/activation_test.c
tests_layers_activation_test_double_CPPFLAGS = $(double_cppflags)
tests_layers_activation_test_double_LDADD = $(battery_double)

tests_layers_affine_test_LDADD = $(battery)
tests_layers_affine_test_double_SOURCES = tests/layers/affine_test.c
tests_layers_affine_test_double_CPPFLAGS = $(double_cppflags)
tests_layers_affine_test_double_LDADD = $(battery_double)

tests_layers_avg_pool_test_LDADD = $(battery)
tests_layers_avg_pool_test_double_SOURCES = tests/layers/avg_pool_test.c
tests_layers_avg_pool_test_double_CPPFLAGS = $(double_cppflags)
tests_layers_avg_pool_test_double_LDADD = $(battery_double)

tests_layers_batch_norm_test_LDADD = $(battery)
tests_layers_batch_norm_test_double_SOURCES = tests/layers/batch_norm_test.c
tests_layers_batch_norm_test_double_CPPFLAGS = $(double_cppflags)
tests_layers_batch_norm_test_double_LDADD = $(battery_double)

tests_layers_binary_cross_entropy_test_LDADD = $(battery)
tests_layers_binary_cross_entropy_test_double_SOURCES = tests/layers/binary_cross_entropy_test.c
tests_layers_binary_cross_entropy_test_double_CPPFLAGS = $(double_cppflags)
tests_layers_binary_cross_entropy_test_double_LDADD = $(battery_double)

tests_layers_container_test_LDADD = $(battery)
tests_layers_container_test_double_SOURCES = tests/layers/container_test.c
tests_layers_container_test_double_CPPFLAGS = $(double_cppflags)
tests_layers_container_test_double_LDADD = $(battery_double)

tests_layers_conv_test_LDADD = $(battery)
tests_layers_conv_test_double_SOURCES = tests/layers/conv_test.c
tests_layers_conv_test_double_CPPFLAGS = $(double_cppflags)
tests_layers_conv_test_double_LDADD = $(battery_double)

tests_layers_dropout_test_LDADD = $(battery)
tests_layers_dropout_test_double_SOURCES = tests/layers/dropout_test.c
tests_layers_dropout_test_double_CPPFLAGS = $(double_cppflags)
tests_layers_dropout_test_double_LDADD = $(battery_double)

tests_layers_max_pool_test_LDADD = $(battery)
tests_layers_max_pool_test_double_SOURCES = tests/layers/max_pool_test.c
tests_layers_max_pool_test_double_CPPFLAGS = $(double_cppflags)
tests_layers_max_pool_test_double_LDADD = $(battery_double)

tests_layers_mean_squared_error_test_LDADD = $(battery)
tests_layers_mean_squared_error_test_double_SOURCES = tests/layers/mean_squared_error_test.c
tests_layers_mean_squared_error_test_double_CPPFLAGS = $(double_cppflags)
tests_layers_mean_squared_error_test_double_LDADD = $(battery_double)

tests_layers_rearrange_test_LDADD = $(battery)
tests_layers_rearrange_test_double_SOURCES = tests/layers/rearrange_test.c
tests_layers_rearrange_test_double_CPPFLAGS = $(double_cppflags)
tests_layers_rearrange_test_double_LDADD = $(battery_double)

tests_layers_sigmoid_cross_entropy_test_LDADD = $(battery)
tests_layers_sigmoid_cross_entropy_test_double_SOURCES = tests/layers/sigmoid_cross_entropy_test.c
tests_layers_sigmoid_cross_entropy_test_double_CPPFLAGS = $(double_cppflags)
tests_layers_sigmoid_cross_entropy_test_double_LDADD = $(battery_double)

tests_layers_softmax_cross_entropy_test_LDADD = $(battery)
tests_layers_softmax_cross_entropy_test_double_SOURCES = tests/layers/softmax_cross_entropy_test.c
tests_layers_softmax_cross_entropy_test_double_CPPFLAGS = $(double_cppflags)
tests_layers_softmax_cross_entropy_test_double_LDADD = $(battery_double)

tests_layers_transposed_conv_test_LDADD = $(battery)
tests_layers_transposed_conv_test_double_SOURCES = tests/layers/transposed_conv_test.c
tests_layers_transposed_conv_test_double_CPPFLAGS = $(double_cppflags)
tests_layers_transposed_conv_test_double_LDADD = $(battery_double)

tests_layers_zero_pad_test_LDADD = $(battery)
tests_layers_zero_pad_test_double_SOURCES = tests/layers/zero_pad_test.c
tests_layers_zero_pad_test_double_CPPFLAGS = $(double_cppflags)
tests_layers_zero_pad_test_double_LDADD = $(battery_double)

tests_net_alloc_test_LDADD = $(battery)
tests_net_alloc_test_double_SOURCES = tests/net/alloc_test.c
tests_net_alloc_test_double_CPPFLAGS = $(double_cppflags)
tests_net_alloc_test_double_LDADD = $(battery_double)

tests_layers_classifier_test_LDADD = $(battery)
tests_layers_classifier_test_double_SOURCES = tests/layers/classifier_test.c
tests_layers_classifier_test_double_CPPFLAGS = $(double_cppflags)
tests_layers_classifier_test_double_LDADD = $(battery_double)

tests_layers_compose_test_LDADD = $(battery)
tests_layers_compose_test_double_SOURCES = tests/layers/compose_test.c
tests_layers_compose_test_double_CPPFLAGS = $(double_cppflags)
tests_layers_compose_test_double_LDADD = $(battery_double)

tests_layers_few_test_LDADD = $(battery)
tests_layers_few_test_double_SOURCES = tests/layers/few_test.c
tests_layers_few_test_double_CPPFLAGS = $(double_cppflags)
tests_layers_few_test_double_LDADD = $(battery_double)

tests_layers_numbers_test_LDADD = $(battery)
tests_layers_numbers_test_double_SOURCES = tests/layers/numbers_test.c
tests_layers_numbers_test_double_CPPFLAGS = $(double_cppflags)
tests_layers_numbers_test_double_LDADD = $(battery_double)

tests_layers_nest_test_LDADD = $(battery)
tests_layers_nest_test_double_SOURCES = tests/layers/nest_test.c
tests_layers_nest_test_double_CPPFLAGS = $(double_cppflags)
tests_layers_nest_test_double_LDADD = $(battery_double)
