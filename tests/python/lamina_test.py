# SPDX-License-Identifier: MIT
"""Tests of lamina.py (tests/python.sh): what it computes, keeps, and refuses."""

import copy
import ctypes
import os
import pickle
import subprocess
import sys
import tempfile

import lamina
import numpy as np

CASES = []
X = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
T = np.array([[0.0], [1], [1], [0]])


def case(function):
    CASES.append(function)
    return function


def refuses(call, *words, kind=lamina.Error):
    try:
        call()
    except kind as error:
        for word in words:
            assert word in str(error), (word, str(error))
    else:
        raise AssertionError("it was accepted")


def small():
    return lamina.Net(
        lamina.sequential(lamina.affine(out=8), lamina.tanh(), lamina.affine(out=1),
                          lamina.sigmoid_cross_entropy()), (2,), seed=1, max_batch=4, threads=1)


def images():
    model, shape = lamina.parse(
        "lamina-architecture 1\ninput 1x8x8\nsequential {\n\tconv2d out=4 kernel=3,3\n\trelu\n"
        "\taffine out=3\n\tsoftmax_cross_entropy\n}\n")
    random = np.random.RandomState(1)
    return lamina.Net(model, shape), random.rand(40, 1, 8, 8), np.arange(40) % 3


@case
def it_learns_xor():
    net = small()
    report = net.fit(X, T, epochs=300, batch=4, optimizer=lamina.adam(lr=0.05))
    assert report["steps"] == 300, report
    assert np.abs(net.predict(X) - T).max() < 0.1, net.predict(X)
    assert net.evaluate(X, T)["accuracy"] == 1


@case
def its_structures_are_those_of_c():
    # The library refuses structures whose size it does not know, and reads their last member.
    assert ctypes.sizeof(lamina.lam_shape) == 8 + 8 * lamina.LAM_MAX_RANK
    names = [name for name, _ in lamina.lam_fit_options._fields_]
    assert names[0] == "size" and "keep_best" in names and "history" in names
    assert lamina.lam_conv2d_options.kernel.size == 8


@case
def every_layer_is_there():
    for name in ("affine", "conv1d", "transposed_conv2d", "zero_pad2d", "max_pool1d", "prelu",
                 "layer_norm", "softmax_cross_entropy", "huber_loss", "upsample2d", "concat"):
        assert callable(getattr(lamina, name)), name
    assert "kernel" in lamina.conv2d.__doc__


@case
def a_convolution_is_that_of_numpy():
    net = lamina.Net(lamina.conv1d(out=1, kernel=3, no_bias=True), (1, 6), inference=True)
    taps = np.array([[[1.0, -2, 4]]])
    net["weight"] = taps
    x = np.arange(12.0).reshape(2, 1, 6) ** 2
    expected = [[np.correlate(row[0], taps[0, 0], "valid")] for row in x]
    assert np.allclose(net.predict(x), expected, rtol=1e-5)


@case
def a_zero_is_a_zero():
    # 0 given is the number 0, not an option left out.
    net = lamina.Net(lamina.leaky_relu(slope=0), (2,), inference=True)
    assert (net.predict([[-1, 2]]) == [[0, 2]]).all()
    net = lamina.Net(lamina.permute(axes=(1, 0)), (2, 3), inference=True)
    assert net.predict(np.zeros((1, 2, 3))).shape == (1, 3, 2)
    refuses(lambda: lamina.conv1d(out=1, kernel=2, stride=0), "stride", "0")
    assert lamina.plateau(patience=0).patience == 0
    # Class 0 counts nowhere.
    net = lamina.Net(lamina.softmax_cross_entropy(ignore=0), (3,))
    assert net.evaluate(np.eye(3), [0, 1, 2])["scored"] == 2
    # Without clipping, in double too.
    small().fit(X, T, epochs=1, clip=0, average=0, optimizer=lamina.adam(lr=0.01))


@case
def parameters_are_arrays():
    net = small()
    assert {n: a.shape for n, a in net.parameters().items()} == {
        "0.weight": (8, 2), "0.bias": (8,), "2.weight": (1, 8), "2.bias": (1,)}
    net["2.weight"] = np.zeros((1, 8))
    assert (net["2.weight"] == 0).all() and np.allclose(net.predict(X), 0.5)
    refuses(lambda: net.__setitem__("2.weight", np.zeros(8)), "(1, 8)", "(8,)")
    refuses(lambda: net["9.weight"], "0.weight", kind=KeyError)


@case
def a_saved_net_predicts_the_same():
    net = small()
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "x.npz")
        net.save(path)
        again = lamina.load(path, inference=True)
        assert (again.predict(X) == net.predict(X)).all()
        assert (np.load(path)["0.weight"] == net["0.weight"]).all()
        refuses(lambda: net.save(os.path.join(folder, "no", "x.npz")), "x.npz")
    refuses(lambda: lamina.load("/nowhere.npz"), "/nowhere.npz")


@case
def it_fits_classes_and_tells_progress():
    net, x, t = images()
    told = []
    report = net.fit(x, t, validation=(x, t), epochs=2, batch=16, keep_best=True,
                     optimizer=lamina.sgd(lr=0.01, momentum=0.9),
                     schedule=lamina.one_cycle(peak=0.05), progress=told.append)
    assert len(told) == 6 and told[-1]["epoch_ended"], told
    assert report["validation"]["confusion"].sum() == 40, report
    assert report["best_epoch"] in (1, 2)
    stopped = net.fit(x, t, epochs=9, batch=16, optimizer=lamina.sgd(lr=0.01),
                      progress=lambda p: p["step"] == 2)
    assert stopped["steps"] == 2, stopped


@case
def an_exception_comes_through():
    net, x, t = images()
    refuses(lambda: net.fit(x, t, epochs=1, optimizer=lamina.sgd(lr=0.01),
                            progress=lambda p: 1 // 0), kind=ZeroDivisionError)


@case
def a_target_may_be_the_sample():
    net = lamina.Net(lamina.sequential(lamina.affine(out=3), lamina.mean_squared_error()), (3,))
    x = np.eye(3)
    net.fit(x, epochs=200, optimizer=lamina.adam(lr=0.05))
    assert np.abs(net.predict(x) - x).max() < 0.1


@case
def gradients_are_checked():
    found = lamina.gradcheck(lamina.conv2d(out=4, kernel=3), (3, 8, 8), most=50)
    assert found and found.wrong == 0, str(found)
    assert found.max_error < (1e-7 if lamina.DOUBLE else 1e-3), found.max_error
    refuses(lambda: lamina.gradcheck(lamina.conv2d(out=4, kernel=9), (3, 8, 8)), "conv2d")


@case
def options_may_have_options():
    net, x, t = images()
    net.fit(x, t, epochs=1, optimizer=lamina.sgd(lr=0.01), augment=dict(shift=1, mixup=0.2))
    refuses(lambda: net.fit(x, t, epochs=1, optimizer=lamina.sgd(lr=0.01), augment={"flop": 1}),
            "flop", "flip", kind=TypeError)
    lamina.piecewise(points=[(0, 0.2), (0.5, 1), (1, 0)])
    lamina.piecewise(points=np.array([(0, 0.2), (1, 1)]))
    for weights in ([1, 2, 3], np.array([1.0, 2, 3])):
        lamina.Net(lamina.softmax_cross_entropy(class_weights=weights), (3,))
    refuses(lambda: lamina.softmax_cross_entropy(class_weights=[1, 2], class_count=1000), "1000")


@case
def whole_numbers_are_not_cut_off():
    assert lamina.Net(lamina.affine(out=np.int64(3)), np.int64(2)).output_shape == (3,)
    refuses(lambda: lamina.affine(out=2**32 + 8), "out", str(2**32 + 8))
    refuses(lambda: lamina.Net(lamina.affine(out=1), (2**64 + 2,)), str(2**64 + 2))
    refuses(lambda: lamina.conv2d(out=1, kernel=(3, 2**32 + 3)), str(2**32 + 3))
    refuses(lambda: lamina.affine(out=2.5), "out", "2.5", kind=TypeError)
    refuses(lambda: small().fit(X, T, epochs=2**40), str(2**40))
    net, x, t = images()
    refuses(lambda: net.fit(x, t + 2**32, epochs=1), str(2**32))


@case
def a_copy_is_refused():
    # It would be freed twice.
    for owner in (small(), lamina.relu()):
        for copied in (copy.copy, copy.deepcopy, pickle.dumps):
            refuses(lambda: copied(owner), "copied", kind=TypeError)


@case
def a_nul_ends_no_name():
    refuses(lambda: small().save("a.npz\0b"), "NUL")
    refuses(lambda: lamina.load("a.npz\0b"), "NUL")
    refuses(lambda: lamina.affine(out=1, name="a\0b"), "NUL")
    refuses(lambda: lamina.parse("lamina\0"), "NUL")


@case
def a_refused_call_takes_no_layer():
    one, used = lamina.relu(), lamina.tanh()
    lamina.sequential(used)
    refuses(lambda: lamina.sequential(one, used), "already")
    refuses(lambda: lamina.sequential(one, nome="a"), "nome", kind=TypeError)
    refuses(lambda: lamina.gradcheck(one, (1, 2, 3, 4, 5)), "5 sizes")
    refuses(lambda: lamina.Net("relu", (3,)), "layer", kind=TypeError)
    assert lamina.Net(one, (3,)).output_shape == (3,)


@case
def the_library_is_of_the_right_precision():
    other = lamina._lib._name.replace("lamina-double", "lamina") if lamina.DOUBLE else \
        lamina._lib._name.replace("liblamina.", "liblamina-double.")
    for library, said in ((other, b"is not the library for"), ("/nowhere.so", b"/nowhere.so")):
        run = subprocess.run([sys.executable, "-c", "import lamina"], stderr=subprocess.PIPE,
                             env=dict(os.environ, LAMINA_LIBRARY=library))
        assert run.returncode == 1 and said in run.stderr, run.stderr


@case
def misuse_is_told():
    refuses(lambda: lamina.conv2d(out=-1), "conv2d", "-1")
    refuses(lambda: lamina.conv2d(oot=1), "oot", "kernel", kind=TypeError)
    refuses(lambda: lamina.conv2d(out=1, kernel=(1, 2, 3)), "kernel", kind=TypeError)
    refuses(lambda: small().predict(np.zeros((2, 3))), "(2, 3)")
    refuses(lambda: small().fit(X, T[:2], epochs=1), "(2, 1)")
    refuses(lambda: small().fit(X, np.array(list("abcd")), epochs=1), "numbers")
    net, x, t = images()
    refuses(lambda: net.fit(x, t * 0.5, epochs=1), "whole numbers")
    for wrong in (dict(train=1), dict(net=0), dict(validation=(x,)), dict(progress="a")):
        refuses(lambda: net.fit(x, t, epochs=1, **wrong), next(iter(wrong)), kind=TypeError)
    layer = lamina.relu()
    lamina.sequential(layer)
    refuses(lambda: lamina.sequential(layer), "already")
    one = lamina.relu()
    refuses(lambda: lamina.sequential(one, one), "twice")
    refuses(lambda: lamina.sequential(lamina.relu(), 3), "layer", kind=TypeError)
    refuses(lambda: lamina.Net(lamina.relu(), (1, 2, 3, 4, 5)), "5 sizes")


def main():
    failed = False
    precision = "double" if lamina.DOUBLE else "float"
    for test in CASES:
        name = "python, %s: %s" % (precision, test.__name__.replace("_", " "))
        try:
            test()
            print("ok    " + name)
        except Exception as error:  # whatever it is, the case failed
            print("FAIL  %s: %s: %s" % (name, type(error).__name__, error))
            failed = True
    sys.exit(failed)


main()
