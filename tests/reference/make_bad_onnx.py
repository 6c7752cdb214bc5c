#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""make_bad_onnx.py FOLDER: the files NAME.onnx that tests/data/bad/onnx.txt lists with their
sentences. They are written field by field, since no library would write them."""
import os
import struct
import sys

VARINT, FIXED64, BYTES, GROUP, FIXED32 = 0, 1, 2, 3, 5
FLOAT, INT32, INT64, STRING, COMPLEX64 = 1, 6, 7, 8, 14
folder = sys.argv[1]


def varint(number):
    number &= 2**64 - 1
    out = b''
    while number > 127:
        out += bytes([number & 127 | 128])
        number >>= 7
    return out + bytes([number])


def field(key, value, wire=None):
    """A field of a message: a number, a float, a text or bytes."""
    if wire is not None:
        return varint(key << 3 | wire) + value
    if isinstance(value, int):
        return varint(key << 3 | VARINT) + varint(value)
    if isinstance(value, float):
        return varint(key << 3 | FIXED32) + struct.pack('<f', value)
    data = value.encode() if isinstance(value, str) else value
    return varint(key << 3 | BYTES) + varint(len(data)) + data


def tensor(name, *dims, kind=FLOAT, raw=None, extra=b''):
    """An initialiser of zeros, unless `raw` gives its bytes."""
    count = 1
    for d in dims:
        count *= d
    data = bytes(count * (8 if kind == INT64 else 4)) if raw is None else raw
    return (b''.join(field(1, d) for d in dims) + field(2, kind) + field(8, name)
        + (field(9, data) if data is not False else b'') + extra)


def ints(name, *values, dims=None):
    return tensor(name, *([len(values)] if dims is None else dims), kind=INT64,
        raw=struct.pack('<%dq' % len(values), *values))


def outside(location=None, **more):
    """An initialiser w of 4 floats that lie in another file."""
    rows = {**({} if location is None else {'location': location}), **more}
    return tensor('w', 2, 2, raw=False, extra=b''.join(
        field(13, field(1, k) + field(2, v)) for k, v in rows.items()) + field(14, 1))


def attribute(name, value, kind=None):
    """Whole numbers, reals, texts (bytes) and lists of whole numbers."""
    lists = isinstance(value, list)
    key, number = (8, 7) if lists else (2, 1) if isinstance(value, float) \
        else (4, 3) if isinstance(value, bytes) else (3, 2)
    return (field(1, name) + b''.join(field(key, v) for v in (value if lists else [value]))
        + field(20, kind or number))


def node(kind, inputs, outputs, name='it', domain=None, **attributes):
    return (b''.join(field(1, i) for i in inputs.split()) + b''.join(field(2, o)
        for o in outputs.split()) + field(3, name) + (field(4, kind) if kind else b'')
        + b''.join(field(5, v if isinstance(v, bytes) and k == 'raw' else attribute(k, v))
        for k, v in attributes.items()) + (field(7, domain) if domain else b''))


def end(name, *dims, kind=FLOAT):
    """An input or an output; a text is an open dimension."""
    shape = b''.join(field(1, field(2 if isinstance(d, str) else 1, d)) for d in dims)
    return field(1, name) + field(2, field(1, field(1, kind) + field(2, shape)))


def graph(nodes, inputs=(end('x', 'n', 2),), constants=(), outputs=(end('y'),)):
    return (b''.join(field(1, n) for n in nodes) + b''.join(field(5, c) for c in constants)
        + b''.join(field(11, i) for i in inputs) + b''.join(field(12, o) for o in outputs))


def model(body, opset=13, domain=''):
    return field(1, 8) + field(7, body) + field(8, field(1, domain) + field(2, opset))


def put(name, data):
    with open(os.path.join(folder, name + '.onnx'), 'wb') as file:
        file.write(data)


def one(name, kind, *inputs, shape=(2,), constants=(), outputs='y', **attributes):
    """A model of one node behind the input x."""
    put(name, model(graph([node(kind, ' '.join(('x',) + inputs), outputs, **attributes)],
        [end('x', 'n', *shape)], constants)))


relu = node('Relu', 'x', 'y')
good = model(graph([node('MatMul', 'x w', 'y')], constants=[tensor('w', 2, 2)]))

# The encoding.
put('onnx_empty', b'')
put('onnx_text', b'an ONNX model\n')
put('onnx_cut', good[:len(good) // 2])
put('onnx_cut_end', good[:-1])
put('onnx_wire_graph', field(1, 8) + field(7, varint(3), VARINT))
put('onnx_wire_group', good + field(7, b'', GROUP))
put('onnx_wire_dims', model(graph([relu], constants=[field(1, b'\0' * 8, FIXED64)])))
put('onnx_wire_float', model(graph([node('Elu', 'x', 'y', raw=field(1, 'alpha')
    + field(2, varint(1), VARINT))])))
put('onnx_length', field(1, 8) + varint(7 << 3 | BYTES) + varint(2**62) + b'abc')
put('onnx_varint', varint(1 << 3) + b'\xff' * 11 + b'\1')
put('onnx_field_0', good + b'\0\0')
put('onnx_no_graph', field(1, 8) + field(2, 'a program'))

# The versions.
put('onnx_no_opset', field(1, 8) + field(7, graph([relu])))
put('onnx_opset_0', model(graph([relu]), 0))
put('onnx_opset_99', model(graph([relu]), 99))
put('onnx_opset_negative', model(graph([relu]), -5))
put('onnx_opset_other', model(graph([relu]), 3, 'ai.onnx.ml'))

# Names.
put('onnx_no_outputs', model(graph([relu], outputs=[])))
put('onnx_unknown_output', model(graph([relu], outputs=[end('z')])))
put('onnx_twice_made', model(graph([relu, node('Tanh', 'x', 'y')])))
put('onnx_twice_weight', model(graph([relu], constants=[tensor('w', 1), tensor('w', 2)])))
put('onnx_twice_input', model(graph([relu], [end('x', 'n', 2), end('x', 'n', 2)])))
put('onnx_weight_made', model(graph([relu], constants=[tensor('y', 1)])))
put('onnx_nameless_input', model(graph([relu], [end('', 'n', 2)])))
put('onnx_nameless_weight', model(graph([relu], constants=[tensor('', 1)])))
put('onnx_missing_weight', model(graph([node('MatMul', 'x w', 'y')])))
put('onnx_cycle', model(graph([node('Add', 'x y', 'y')])))
put('onnx_cycle_of_two', model(graph([node('Add', 'x b', 'a'), node('Tanh', 'a', 'b'),
    node('Tanh', 'b', 'y')])))
put('onnx_order', model(graph([node('Tanh', 'a', 'y'), node('Relu', 'x', 'a')])))
put('onnx_constant_output', model(graph([relu], outputs=[end('w')],
    constants=[tensor('w', 2)])))
put('onnx_control', model(graph([node('Foo\x1b[31m\n', 'x', 'y', name='a\x1b[2Jb\rc')])))
put('onnx_control_input', model(graph([relu], [end('x', 'n', '\x1b]0;\x07')])))
put('onnx_not_utf8', model(graph([node('Relu', 'x', 'y', name='')
    + field(3, b'\xff\xfe\x80'), node('LSTM', 'y', 'z') + field(3, b'\xc3\x28')],
    outputs=[end('z')])))

# Operators and attributes.
one('onnx_operator', 'Einsum')
one('onnx_lstm', 'LSTM')
put('onnx_loop', model(graph([node('If', 'x', 'y', raw=field(1, 'then_branch')
    + field(6, graph([relu])) + field(20, 5))])))
one('onnx_domain', 'FusedConv', domain='com.microsoft')
one('onnx_no_operator', None)
one('onnx_few_inputs', 'Conv')
one('onnx_many_inputs', 'Relu', 'x', 'x')
one('onnx_attribute', 'Relu', colour=3)
one('onnx_attribute_kind', 'Elu', alpha=1)
put('onnx_attribute_name', model(graph([node('Relu', 'x', 'y', raw=field(3, 1))])))
put('onnx_attribute_function', model(graph([node('Elu', 'x', 'y', raw=field(1, 'alpha')
    + field(20, 1) + field(21, 'a'))])))
one('onnx_training', 'BatchNormalization', *'smvb', training_mode=1,
    constants=[tensor(k, 2) for k in 'smvb'])

# Inputs.
put('onnx_open', model(graph([relu], [end('x', 'n', 3, 'height', 'width')])))
put('onnx_negative', model(graph([relu], [end('x', 'n', -1)])))
put('onnx_zero', model(graph([relu], [end('x', 'n', 0)])))
put('onnx_huge', model(graph([relu], [end('x', 'n', 2**40)])))
put('onnx_huge_net', model(graph([relu], [end('x', 'n', 2**31 - 1, 2**16)])))
put('onnx_rank_0', model(graph([relu], [end('x')])))
put('onnx_rank_7', model(graph([relu], [end('x', *[1] * 7)])))
put('onnx_whole_input', model(graph([relu], [end('x', 'n', 2, kind=INT64)])))
put('onnx_untyped_input', model(graph([relu], [field(1, 'x')])))


# Weights.
def weight(name, *args, **kwargs):
    one(name, 'MatMul', 'w', constants=[tensor('w', *args, **kwargs)])


weight('onnx_raw_short', 2, 2, raw=bytes(12))
weight('onnx_raw_long', 2, 2, raw=bytes(20))
weight('onnx_no_values', 2, 2, raw=False)
weight('onnx_list_short', 2, 2, raw=False, extra=field(4, bytes(12)))
weight('onnx_other_list', 2, 2, raw=False, extra=field(10, bytes(32)))
weight('onnx_claims', 2**20, 2**20, raw=b'1234')
weight('onnx_negative_dims', -2, -2, raw=bytes(16))
weight('onnx_overflow', 2**32, 2**32, raw=bytes(16))
weight('onnx_overflow_negative', 2**62, 4, -1, raw=bytes(16))
weight('onnx_rank_9', *[1] * 9)
weight('onnx_strings', 2, 2, kind=STRING)
weight('onnx_complex', 2, 2, kind=COMPLEX64)
weight('onnx_type_99', 2, 2, kind=99)
weight('onnx_whole_weight', 2, 2, kind=INT32)
weight('onnx_location_7', 2, 2, extra=field(14, 7))
put('onnx_sparse', model(graph([relu]) + field(15, tensor('w', 1))))
for name, made in (('parent', outside('../texts')), ('absolute', outside('/etc/passwd')),
        ('hidden', outside('.hidden')), ('dot', outside('./onnx_empty.onnx')),
        ('folder', outside('onnx_empty.onnx/w')), ('nowhere', outside()),
        ('missing', outside('none.bin')), ('short', outside('onnx_empty.onnx')),
        ('offset', outside('onnx_empty.onnx', offset='-8')),
        ('far', outside('onnx_empty.onnx', offset='9' * 18)),
        ('length', outside('onnx_empty.onnx', length='15'))):
    put('onnx_outside_' + name, model(graph([node('MatMul', 'x w', 'y')], constants=[made])))

# Shapes and numbers that do not fit.
plane = {'shape': (2, 4, 4)}
one('onnx_conv_channels', 'Conv', 'w', constants=[tensor('w', 3, 5, 1, 1)], **plane)
one('onnx_conv_rank', 'Conv', 'w', constants=[tensor('w', 3, 2, 1)], **plane)
one('onnx_conv_groups', 'Conv', 'w', constants=[tensor('w', 2, 2, 1, 1)], group=0, **plane)
one('onnx_conv_kernel', 'Conv', 'w', constants=[tensor('w', 2, 2, 1, 1)], kernel_shape=[3, 3],
    **plane)
one('onnx_conv_strides', 'Conv', 'w', constants=[tensor('w', 2, 2, 1, 1)], strides=[0, 1],
    **plane)
one('onnx_conv_pads', 'Conv', 'w', constants=[tensor('w', 2, 2, 1, 1)], pads=[-1, 0, 0, 0],
    **plane)
one('onnx_conv_auto_pad', 'Conv', 'w', constants=[tensor('w', 2, 2, 1, 1)], auto_pad=b'ALL',
    **plane)
one('onnx_conv_huge', 'MaxPool', kernel_shape=[2**24, 2**24], auto_pad=b'SAME_UPPER',
    dilations=[2**24, 2**24], **plane)
one('onnx_pool_window', 'MaxPool', kernel_shape=[9, 9], **plane)
one('onnx_pool_kernel', 'MaxPool', strides=[2, 2], **plane)
one('onnx_pad_huge', 'Pad', 'p', constants=[ints('p', 0, 0, 0, 2**31)])
one('onnx_pad_batch', 'Pad', 'p', constants=[ints('p', 1, 0, 0, 0)])
one('onnx_norm_count', 'BatchNormalization', *'smvb', constants=[tensor(k, 3) for k in 'smvb'])
one('onnx_softmax_axis', 'Softmax', axis=9)
one('onnx_softmax_batch', 'Softmax', axis=0)
one('onnx_perm', 'Transpose', perm=[0, 1, 1], shape=(2, 3))
one('onnx_perm_batch', 'Transpose', perm=[1, 0])
one('onnx_reshape_count', 'Reshape', 's', constants=[ints('s', 0, 3)])
one('onnx_reshape_two', 'Reshape', 's', constants=[ints('s', -1, -1)])
one('onnx_gather', 'Gather', 'i', axis=1, constants=[ints('i', 7)])
one('onnx_slice', 'Slice', 'b', 'e', constants=[ints('b', 0), ints('e', 1)])
one('onnx_slice_step', 'Slice', *'beas', constants=[ints('b', 0), ints('e', 2), ints('a', 1),
    ints('s', 0)])
one('onnx_concat', 'Concat', 'w', axis=1, constants=[tensor('w', 1, 2)])
one('onnx_split', 'Split', 's', outputs='y z', axis=1, constants=[ints('s', 3, -1)])
one('onnx_matmul', 'MatMul', 'w', constants=[tensor('w', 3, 3)])
one('onnx_nan_bounds', 'Clip', 'w', constants=[tensor('w', raw=b'\0\0\xc0\x7f')])
for name, shape in (('bomb', [2**31]), ('bomb_product', [2**16] * 4)):
    put('onnx_' + name, model(graph([node('ConstantOfShape', 's', 'w'),
        node('MatMul', 'x w', 'y')], constants=[ints('s', *shape)])))
put('onnx_range', model(graph([node('Range', 'a b c', 'w'), node('MatMul', 'x w', 'y')],
    constants=[ints('a', 0, dims=[]), ints('b', 2**62, dims=[]), ints('c', 1, dims=[])])))
put('onnx_divide', model(graph([node('Div', 'a b', 'w'), node('Reshape', 'x w', 'y')],
    constants=[ints('a', -2**63), ints('b', 0)])))
