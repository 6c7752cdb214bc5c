#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes the files beside this script that are no nets, no parameters or no runs, and nets.txt:
file|words of the sentence.

X.net.npz is for lam_net_load(); X.params.npz for lam_net_load_params() into a net of 3 inputs and
one affine layer of 2; X.run.npz for lam_fit(.resume = true) of that net with a softmax;
X.architecture is a text alone."""
import os, struct

import make
from make import archive, deflate, entry, npy

del make.rows[:]


def text(value):
    value = value.encode() if isinstance(value, str) else value
    return entry(b'architecture.npy', npy("'|S%d'" % len(value), '()', data=value))


def floats(name, shape, values=None, descr="'<f4'", code='f', **more):
    count = 1
    for size in shape:
        count *= size
    data = struct.pack('<%d%s' % (count, code), *(values or [0.5] * count))
    return entry(name.encode() + b'.npy', npy(descr, str(shape), data=data, **more))


def packed(e):
    """The entry, deflated."""
    body = deflate(e['body'])
    return dict(e, body=body, stored=len(body), method=8)


head = 'lamina-architecture 1\n'
affine = head + 'input 3\naffine out=2\n'
weight, bias = floats('weight', (2, 3)), floats('bias', (2,))


def net(name, words, *entries):
    make.put(name + '.net.npz', archive(*entries), words)


net('none', 'has no entry "architecture"', weight, bias)
net('kind', 'expected one text', floats('architecture', (2,)), weight, bias)
net('zero', 'it has a zero byte', text(affine.replace('3', '\0')), weight, bias)
net('texts', 'expected one text', entry(b'architecture.npy', npy("'|S2'", '(2,)', data=b'abcd')),
    weight, bias)
net('long', 'expected one text of at most',
    packed(entry(b'architecture.npy', npy("'|S5000000'", '()', data=b' ' * 5000000))), weight, bias)
net('version', 'version "2"; expected 1', text(affine.replace(' 1', ' 2')), weight, bias)
net('format', 'is of format 9', text(affine), weight, bias,
    entry(b'format.npy', npy("'<i8'", '()', data=struct.pack('<q', 9))))
net('format_none', 'is of format 0', text(affine), weight, bias,
    entry(b'format.npy', npy("'<i8'", '()', data=bytes(8))))
net('format_kind', 'expected integers', text(affine), weight, bias, floats('format', ()))
net('missing', 'has no entry "bias"', text(affine), weight)
net('missing_state', 'has no entry "running_var"', text(head + 'input 2\nbatch_norm\n'),
    floats('weight', (2,)), bias, floats('running_mean', (2,)))
net('count', '"weight" has 8 values', text(affine), floats('weight', (2, 4)), bias)
net('shape', 'expected shape 2x3', text(affine), floats('weight', (3, 2)), bias)
net('more', 'has an entry "extra"', text(affine), weight, bias, floats('extra', (1,)))
net('bytes', 'expected numbers', text(affine), weight, entry(b'bias.npy', npy("'|S4'", '(2,)')))
net('object', "type '|O'", text(affine), weight, entry(b'bias.npy', npy("'|O'", '(2,)')))
net('large', 'too large for', text(affine), weight, floats('bias', (2,), [1, -1e200], "'<f8'", 'd'))
net('checksum', 'its checksum is', text(affine), weight, dict(bias, crc=1))
net('twice', "two entries are named 'bias.npy'", text(affine), weight, bias, bias)

# A small file that asks for a large net: parameters that it does not hold, activations that nobody
# holds.
net('parameters', 'needs one of shape 1000000x1000000',
    text(head + 'input 1000000\naffine out=1000000\n'))
net('activations', '.memory_limit allows', text(head + 'input 1x60000x60000\nrelu\n'))
net('planes', '.memory_limit allows',
    text(head + 'input 1x64x64\nsequential {\n%sconv2d out=1 kernel=1,1 name=c\n}\n'
         % ('zero_pad2d pad=999,999,999,999\n' * 20)),
    floats('c.weight', (1, 1, 1, 1)), floats('c.bias', (1,)))
net('unreachable', '.memory_limit allows', text(head + 'input 281474976710656\nrelu\n'))
net('grown', '.memory_limit allows',
    text(head + 'input 1x65536x65536x65536\nsequential {\nflatten\n%s}\n'
         % ('reshape shape=65536x65536x65536\n' * 3)))
net('layers', 'more than 20000 layers',
    packed(text(head + 'input 1\nsequential {\n' + 'relu\n' * 30000 + '}\n')))
net('calls', 'a net of more than 10000 layers',
    packed(text(head + 'input 1\nsequential {\n' + ('sequential {\n' + 'relu\n' * 6000 + '}\n') * 2
                + '}\n')))
net('deep', 'nested more than 64 deep',
    packed(text(head + 'input 1\n' + 'sequential {\n' * 100000)))
net('path', 'has more than 512 characters',
    text(head + 'input 1\n'
         + ''.join('sequential name=%s {\n' % ('abcdefgh' * 7) for _ in range(12)) + 'relu\n'
         + '}\n' * 12))
net('names', 'two parameters are named "a.',
    text(head + 'input 3\nsequential {\naffine out=3 name=a\naffine out=3 name=a\n}\n'))


def architecture(name, words, value):
    make.put(name + '.architecture', value.encode('latin-1'), words)


architecture('empty', '""; expected lamina-architecture', '')
architecture('nonsense', '"nonsense"; expected lamina-architecture', 'nonsense')
architecture('head_alone', 'version ""; expected 1', 'lamina-architecture')
architecture('no_input', 'expected a line "input"', head)
architecture('input_zero', 'the input is "0x3"', head + 'input 0x3\nrelu\n')
architecture('input_long', 'the input is "1x1x1x1x1"', head + 'input 1x1x1x1x1\nrelu\n')
architecture('input_huge', 'the input is "99999999999999999999"',
             head + 'input 99999999999999999999\nrelu\n')
architecture('input_negative', 'the input is "-4"', head + 'input -4\nrelu\n')
architecture('no_layer', 'expected a layer', head + 'input 4\n')
architecture('unknown', 'line 3: unknown layer "swish"', head + 'input 4\nswish\n')
architecture('private', 'unknown layer "relayout"', head + 'input 4\nrelayout\n')
architecture('control', r'unknown layer "relu\x01"', head + 'input 4\nrelu\x01\n')
architecture('control_name', r'option name is "\x1b]0;title\x07"',
             head + 'input 4\naffine out=3 name=\033]0;title\007\n')
architecture('control_option', r'affine has no option \x1b[2J',
             head + 'input 4\naffine \033[2J=1 out=3\n')
architecture('control_value', r'affine has out=3\x0d\xff; expected',
             head + 'input 4\naffine out=3\r\xff init=zeros\n')
architecture('control_head', r'version "1\x08"; expected 1', head[:-1] + '\b\n')
architecture('control_input', r'the input is "\xc2\x9b4"', head + 'input \xc2\x9b4\n')
architecture('long_word', 'unknown layer "', head + 'input 4\n' + 'a' * 1000 + '\n')
architecture('no_value', '"out" behind affine; expected option=value',
             head + 'input 4\naffine out\n')
architecture('no_option', 'affine has no option depth', head + 'input 4\naffine out=3 depth=2\n')
architecture('option_twice', 'affine has the option out twice',
             head + 'input 4\naffine out=3 out=2\n')
architecture('name_twice', 'affine has two names', head + 'input 4\naffine out=3 name=a name=b\n')
architecture('name_empty', 'affine has an empty name', head + 'input 4\naffine out=3 name=\n')
architecture('name_path', 'option name is "a/b"', head + 'input 4\naffine out=3 name=a/b\n')
architecture('name_parent', 'option name is ".."', head + 'input 4\naffine out=3 name=..\n')
architecture('name_long', 'option name has 65 characters',
             head + 'input 4\naffine out=3 name=%s\n' % ('a' * 65))
architecture('value_list', 'affine has out=3,3; expected a whole number',
             head + 'input 4\naffine out=3,3\n')
architecture('value_real', 'affine has out=3.5; expected a whole number',
             head + 'input 4\naffine out=3.5\n')
architecture('value_hex', 'affine has out=0x10; expected a whole number',
             head + 'input 4\naffine out=0x10\n')
architecture('value_huge', 'affine has out=99999999999; expected a whole number',
             head + 'input 4\naffine out=99999999999\n')
architecture('value_negative', 'option out is -3', head + 'input 4\naffine out=-3\n')
architecture('value_pair', 'expected two whole numbers',
             head + 'input 1x4x4\nconv2d out=1 kernel=3\n')
architecture('value_bool', 'expected true', head + 'input 4\naffine out=3 no_bias=yes\n')
architecture('value_nan', 'option slope is nan; expected a finite number',
             head + 'input 4\nleaky_relu slope=nan\n')
architecture('value_choice', 'expected one of', head + 'input 4\naffine out=3 init=best\n')
architecture('value_shape', 'expected a shape', head + 'input 4\nreshape shape=2x0\n')
architecture('value_many', 'expected up to 16 numbers',
             head + 'input 1x4x4\nstandardize mean=%s std=1\n' % ','.join(['1'] * 17))
architecture('no_end', 'the text ends inside sequential; expected }',
             head + 'input 4\nsequential {\nrelu\n')
architecture('brace_text', '"relu" behind {; expected the end of the line',
             head + 'input 4\nsequential { relu\n}\n')
architecture('no_children', 'sequential: 0 layers; expected 1 to',
             head + 'input 4\nsequential {\n}\n')
architecture('children', 'relu: 1 layers; expected 0 to 0', head + 'input 4\nrelu {\nrelu\n}\n')
architecture('behind', 'text behind the last layer', head + 'input 4\nrelu\nrelu\n')
architecture('deep', 'nested more than 64 deep', head + 'input 4\n' + 'sequential {\n' * 100)


def params(name, words, *entries):
    make.put(name + '.params.npz', archive(*entries), words)


params('missing', 'has no entry "0.bias"', floats('0.weight', (2, 3)))
params('shape', 'expected shape 2x3', floats('0.weight', (3, 2)), floats('0.bias', (2,)))
params('rank', 'expected shape 2x3', floats('0.weight', (2, 3, 1)), floats('0.bias', (2,)))
params('more', 'has an entry "1.weight"', floats('0.weight', (2, 3)), floats('0.bias', (2,)),
       floats('1.weight', (2, 3)))
params('bytes', 'expected numbers', floats('0.weight', (2, 3)),
       entry(b'0.bias.npy', npy("'|S4'", '(2,)')))
params('complex', "type '<c8'", floats('0.weight', (2, 3)),
       entry(b'0.bias.npy', npy("'<c8'", '(1,)')))
params('large', 'too large for', floats('0.weight', (2, 3)),
       floats('0.bias', (2,), [1, 1e39], "'<f8'", 'd'))
params('checksum', 'its checksum is', floats('0.weight', (2, 3)),
       dict(floats('0.bias', (2,)), crc=1))
params('format', 'is of format 7', floats('0.weight', (2, 3)), floats('0.bias', (2,)),
       entry(b'format.npy', npy("'<i8'", '()', data=struct.pack('<q', 7))))

model = head + 'input 3\nsequential {\n\taffine out=2\n\tsoftmax_cross_entropy\n}\n'
whole = (floats('0.weight', (2, 3)), floats('0.bias', (2,)))


def run(name, words, *entries):
    make.put(name + '.run.npz', archive(*entries), words)


run('alone', 'holds a net alone', text(model), *whole)
run('other', 'its line 4 is "affine out=4"; expected "affine out=2"',
    text(model.replace('=2', '=4')), *whole)
run('control', r'its line 4 is "affine out=2\x1b[31m"; expected "affine out=2"',
    text(model.replace('=2', '=2\033[31m')), *whole)
run('none', 'has no entry "architecture"', *whole)
run('format', 'is of format 9', text(model), *whole,
    entry(b'format.npy', npy("'<i8'", '()', data=struct.pack('<q', 9))))
run('kind', 'expected integers', text(model), *whole, floats('training/rule', ()))
run('count', 'expected 1', text(model), *whole,
    entry(b'training/rule.npy', npy("'<i8'", '(2,)', data=bytes(16))))
run('parts', 'expected a checkpoint of lam_fit', text(model), *whole,
    entry(b'training/rule.npy', npy("'<i8'", '()', data=bytes(8))))

with open(os.path.join(make.here, 'nets.txt'), 'w') as file:
    file.writelines(make.rows)
