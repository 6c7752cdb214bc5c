# SPDX-License-Identifier: MIT
"""lamina from Python, by ctypes and numpy alone.

    import lamina, numpy as np
    net = lamina.load("mnist.npz")
    print(net.predict(images)[0])

    net = lamina.Net(lamina.sequential(lamina.affine(out=8), lamina.tanh(), lamina.affine(out=1),
                                       lamina.sigmoid_cross_entropy()), (2,), seed=1)
    net.fit(x, t, epochs=300, batch=4, optimizer=lamina.adam(lr=0.05))
    net["0.weight"]                           # parameters are arrays
    print(lamina.gradcheck(lamina.conv2d(out=4, kernel=3), (3, 8, 8)))

Every layer, optimizer and schedule of the C library is a function of its name, whose options are
keywords with the names and defaults of C; help(lamina.conv2d) lists them. Failures are
lamina.Error, with the library's sentence. LAMINA_LIBRARY names the library's file,
LAMINA_PRECISION=double the one for double."""

import ctypes
import ctypes.util
import os
from ctypes import Structure, byref, c_bool, c_char, c_char_p, c_double, c_float, c_int, c_int32
from ctypes import c_int64, c_size_t, c_uint, c_uint8, c_uint32, c_uint64, c_void_p, sizeof

import numpy as np

DOUBLE = os.environ.get("LAMINA_PRECISION") == "double"
real = c_double if DOUBLE else c_float
dtype = np.float64 if DOUBLE else np.float32
LAM_ZERO = -2147483648  # says the number 0 where 0 would mean "left out"

# DECLARATIONS


class Error(Exception):
    """What the library refused, in its words."""


def _open():
    base = "lamina-double" if DOUBLE else "lamina"
    here = os.path.dirname(os.path.abspath(__file__))
    places = [os.environ.get("LAMINA_LIBRARY")]
    for folder in (os.path.join(here, "..", "..", ".libs"), here):
        path = os.path.join(folder, "lib%s.so" % base)
        places.append(path if os.path.exists(path) else None)
    places += ["lib%s.so.0" % base, ctypes.util.find_library(base)]
    said = "not found"
    for place in places:
        if place:
            try:
                return ctypes.CDLL(place)
            except OSError as error:
                said = str(error)
    raise ImportError("lib%s: %s (LAMINA_LIBRARY names its file)" % (base, said))


_lib = _open()
for _name, (_returns, _arguments) in _PROTOTYPES.items():
    if hasattr(_lib, _name):
        getattr(_lib, _name).restype = _returns
        getattr(_lib, _name).argtypes = _arguments


def version():
    return _lib.lam_version().decode()


def _failed():
    return Error(_lib.lam_error().decode(errors="replace"))


def _check(status):
    if status != LAM_OK:
        raise _failed()


def _shape(sizes):
    sizes = (sizes,) if isinstance(sizes, int) else tuple(sizes)
    if len(sizes) > LAM_MAX_RANK:
        raise Error("the shape %s has %d sizes; expected 1 to %d"
                    % (sizes, len(sizes), LAM_MAX_RANK))
    return lam_shape(len(sizes), (c_int64 * LAM_MAX_RANK)(*sizes))


def _sizes(shape):
    return tuple(shape.dim[i] for i in range(shape.rank))


def _array(values, kind, what):
    """values as an array of C's layout; a copy only where it must be."""
    array = np.asarray(values)
    if array.dtype.kind not in "biuf":
        raise Error("%s: numbers were expected, not %s" % (what, array.dtype))
    return np.ascontiguousarray(array, dtype=kind)


def _options(structure, given, keep):
    """A structure of options. Numbers that are 0 were said to be 0, so they are LAM_ZERO."""
    options = structure()
    options.size = sizeof(structure)
    kinds = dict(structure._fields_)
    for name, value in given.items():
        kind = kinds.get(name)
        if kind is None or name == "size":
            names = [field for field, _ in structure._fields_
                     if field not in ("size", "named") and not field.endswith("_given")]
            raise TypeError("no option is called %r; there are: %s" % (name, ", ".join(names)))
        if kind is c_char_p:
            value = value.encode() if isinstance(value, str) else os.fsencode(value)
        elif kind is lam_shape:
            value = _shape(value)
        elif kind is real:
            value = LAM_ZERO if value == 0 else value
        elif kind is c_void_p and not isinstance(value, (int, type(None), c_void_p)):
            array = _array(value, dtype, name)
            keep.append(array)
            value = array.ctypes.data
        elif isinstance(kind, type) and issubclass(kind, ctypes.Array):
            value = value if hasattr(value, "__len__") else (value,)
            if len(value) > kind._length_:
                raise TypeError("%s has %d values; at most %d" % (name, len(value), kind._length_))
            value = kind(*(LAM_ZERO if v == 0 else v for v in value))
        setattr(options, name, value)
    return options


class Layer:
    """A layer. A composition, a net or gradcheck() consumes it: each is used once."""

    def __init__(self, pointer):
        if not pointer:
            raise _failed()
        self._pointer = pointer

    def _take(self):
        pointer, self._pointer = self._pointer, None
        if not pointer:
            raise Error("this layer is in a net or a composition already")
        return pointer

    def __del__(self):
        if getattr(self, "_pointer", None):
            _lib.lam_layer_free(self._pointer)


def _take_all(layers):
    for layer in layers:
        if not isinstance(layer, Layer):
            raise TypeError("a layer was expected, not %r" % (layer,))
    if len({id(layer) for layer in layers}) < len(layers):
        raise Error("a layer is there twice")
    return (c_void_p * max(len(layers), 1))(*(layer._take() for layer in layers))


def _named(make, name, structure):
    """make under C's name, with the names of its options."""
    make.__name__ = make.__qualname__ = name
    make.__doc__ = "lam_%s() of C. Options: %s." % (
        name, ", ".join(field for field, _ in structure._fields_ if field not in ("size", "named")))
    return make


def _constructor(name):
    structure = globals()["lam_%s_options" % name]

    def make(**options):
        keep = []
        filled = _options(structure, options, keep)
        return Layer(getattr(_lib, "lam_%s_new" % name)(byref(filled)))

    return _named(make, name, structure)


for _name in _LAYERS:
    if _name not in ("sequential", "residual"):
        globals()[_name] = _constructor(_name)


def _list_of(name):
    def make(*layers, **options):
        array = _take_all(layers)
        filled = _options(lam_sequential_options, options, [])
        filled.layers, filled.count = ctypes.cast(array, c_void_p), len(layers)
        return Layer(getattr(_lib, "lam_%s_new" % name)(byref(filled)))

    make.__name__ = make.__qualname__ = name
    make.__doc__ = "lam_%s() of C: of layers; its option is name." % name
    return make


for _name in ("sequential", "concat", "add", "multiply"):
    globals()[_name] = _list_of(_name)


def residual(body, shortcut=None, name=None):
    """body(x) + shortcut(x), or body(x) + x."""
    taken = _take_all([body] if shortcut is None else [body, shortcut])
    options = lam_residual_options(size=sizeof(lam_residual_options), body=taken[0],
                                   body_given=True)
    if shortcut is not None:
        options.shortcut, options.shortcut_given = taken[1], True
    if name is not None:
        options.name, options.name_given = name.encode(), True
    return Layer(_lib.lam_residual_new(byref(options)))


def parse(text):
    """A layer from the language of descriptions (lamina-net(5)), and its input's shape or None."""
    shape = lam_shape()
    layer = Layer(_lib.lam_model_parse(text.encode(), None, byref(shape)))
    return layer, _sizes(shape) or None


def _value_of(name, structure):
    def make(**options):
        keep = []
        value = getattr(_lib, "lam_%s_new" % name)(byref(_options(structure, options, keep)))
        value._keep = keep
        return value

    return _named(make, name, structure)


for _name, (_returns, _arguments) in _PROTOTYPES.items():
    if _returns in (lam_optimizer, lam_schedule) and _name.endswith("_new"):
        _short = _name[4:-4]
        _structure = globals().get("lam_%s_options" % _short, lam_adam_options)
        globals()[_short] = _value_of(_short, _structure)
