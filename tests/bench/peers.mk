# SPDX-License-Identifier: MIT
# lamina beside its peers, in the same run; TURNS=N interleaved turns (5), BENCH_JSON=FILE for JSON
# lines.
#
# PyTorch is Debian's python3-torch (and libopenblas0-openmp). onnxruntime is npm's: `npm install
# --ignore-scripts onnxruntime-node` in some folder, and ONNXRUNTIME_NODE=that folder. What is not
# there is skipped, and said.
EXTRA_PROGRAMS += tests/bench/cifar10_batches tests/bench/others tests/bench/train_fashion
tests_bench_cifar10_batches_SOURCES = tests/bench/cifar10_batches.c
tests_bench_others_SOURCES = tests/bench/others.c tests/bench/chain.h
tests_bench_train_fashion_SOURCES = tests/bench/train_fashion.c $(bench_nets_and_graphs)

bench-peers: tests/bench/bench_nets tests/bench/train_once
	/usr/bin/python3 $(srcdir)/tests/bench/peers.py --turns $${TURNS:-5} \
		--json "$(BENCH_JSON)" tests/bench

# Fashion-MNIST, 3 and 6 epochs, some minutes; IMAGES=N takes the first N of 60,000.
bench-training: tests/bench/train_fashion
	$(srcdir)/tests/bench/bench-training tests/bench $${IMAGES:-60000}

# An epoch of examples/cifar10 and of the same in PyTorch; NET=resnet20, EPOCHS=N, IMAGES=N,
# SEED=N.
bench-cifar10: examples/cifar10 examples/resnet20 tests/bench/cifar10_batches
	$(srcdir)/tests/bench/bench-cifar10 . $${NET:-cifar10} $${EPOCHS:-1} $${IMAGES:-50000}

# Nets that nobody tuned for, beside PyTorch and onnxruntime; OTHERS_FLAGS="--turns=1 --only=vggs".
bench-others: tests/bench/others
	/usr/bin/python3 $(srcdir)/tests/bench/others.py $(OTHERS_FLAGS) tests/bench

.PHONY: bench-cifar10 bench-others bench-peers bench-training

EXTRA_DIST += tests/bench/bench-cifar10 tests/bench/bench-training tests/bench/cifar10_torch.py \
	tests/bench/expert tests/bench/onnx_nets.py tests/bench/others.py \
	tests/bench/others_onnx.py tests/bench/others_torch.py tests/bench/peer_onnx.js \
	tests/bench/peers.py tests/bench/train_torch.py
