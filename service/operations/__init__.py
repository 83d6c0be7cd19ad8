"""Standalone operations: adding one is a file here and a line in this table."""

from collections.abc import Mapping

from service.operations import convolution, pooling
from service.operations.operation import Operation

OPERATIONS: Mapping[str, Operation] = {
    operation.name: operation
    for operation in (
        convolution.OPERATION,
        pooling.OPERATION,
    )
}
