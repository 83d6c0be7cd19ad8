"""Activation functions, as the nodes that end an operation's graph."""

from dataclasses import replace
from typing import Literal

from service.engine.graphs import Node

Activation = Literal["identity", "relu", "leaky_relu", "tanh", "lenet_tanh", "sigmoid", "softplus"]

_OPERATORS: dict[Activation, str] = {
    "relu": "Relu",
    "leaky_relu": "LeakyRelu",
    "tanh": "Tanh",
    "sigmoid": "Sigmoid",
    "softplus": "Softplus",
}

LEAK = 0.01
"""Slope of the leaky ReLU below zero, as torch and ONNX have it."""

AMPLITUDE, STEEPNESS = 1.7159, 2 / 3
"""LeNet-5's own tangent: ``f(1) = 1`` and ``f(-1) = -1`` (LeCun et al. 1998, appendix A)."""


def ended(node: Node, activation: Activation) -> tuple[Node, ...]:
    """End a graph with an activation of what ``node`` names ``output``; identity costs nothing."""
    if activation == "identity":
        return (node,)
    linear = replace(node, outputs=("linear", *node.outputs[1:]))
    if activation == "lenet_tanh":
        return (
            linear,
            Node("Constant", (), ("steepness",), (("value_float", STEEPNESS),)),
            Node("Constant", (), ("amplitude",), (("value_float", AMPLITUDE),)),
            Node("Mul", ("linear", "steepness"), ("steep",)),
            Node("Tanh", ("steep",), ("tangent",)),
            Node("Mul", ("tangent", "amplitude"), ("output",)),
        )
    attributes = (("alpha", LEAK),) if activation == "leaky_relu" else ()
    return (linear, Node(_OPERATORS[activation], ("linear",), ("output",), attributes))
