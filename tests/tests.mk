# Tests: `make check` runs them with the best ISA of the machine, `make check-isa` again with each of the others.
#
# To add a test program for the float library: write tests/X_test.c (with tests/kit.h) and name it in float_tests; there is
# nothing else to do. To run it in double as well, name tests/X_test_double in double_tests and add the lines that the
# others there have. Both link the whole library statically, private functions too. One name per line, sorted.

float_tests = \
	tests/bad_files_test \
	tests/bad_nets_test \
	tests/checkpoint_files_test \
	tests/dataset_test \
	tests/file_test \
	tests/fit_state_test \
	tests/fit_test \
	tests/fit_wrong_test \
	tests/float_mode_files_test \
	tests/float_mode_test \
	tests/gradcheck_test \
	tests/guards_test \
	tests/isa_test \
	tests/kernels_affine_test \
	tests/kernels_conv_test \
	tests/kernels_map_test \
	tests/kernels_pool_test \
	tests/kernels_reduce_test \
	tests/kernels_transpose_test \
	tests/kernels_update_test \
	tests/loader_test \
	tests/memory_test \
	tests/mnist_test \
	tests/net_test \
	tests/npy_test \
	tests/npz_test \
	tests/number_test \
	tests/optimizer_test \
	tests/packed_test \
	tests/profile_test \
	tests/random_test \
	tests/replay_file_test \
	tests/replay_test \
	tests/replica_test \
	tests/resume_test \
	tests/reuse_test \
	tests/save_test \
	tests/schedule_test \
	tests/shape_test \
	tests/sort_test \
	tests/start_test \
	tests/status_test \
	tests/team_test \
	tests/thread_limit_test \
	tests/threads_test \
	tests/vec_test \
	tests/zip_test

double_tests = \
	tests/dataset_test_double \
	tests/kernels_affine_test_double \
	tests/kernels_conv_test_double \
	tests/kernels_map_test_double \
	tests/kernels_pool_test_double \
	tests/kernels_reduce_test_double \
	tests/kernels_transpose_test_double \
	tests/kernels_update_test_double \
	tests/memory_test_double \
	tests/net_test_double \
	tests/npz_test_double \
	tests/number_test_double \
	tests/optimizer_test_double \
	tests/random_test_double \
	tests/save_test_double \
	tests/vec_test_double

# Shell scripts: run once, whatever the ISA. They print "ok    name", "FAIL  name", "skip  name: reason" like the kit and
# exit 0, 1 or 77. In their environment: top_srcdir, top_builddir (absolute), public_headers, CC, CXX, NM, and PYTHON (one
# with numpy; empty when there is none): python goes behind a shell script that says "skip" then.
script_tests = \
	tests/bench.sh \
	tests/footprint.sh \
	tests/headers_alone.sh \
	tests/house_rules.sh \
	tests/installed.sh \
	tests/npz_numpy.sh \
	tests/readme.sh \
	tests/survival.sh

# What tests/installed.sh compiles against the installed library, float and double (X.cc: in C++).
installed_programs = \
	tests/installed/api_1_train.c \
	tests/installed/api_2_predict.c \
	tests/installed/api_3_loop.c \
	tests/installed/api_4_own.c \
	tests/installed/api_5_cplusplus.cc \
	tests/installed/shape.c

# Headers and sources that several tests share.
test_headers = \
	tests/bad_files.h \
	tests/checkpoint_run.h \
	tests/faults.h \
	tests/files.h \
	tests/fit_problem.h \
	tests/float_modes.h \
	tests/witness.h \
	tests/kernel_arrays.h \
	tests/kit.h \
	tests/lane_arrays.h \
	tests/resume_problem.h \
	tests/saved_plan.h \
	tests/scenarios.h \
	tests/ulp.h

include tests/bench/bench.mk

# Prints the ISA that is in use.
isa_name = tests/isa_name

# Programs that are built with the tests but are none themselves.
test_programs = \
	tests/allocator_test \
	tests/checkpoint_test \
	tests/damage_test \
	tests/fault_test \
	tests/isa_name \
	tests/kill_test \
	tests/npz_copy

# Files that tests read.
test_data = \
	tests/data/bad \
	tests/data/checkpoints \
	tests/data/npz \
	tests/data/torch \
	tests/npz_numpy.py \
	tests/reference/fit_vector_math.py \
	tests/reference/make_optimizers.py \
	tests/reference/make_state_dict.py \
	tests/reference/optimizers.txt \
	tests/reference/schedules.txt

# A libc that fails when it is told to (tests/faults.h).
comma = ,
fault_calls = access close faccessat flock fstat fsync ftruncate link lstat open posix_fadvise pread pthread_create pwrite rename stat \
	unlink write
fault_ldflags = $(AM_LDFLAGS) $(fault_calls:%=-Wl$(comma)--wrap=%)
tests_allocator_test_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=fsync -Wl,--wrap=posix_fadvise
tests_checkpoint_test_LDFLAGS = $(fault_ldflags)
tests_damage_test_LDFLAGS = $(fault_ldflags)
tests_fault_test_LDFLAGS = $(fault_ldflags)

# The kills of `make check` are few; these are enough to believe.
check-kills: all
	@$(MAKE) $(AM_MAKEFLAGS) tests/kill_test
	OMP_WAIT_POLICY=passive tests/kill_test 300
.PHONY: check-kills

# The textbook that these are compared with is in the battery's library.
tests_kernels_affine_test_LDADD = $(battery)
tests_kernels_affine_test_double_SOURCES = tests/kernels_affine_test.c
tests_kernels_affine_test_double_CPPFLAGS = $(double_cppflags)
tests_kernels_affine_test_double_LDADD = $(battery_double)

tests_kernels_conv_test_LDADD = $(battery)
tests_kernels_conv_test_double_SOURCES = tests/kernels_conv_test.c
tests_kernels_conv_test_double_CPPFLAGS = $(double_cppflags)
tests_kernels_conv_test_double_LDADD = $(battery_double)

tests_memory_test_double_SOURCES = tests/memory_test.c
tests_memory_test_double_CPPFLAGS = $(double_cppflags)
tests_memory_test_double_LDADD = $(double_library)

tests_vec_test_double_SOURCES = tests/vec_test.c
tests_vec_test_double_CPPFLAGS = $(double_cppflags)
tests_vec_test_double_LDADD = $(double_library)

tests_kernels_map_test_double_SOURCES = tests/kernels_map_test.c
tests_kernels_map_test_double_CPPFLAGS = $(double_cppflags)
tests_kernels_map_test_double_LDADD = $(double_library)

tests_random_test_double_SOURCES = tests/random_test.c
tests_random_test_double_CPPFLAGS = $(double_cppflags)
tests_random_test_double_LDADD = $(double_library)

tests_npz_test_double_SOURCES = tests/npz_test.c
tests_npz_test_double_CPPFLAGS = $(double_cppflags)
tests_npz_test_double_LDADD = $(double_library)

tests_number_test_double_SOURCES = tests/number_test.c
tests_number_test_double_CPPFLAGS = $(double_cppflags)
tests_number_test_double_LDADD = $(double_library)

tests_kernels_pool_test_double_SOURCES = tests/kernels_pool_test.c
tests_kernels_pool_test_double_CPPFLAGS = $(double_cppflags)
tests_kernels_pool_test_double_LDADD = $(double_library)

tests_kernels_transpose_test_double_SOURCES = tests/kernels_transpose_test.c
tests_kernels_transpose_test_double_CPPFLAGS = $(double_cppflags)
tests_kernels_transpose_test_double_LDADD = $(double_library)

tests_kernels_update_test_double_SOURCES = tests/kernels_update_test.c
tests_kernels_update_test_double_CPPFLAGS = $(double_cppflags)
tests_kernels_update_test_double_LDADD = $(double_library)

tests_kernels_reduce_test_double_SOURCES = tests/kernels_reduce_test.c
tests_kernels_reduce_test_double_CPPFLAGS = $(double_cppflags)
tests_kernels_reduce_test_double_LDADD = $(double_library)

tests_dataset_test_double_SOURCES = tests/dataset_test.c
tests_dataset_test_double_CPPFLAGS = $(double_cppflags)
tests_dataset_test_double_LDADD = $(double_library)

include tests/battery.mk

tests_net_test_double_SOURCES = tests/net_test.c
tests_net_test_double_CPPFLAGS = $(double_cppflags)
tests_net_test_double_LDADD = $(double_library)

tests_save_test_double_SOURCES = tests/save_test.c
tests_save_test_double_CPPFLAGS = $(double_cppflags)
tests_save_test_double_LDADD = $(double_library)

tests_optimizer_test_double_SOURCES = tests/optimizer_test.c
tests_optimizer_test_double_CPPFLAGS = $(double_cppflags)
tests_optimizer_test_double_LDADD = $(double_library)

check_PROGRAMS = $(float_tests) $(double_tests) $(test_programs) $(bench_programs)
TESTS = $(float_tests) $(double_tests) $(script_tests)
EXTRA_DIST += $(test_headers) $(test_data) $(script_tests) $(installed_programs)
