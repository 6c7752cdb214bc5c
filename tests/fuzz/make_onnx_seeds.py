#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""make_onnx_seeds.py FOLDER: the seeds of the fuzz target onnx, FOLDER/onnx/NAME: small models that
together have every operator that is read, by Python's package onnx."""
import os
import sys

import onnx
from onnx import TensorProto, helper

folder = os.path.join(sys.argv[1], 'onnx')
os.makedirs(folder, exist_ok=True)


def weight(name, *dims):
    """Floats between -1 and 1 that do not repeat at once."""
    count = 1
    for d in dims:
        count *= d
    values = [((i * 7 + len(name)) % 11 - 5) / 5 for i in range(count)]
    return helper.make_tensor(name, TensorProto.FLOAT, dims, values)


def ints(name, *values, dims=None):
    return helper.make_tensor(name, TensorProto.INT64, dims or [len(values)], values)


def real(name, value):
    return helper.make_tensor(name, TensorProto.FLOAT, [], [value])


def put(name, nodes, shapes, constants=(), outputs='y', opset=13, classes=None):
    """Each node is (operator, inputs, outputs, attributes); `shapes` are those of inputs."""
    made = [helper.make_node(op, i.replace('-', '').split(' '), o.split(' '), **a)
        for op, i, o, a in ((*n, {}) if len(n) == 3 else n for n in nodes)]
    graph = helper.make_graph(made, 'g',
        [helper.make_tensor_value_info(k, TensorProto.FLOAT, d) for k, d in shapes.items()],
        [helper.make_tensor_value_info(k, TensorProto.FLOAT, None) for k in outputs.split()],
        list(constants))
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid('', opset)],
        producer_name='')
    if classes:
        helper.set_model_props(model, {'classes': classes})
    with open(os.path.join(folder, name), 'wb') as file:
        file.write(model.SerializeToString())


put('classifier', [
    ('Conv', 'x c.weight c.bias', 'a', {'pads': [1, 1, 1, 1], 'strides': [2, 2]}),
    ('BatchNormalization', 'a s b m v', 'n'), ('Relu', 'n', 'r'),
    ('MaxPool', 'r', 'p', {'kernel_shape': [2, 2], 'strides': [1, 1], 'ceil_mode': 1}),
    ('GlobalAveragePool', 'p', 'q'), ('Flatten', 'q', 'f'),
    ('Gemm', 'f fc.weight fc.bias', 'l', {'transB': 1}), ('Softmax', 'l', 'y')],
    {'x': ['n', 1, 5, 5]}, [weight('c.weight', 2, 1, 3, 3), weight('c.bias', 2), weight('s', 2),
    weight('b', 2), weight('m', 2), helper.make_tensor('v', TensorProto.FLOAT, [2], [1, 2]),
    weight('fc.weight', 2, 2), weight('fc.bias', 2)], classes='["cat","a \\"dog\\""]')
put('windows', [
    ('ConvTranspose', 'x w', 'a', {'strides': [2], 'output_padding': [1], 'group': 2}),
    ('AveragePool', 'a', 'b', {'kernel_shape': [2], 'pads': [1, 0], 'count_include_pad': 1}),
    ('Conv', 'b v', 'c', {'auto_pad': 'SAME_UPPER', 'dilations': [2], 'group': 2}),
    ('Pad', 'c p', 'y', {'mode': 'constant'})],
    {'x': [1, 2, 4]}, [weight('w', 2, 1, 2), weight('v', 2, 1, 3), ints('p', 0, 0, 1, 0, 0, -1)])
put('shapes', [
    ('Shape', 'x', 's'), ('Gather', 's i', 'n', {'axis': 0}),
    ('Unsqueeze', 'n a', 'u'), ('Concat', 'u m', 't', {'axis': 0}), ('Reshape', 'x t', 'f'),
    ('Slice', 's b e', 'tail'), ('Concat', 'u tail', 'back', {'axis': 0}),
    ('Reshape', 'f back', 'r'), ('Split', 'r', 'h k', {'axis': 2}), ('Concat', 'k h', 'j',
    {'axis': 1}), ('Transpose', 'j', 'tr', {'perm': [0, 2, 1]}),
    ('Slice', 'tr b e b', 'y')], {'x': ['n', 2, 4]},
    [ints('i', 0, dims=[]), ints('a', 0), ints('m', -1), ints('b', 1), ints('e', 3)])
put('curves', [
    ('Sigmoid', 'x', 'a'), ('Mul', 'x a', 'b'), ('Tanh', 'b', 'c'), ('Softplus', 'c', 'd'),
    ('LeakyRelu', 'd', 'e', {'alpha': .25}), ('Elu', 'e', 'f'), ('Selu', 'f', 'g'),
    ('HardSigmoid', 'g', 'h'), ('Mul', 'h g', 'i'), ('Clip', 'i lo hi', 'j'),
    ('PRelu', 'j s', 'k'), ('Celu', 'k', 'l'), ('Neg', 'l', 'o'), ('Abs', 'o', 'p'),
    ('LRN', 'p', 'q', {'size': 3}), ('Dropout', 'q', 'y')], {'x': ['n', 2, 2, 2]},
    [real('lo', -1), real('hi', 6), weight('s', 2, 1, 1)])
put('softplus', [('Softplus', 'x', 's'), ('Greater', 'x t', 'g'), ('Where', 'g x s', 'y')],
    {'x': ['n', 3]}, [real('t', 2)])
put('gelu', [
    ('Div', 'x r', 'a'), ('Erf', 'a', 'b'), ('Add', 'b one', 'c'), ('Mul', 'x c', 'd'),
    ('Mul', 'd half', 'y')], {'x': ['n', 3]},
    [real('r', 1.41421356), real('one', 1), real('half', .5)])
put('layer_norm', [
    ('ReduceMean', 'x', 'm', {'axes': [-1]}), ('Sub', 'x m', 'd'), ('Pow', 'd two', 'p'),
    ('ReduceMean', 'p', 'v', {'axes': [-1]}), ('Add', 'v e', 'w'), ('Sqrt', 'w', 's'),
    ('Div', 'd s', 'n'), ('Mul', 'n k', 't'), ('Add', 't b', 'y')], {'x': ['n', 2, 3]},
    [real('two', 2), real('e', 1e-5), weight('k', 3), weight('b', 3)])
put('norms', [
    ('LayerNormalization', 'x w b', 'a'), ('InstanceNormalization', 'a s t', 'c'),
    ('Reshape', 'c g', 'd'), ('InstanceNormalization', 'd one zero', 'e'),
    ('Reshape', 'e back', 'f'), ('Mul', 'f ch', 'h'), ('Add', 'h ch', 'y')],
    {'x': ['n', 2, 3]}, [weight('w', 3), weight('b', 3), weight('s', 2), weight('t', 2),
    ints('g', 0, 1, -1), helper.make_tensor('one', TensorProto.FLOAT, [1], [1]),
    helper.make_tensor('zero', TensorProto.FLOAT, [1], [0]), ints('back', 0, 2, 3),
    weight('ch', 2, 1)], opset=17)
put('pixels', [
    ('Reshape', 'x a', 'b'), ('Transpose', 'b', 'c', {'perm': [0, 2, 1, 3, 4]}),
    ('Reshape', 'c d', 'e'), ('DepthToSpace', 'e', 'f', {'blocksize': 2}),
    ('SpaceToDepth', 'f', 'g', {'blocksize': 2}),
    ('Resize', 'g - sc', 'y', {'mode': 'nearest', 'nearest_mode': 'floor',
    'coordinate_transformation_mode': 'asymmetric'})], {'x': ['n', 4, 2, 2]},
    [ints('a', 0, 2, 2, 2, 2), ints('d', 0, 4, 2, 2),
    helper.make_tensor('sc', TensorProto.FLOAT, [4], [1, 1, 2, 2])])
put('matrices', [
    ('MatMul', 'x w', 'a'), ('Add', 'a b', 'c'), ('Max', 'c z', 'd'), ('Min', 'd c', 'e'),
    ('Sum', 'e d c', 'f'), ('Mean', 'f e', 'g'), ('Sub', 'b g', 'h'), ('Div', 'h b', 'i'),
    ('ReduceMax', 'i', 'j', {'axes': [1], 'keepdims': 0}), ('Expand', 'i ex', 'k'),
    ('Pow', 'k two', 'l')], {'x': ['n', 2]}, [weight('w', 2, 3), weight('b', 3), real('z', 0),
    real('two', 2), ints('ex', 1, 3)], outputs='j l')
put('numbers', [
    ('Constant', '', 'a', {'value': ints('', 2, 3)}), ('ConstantOfShape', 'a', 'b'),
    ('Cast', 'b', 'c', {'to': TensorProto.INT64}), ('Range', 'z three one', 'd'),
    ('Add', 'c d', 'e'), ('Mod', 'e three', 'f'), ('Equal', 'f d', 'g'), ('Not', 'g', 'h'),
    ('Where', 'h c e', 'i'), ('ReduceSum', 'i', 'j'), ('Size', 'i', 'k'), ('Less', 'j k', 'l'),
    ('Cast', 'l', 'm', {'to': TensorProto.FLOAT}), ('Floor', 'm', 'o'), ('Exp', 'o', 'p'),
    ('ReduceProd', 'p', 'q'), ('Squeeze', 'q', 'r'), ('Mul', 'x r', 'y')], {'x': ['n', 3]},
    [ints('z', 0, dims=[]), ints('three', 3, dims=[]), ints('one', 1, dims=[])])
put('old', [
    ('Upsample', 'x', 'a', {'mode': 'nearest', 'scales': [1., 1., 2., 2.]}),
    ('Slice', 'a', 'b', {'axes': [2], 'starts': [1], 'ends': [3]}),
    ('Squeeze', 'x', 'c', {'axes': [1]}), ('Unsqueeze', 'c', 'd', {'axes': [1]}),
    ('Clip', 'd', 'e', {'min': 0., 'max': 6.}), ('Pad', 'e', 'f', {'pads': [0] * 8}),
    ('Softmax', 'b', 'y')], {'x': [1, 1, 2, 2]}, outputs='y f', opset=9)
put('two_ends', [('Add', 'x z', 's'), ('Mul', 'x z', 'p')], {'x': ['n', 2], 'z': ['n', 2]},
    outputs='s p')
outside = onnx.TensorProto(name='w', data_type=TensorProto.FLOAT, dims=[2, 2], data_location=1)
for key, text in (('location', 'w.bin'), ('offset', '0'), ('length', '16')):
    outside.external_data.add(key=key, value=text)
put('outside', [('MatMul', 'x w', 'y')], {'x': ['n', 2]}, [outside])
halves = onnx.TensorProto(name='w', data_type=TensorProto.FLOAT16, dims=[2, 2],
    raw_data=bytes([0, 60, 0, 56, 0, 188, 1, 0]))
put('halves', [('MatMul', 'x w', 'y')], {'x': ['n', 2]}, [halves])
put('bomb', [('ConstantOfShape', 's', 'w'), ('MatMul', 'x w', 'y')], {'x': ['n', 2]},
    [ints('s', 2, 2**27)])
