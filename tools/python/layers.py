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
import operator
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
    named = os.environ.get("LAMINA_LIBRARY")
    places = [named]
    if not named:
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


def _prove():
    """LAMINA_LIBRARY may name the library of the other precision, which would write numbers of
    another size into arrays."""
    x, y = (real * 16)(), (real * 16)()
    _lib.lam_vec_sigmoid(y, x, 1)
    if y[0] != 0.5:
        raise ImportError("%s is not the library for %s (LAMINA_PRECISION)"
                          % (_lib._name, dtype.__name__))


_prove()


def version():
    return _lib.lam_version().decode()


def _failed():
    return Error(_lib.lam_error().decode(errors="replace"))


def _check(status):
    if status != LAM_OK:
        raise _failed()


def _range(kind):
    bits = 8 * sizeof(kind)
    return (0, 2**bits - 1) if kind(-1).value > 0 else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)


_WHOLE = {kind: _range(kind) for kind in (c_int, c_uint, c_int32, c_int64, c_uint8, c_uint32,
                                          c_uint64, c_size_t)}


def _whole(kind, value, name):
    """A whole number that C's type can hold; ctypes would cut off what it cannot."""
    try:
        number = operator.index(value)
    except TypeError:
        raise TypeError("%s: a whole number was expected, not %r" % (name, value)) from None
    least, most = _WHOLE[kind]
    if not least <= number <= most:
        raise Error("%s is %d; expected %d to %d" % (name, number, least, most))
    return number


def _text(value, name):
    """Text as C has it, which ends at its first NUL."""
    text = os.fsencode(value)
    if b"\0" in text:
        raise Error("%s %r has a NUL in it" % (name, value))
    return text


def _shape(sizes):
    sizes = tuple(sizes) if hasattr(sizes, "__iter__") else (sizes,)
    sizes = tuple(_whole(c_int64, size, "a size of the shape") for size in sizes)
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


# What the functions here fill in themselves.
_FILLED = {"dataset", "layer", "layers", "model", "named", "net", "report", "report_size", "size",
           "train"}
# Options that are arrays, and where their length goes.
_COUNTS = {"class_weights": "class_count", "means": "count", "stds": "count"}


def _options(structure, given, keep, zeros=()):
    """A structure of options. A number that is 0 was said to be 0, so it is LAM_ZERO: of real
    numbers, of lists, and of the types in zeros."""
    options = structure()
    options.size = sizeof(structure)
    kinds = dict(structure._fields_)
    for name, value in given.items():
        kind = kinds.get(name)
        if kind is None or name in _FILLED:
            names = [field for field, _ in structure._fields_
                     if field not in _FILLED and not field.endswith("_given")]
            raise TypeError("no option is called %r; there are: %s" % (name, ", ".join(names)))
        setattr(options, name, _option(structure, kind, name, value, keep, zeros))
    _count(options, given)
    return options


def _option(structure, kind, name, value, keep, zeros):
    if kind is c_char_p:
        return None if value is None else _text(value, name)
    if kind is lam_shape:
        return _shape(value)
    if kind in _WHOLE:
        number = _whole(kind, value, name)
        return LAM_ZERO if number == 0 and kind in zeros else number
    if kind is real and (structure.__name__, name) not in _DOUBLES:
        return LAM_ZERO if value == 0 else value
    if kind is c_void_p and not isinstance(value, (int, type(None), c_void_p)):
        array = _array(value, dtype, name)
        keep.append(array)
        return array.ctypes.data
    if isinstance(kind, type) and issubclass(kind, Structure) and isinstance(value, dict):
        made = kind()
        kinds = dict(kind._fields_)
        for member, number in value.items():
            if member not in kinds:
                raise TypeError("%s has no option %r; there are: %s"
                                % (name, member, ", ".join(kinds)))
            setattr(made, member, _option(kind, kinds[member], member, number, keep, ()))
        return made
    if isinstance(kind, type) and issubclass(kind, ctypes.Array):
        value = value if hasattr(value, "__len__") else (value,)
        if len(value) > kind._length_:
            raise TypeError("%s has %d values; at most %d" % (name, len(value), kind._length_))
        if issubclass(kind._type_, Structure):
            return kind(*map(tuple, value))
        if kind._type_ in _WHOLE:
            value = [_whole(kind._type_, v, name) for v in value]
        return kind(*(LAM_ZERO if v == 0 else v for v in value))
    return value


def _count(options, given):
    """Lengths of the arrays among the options."""
    for name, count in _COUNTS.items():
        if given.get(name) is not None and hasattr(options, count):
            length = np.size(given[name])
            if getattr(options, count) not in (0, length):
                raise Error("%s is %d; %s has %d values"
                            % (count, getattr(options, count), name, length))
            setattr(options, count, length)


class _Owner:
    """What an object of C's belongs to, at the address _pointer. A copy would free it again."""

    def __reduce_ex__(self, protocol):
        raise TypeError("a %s cannot be copied or pickled%s" % (
            type(self).__name__, ": save() writes it, load() reads it" * hasattr(self, "save")))


class Layer(_Owner):
    """A layer. A composition, a net or gradcheck() consumes it: each is used once."""

    def __init__(self, pointer):
        if not pointer:
            raise _failed()
        self._pointer = pointer

    def _take(self):
        pointer, self._pointer = self._pointer, None
        return pointer

    def __del__(self):
        if getattr(self, "_pointer", None):
            _lib.lam_layer_free(self._pointer)


def _take_all(layers):
    """Takes all layers, or none if one of them is wrong."""
    for layer in layers:
        if not isinstance(layer, Layer):
            raise TypeError("a layer was expected, not %r" % (layer,))
        if not layer._pointer:
            raise Error("this layer is in a net or a composition already")
    if len({id(layer) for layer in layers}) < len(layers):
        raise Error("a layer is there twice")
    return (c_void_p * max(len(layers), 1))(*(layer._take() for layer in layers))


def _named(make, name, structure):
    """make under C's name, with the names of its options."""
    make.__name__ = make.__qualname__ = name
    make.__doc__ = "lam_%s() of C. Options: %s." % (
        name, ", ".join(field for field, _ in structure._fields_ if field not in _FILLED))
    return make


def _constructor(name):
    structure = globals()["lam_%s_options" % name]

    def make(**options):
        keep = []
        filled = _options(structure, options, keep, (c_int,))
        return Layer(getattr(_lib, "lam_%s_new" % name)(byref(filled)))

    return _named(make, name, structure)


for _name in _LAYERS:
    if _name not in ("sequential", "residual"):
        globals()[_name] = _constructor(_name)


def _list_of(name):
    def make(*layers, **options):
        filled = _options(lam_sequential_options, options, [])
        array = _take_all(layers)
        filled.layers, filled.count = ctypes.cast(array, c_void_p), len(layers)
        return Layer(getattr(_lib, "lam_%s_new" % name)(byref(filled)))

    make.__name__ = make.__qualname__ = name
    make.__doc__ = "lam_%s() of C: of layers; its option is name." % name
    return make


for _name in ("sequential", "concat", "add", "multiply"):
    globals()[_name] = _list_of(_name)


def residual(body, shortcut=None, name=None):
    """body(x) + shortcut(x), or body(x) + x."""
    options = lam_residual_options(size=sizeof(lam_residual_options), body_given=True)
    if name is not None:
        options.name, options.name_given = _text(name, "name"), True
    taken = _take_all([body] if shortcut is None else [body, shortcut])
    options.body = taken[0]
    if shortcut is not None:
        options.shortcut, options.shortcut_given = taken[1], True
    return Layer(_lib.lam_residual_new(byref(options)))


def parse(text):
    """A layer from the language of descriptions (lamina-net(5)), and its input's shape or None."""
    shape = lam_shape()
    layer = Layer(_lib.lam_model_parse(_text(text, "the description"), None, byref(shape)))
    return layer, _sizes(shape) or None


def _value_of(name, structure):
    def make(**options):
        keep = []
        filled = _options(structure, options, keep, (c_int,))
        value = getattr(_lib, "lam_%s_new" % name)(byref(filled))
        value._keep = keep
        return value

    return _named(make, name, structure)


for _name, (_returns, _arguments) in _PROTOTYPES.items():
    if _returns in (lam_optimizer, lam_schedule) and _name.endswith("_new"):
        _short = _name[4:-4]
        _structure = globals().get("lam_%s_options" % _short, lam_adam_options)
        globals()[_short] = _value_of(_short, _structure)
