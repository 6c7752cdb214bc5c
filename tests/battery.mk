# The battery and the tests of layers, which all link it, in float and in double. One name per line, sorted.
#
# To add a layer's test: its name in float_tests and double_tests, and its block below.

float_tests += \
	tests/activation_test \
	tests/affine_test \
	tests/alloc_test \
	tests/avg_pool_test \
	tests/batch_norm_test \
	tests/binary_cross_entropy_test \
	tests/classifier_test \
	tests/compose_test \
	tests/container_test \
	tests/conv_test \
	tests/dropout_test \
	tests/few_test \
	tests/max_pool_test \
	tests/mean_squared_error_test \
	tests/nest_test \
	tests/numbers_test \
	tests/rearrange_test \
	tests/sigmoid_cross_entropy_test \
	tests/softmax_cross_entropy_test \
	tests/transposed_conv_test \
	tests/zero_pad_test

double_tests += \
	tests/activation_test_double \
	tests/affine_test_double \
	tests/alloc_test_double \
	tests/avg_pool_test_double \
	tests/batch_norm_test_double \
	tests/binary_cross_entropy_test_double \
	tests/classifier_test_double \
	tests/compose_test_double \
	tests/container_test_double \
	tests/conv_test_double \
	tests/dropout_test_double \
	tests/few_test_double \
	tests/max_pool_test_double \
	tests/mean_squared_error_test_double \
	tests/nest_test_double \
	tests/numbers_test_double \
	tests/rearrange_test_double \
	tests/sigmoid_cross_entropy_test_double \
	tests/softmax_cross_entropy_test_double \
	tests/transposed_conv_test_double \
	tests/zero_pad_test_double

test_headers += \
	tests/choose_window.h \
	tests/loss_subject.h \
	tests/prove.h

test_data += \
	tests/reference/make_reference.py \
	tests/reference/reference.txt

battery_sources = \
	tests/battery.h \
	tests/battery_bits.c \
	tests/battery_gradient.c \
	tests/battery_reference.c \
	tests/battery_run.c \
	tests/battery_small.c \
	tests/battery_trial.c \
	tests/battery_wrong.c \
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

tests_activation_test_LDADD = $(battery)
tests_activation_test_double_SOURCES = tests/activation_test.c
tests_activation_test_double_CPPFLAGS = $(double_cppflags)
tests_activation_test_double_LDADD = $(battery_double)

tests_affine_test_LDADD = $(battery)
tests_affine_test_double_SOURCES = tests/affine_test.c
tests_affine_test_double_CPPFLAGS = $(double_cppflags)
tests_affine_test_double_LDADD = $(battery_double)

tests_avg_pool_test_LDADD = $(battery)
tests_avg_pool_test_double_SOURCES = tests/avg_pool_test.c
tests_avg_pool_test_double_CPPFLAGS = $(double_cppflags)
tests_avg_pool_test_double_LDADD = $(battery_double)

tests_batch_norm_test_LDADD = $(battery)
tests_batch_norm_test_double_SOURCES = tests/batch_norm_test.c
tests_batch_norm_test_double_CPPFLAGS = $(double_cppflags)
tests_batch_norm_test_double_LDADD = $(battery_double)

tests_binary_cross_entropy_test_LDADD = $(battery)
tests_binary_cross_entropy_test_double_SOURCES = tests/binary_cross_entropy_test.c
tests_binary_cross_entropy_test_double_CPPFLAGS = $(double_cppflags)
tests_binary_cross_entropy_test_double_LDADD = $(battery_double)

tests_container_test_LDADD = $(battery)
tests_container_test_double_SOURCES = tests/container_test.c
tests_container_test_double_CPPFLAGS = $(double_cppflags)
tests_container_test_double_LDADD = $(battery_double)

tests_conv_test_LDADD = $(battery)
tests_conv_test_double_SOURCES = tests/conv_test.c
tests_conv_test_double_CPPFLAGS = $(double_cppflags)
tests_conv_test_double_LDADD = $(battery_double)

tests_dropout_test_LDADD = $(battery)
tests_dropout_test_double_SOURCES = tests/dropout_test.c
tests_dropout_test_double_CPPFLAGS = $(double_cppflags)
tests_dropout_test_double_LDADD = $(battery_double)

tests_max_pool_test_LDADD = $(battery)
tests_max_pool_test_double_SOURCES = tests/max_pool_test.c
tests_max_pool_test_double_CPPFLAGS = $(double_cppflags)
tests_max_pool_test_double_LDADD = $(battery_double)

tests_mean_squared_error_test_LDADD = $(battery)
tests_mean_squared_error_test_double_SOURCES = tests/mean_squared_error_test.c
tests_mean_squared_error_test_double_CPPFLAGS = $(double_cppflags)
tests_mean_squared_error_test_double_LDADD = $(battery_double)

tests_rearrange_test_LDADD = $(battery)
tests_rearrange_test_double_SOURCES = tests/rearrange_test.c
tests_rearrange_test_double_CPPFLAGS = $(double_cppflags)
tests_rearrange_test_double_LDADD = $(battery_double)

tests_sigmoid_cross_entropy_test_LDADD = $(battery)
tests_sigmoid_cross_entropy_test_double_SOURCES = tests/sigmoid_cross_entropy_test.c
tests_sigmoid_cross_entropy_test_double_CPPFLAGS = $(double_cppflags)
tests_sigmoid_cross_entropy_test_double_LDADD = $(battery_double)

tests_softmax_cross_entropy_test_LDADD = $(battery)
tests_softmax_cross_entropy_test_double_SOURCES = tests/softmax_cross_entropy_test.c
tests_softmax_cross_entropy_test_double_CPPFLAGS = $(double_cppflags)
tests_softmax_cross_entropy_test_double_LDADD = $(battery_double)

tests_transposed_conv_test_LDADD = $(battery)
tests_transposed_conv_test_double_SOURCES = tests/transposed_conv_test.c
tests_transposed_conv_test_double_CPPFLAGS = $(double_cppflags)
tests_transposed_conv_test_double_LDADD = $(battery_double)

tests_zero_pad_test_LDADD = $(battery)
tests_zero_pad_test_double_SOURCES = tests/zero_pad_test.c
tests_zero_pad_test_double_CPPFLAGS = $(double_cppflags)
tests_zero_pad_test_double_LDADD = $(battery_double)

tests_alloc_test_LDADD = $(battery)
tests_alloc_test_double_SOURCES = tests/alloc_test.c
tests_alloc_test_double_CPPFLAGS = $(double_cppflags)
tests_alloc_test_double_LDADD = $(battery_double)

tests_classifier_test_LDADD = $(battery)
tests_classifier_test_double_SOURCES = tests/classifier_test.c
tests_classifier_test_double_CPPFLAGS = $(double_cppflags)
tests_classifier_test_double_LDADD = $(battery_double)

tests_compose_test_LDADD = $(battery)
tests_compose_test_double_SOURCES = tests/compose_test.c
tests_compose_test_double_CPPFLAGS = $(double_cppflags)
tests_compose_test_double_LDADD = $(battery_double)

tests_few_test_LDADD = $(battery)
tests_few_test_double_SOURCES = tests/few_test.c
tests_few_test_double_CPPFLAGS = $(double_cppflags)
tests_few_test_double_LDADD = $(battery_double)

tests_numbers_test_LDADD = $(battery)
tests_numbers_test_double_SOURCES = tests/numbers_test.c
tests_numbers_test_double_CPPFLAGS = $(double_cppflags)
tests_numbers_test_double_LDADD = $(battery_double)

tests_nest_test_LDADD = $(battery)
tests_nest_test_double_SOURCES = tests/nest_test.c
tests_nest_test_double_CPPFLAGS = $(double_cppflags)
tests_nest_test_double_LDADD = $(battery_double)
