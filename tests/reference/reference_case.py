# SPDX-License-Identifier: MIT
"""Writes cases of reference.txt, for make_reference.py.

A case of the file is

    case NAME
    option WORD NUMBER ...          as the battery's table of options names them
    array NAME COUNT                x w0 w1 s0 s1 t y dy dx dw0 dw1 after0 after1 eval loss
                                    eval_dx eval_dw0 eval_dw1
    NUMBER ...
    end

with arrays row-major: x the input, w the parameters, s the states (running statistics) before and
`after` the training forward, t the targets, y the output of training (a loss: of evaluation), eval
that of evaluation afterwards. Where evaluation has other gradients (layers with states), eval_dx
and eval_dw are those of evaluation, for the same dy."""

import collections
import zlib

import torch

torch.set_num_threads(1)
torch.set_default_dtype(torch.float64)


def coarse(*shape, low=-32, high=32):
    """Multiples of 1/16, so that they are short, and exact in float."""
    return torch.randint(low, high + 1, shape).double() / 16


def given(*shape, scale=1, **bounds):
    """As coarse(), once the case has begun."""
    return lambda: scale * coarse(*shape, **bounds)


def wide():
    """For activations: small and large numbers, and 0."""
    x = torch.cat([coarse(40),
                   torch.tensor([0.0, 0.0, 20.0, -20.0, 100.0, -100.0, 1e-3, -1e-3])])
    return (x + 0.0).reshape(2, 2, 3, 4)


seen = collections.Counter()


def seed(name):
    """Begins the random numbers of the next case of this name."""
    torch.manual_seed(zlib.crc32(f"{name} {seen[name]}".encode()))
    seen[name] += 1


def put(name, values):
    values = values.detach().double().reshape(-1).tolist()
    print("array", name, len(values))
    for i in range(0, len(values), 8):
        print(*(f"{v:.15g}" for v in values[i:i + 8]))


def begin(name, x, options):
    print("case", name)
    print("option batch", x.shape[0])
    print("option in", *x.shape[1:])
    for word, value in options.items():
        print("option", word, *(value if isinstance(value, tuple) else (value,)))


def layer(name, module, x, **options):
    """A layer with parameters, states and an output gradient; x makes its input."""
    seed(name)
    x = x()
    for p in module.parameters():
        p.data = coarse(*p.shape)
    states = [b for b in module.buffers() if b.dim() == 1]
    for k, b in enumerate(states):
        b.copy_(coarse(*b.shape, low=1 if k else -32))
    begin(name, x, options)
    put("x", x)
    for k, p in enumerate(module.parameters()):
        put(f"w{k}", p)
    for k, b in enumerate(states):
        put(f"s{k}", b)
    x.requires_grad_()
    module.train()
    y = module(x)
    dy = coarse(*y.shape)
    y.backward(dy)
    put("y", y)
    put("dy", dy)
    put("dx", x.grad)
    for k, p in enumerate(module.parameters()):
        put(f"dw{k}", p.grad)
    for k, b in enumerate(states):
        put(f"after{k}", b)
    module.eval()
    y = module(x)
    put("eval", y)
    if states:
        module.zero_grad()
        x.grad = None
        y.backward(dy)
        put("eval_dx", x.grad)
        for k, p in enumerate(module.parameters()):
            put(f"eval_dw{k}", p.grad)
    print("end")


def loss(name, function, activation, make, **options):
    """A loss; make gives its input and its targets."""
    seed(name)
    x, targets = make()
    begin(name, x, options)
    put("x", x)
    put("t", targets)
    x = x.clone().requires_grad_()
    value = function(x, targets)
    value.backward()
    put("y", activation(x))
    put("loss", value)
    put("dx", x.grad)
    print("end")
