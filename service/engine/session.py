"""A network loaded into ONNX Runtime on the device asked for; the only importer of onnxruntime."""

import ctypes
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import onnxruntime as ort

from service.errors import DeviceError, ModelError

Array = npt.NDArray[Any]
Device = Literal["auto", "cpu", "cuda"]

CPU = "CPUExecutionProvider"
CUDA = "CUDAExecutionProvider"

VERSION: str = ort.__version__
"""Of ONNX Runtime."""

_FATAL = 4
"""ONNX Runtime's log level: its errors reach us as exceptions, so that nothing else need be printed."""


@dataclass(frozen=True)
class Provider:
    """
    An execution provider of ONNX Runtime, and how it wants to be used.

    Attributes:
        name: ONNX Runtime's name for it.
        needs: What it needs of a machine, in words.
        may_work: Tells whether asking for it is worth it: where it cannot work, asking prints errors.
        prepare: Called before a session asks for it.
        options: ONNX Runtime's, for a session.
        arena: Its memory, as ONNX Runtime names it, when its arena gives back what it holds only if asked.
        any_batch: Runs batches of any size at once; else it prepares for each size anew, so that they are
            powers of two, each of which is run before it is needed.
        in_place: A run is short and may stand on the event loop: nothing has to be sent to a device.
        map_batch: Images of one run of a network whose maps are large. What a run takes is kept from run to
            run, on a processor 0.4 MiB for each image of the packaged one, and 8 are as quick as 64 there.
    """

    name: str
    needs: str
    may_work: Callable[[], bool]
    prepare: Callable[[], None] = lambda: None
    options: Mapping[str, str] = field(default_factory=dict)
    arena: str = ""
    any_batch: bool = True
    in_place: bool = True
    map_batch: int = 64

    def batch_sizes(self, most: int) -> list[int]:
        """Give the sizes of batches to run before the first request, up to the largest there will be."""
        return [1, most] if self.any_batch else [1 << power for power in range(most.bit_length())]


def _cuda_may_work() -> bool:
    """Tell whether this build knows CUDA and NVIDIA's driver is here."""
    try:
        ctypes.CDLL("libcuda.so.1")
    except OSError:
        return False
    return CUDA in ort.get_available_providers()


PROVIDERS: dict[str, Provider] = {
    "cuda": Provider(
        CUDA,
        needs="an NVIDIA GPU, driver R580 or newer, and CUDA 13 with cuDNN 9 (the extra 'cuda' brings both)",
        may_work=_cuda_may_work,
        prepare=ort.preload_dlls,
        options={
            # The default searches every algorithm for every new batch size: half a second each.
            "cudnn_conv_algo_search": "HEURISTIC",
            # Grow by what is needed, not by doubling.
            "arena_extend_strategy": "kSameAsRequested",
            # TF32 keeps 10 bits of a product: whole numbers would come out broken.
            "use_tf32": "0",
        },
        arena="gpu:0",
        any_batch=False,
        in_place=False,
    ),
    "cpu": Provider(CPU, needs="nothing", may_work=lambda: True, map_batch=8),
}
"""By what ``LENET_DEVICE`` calls them; ``auto`` takes the first that works."""


class Session:
    """
    One loaded network.

    Safe to run from several threads at a time; ``run`` releases the interpreter.

    Attributes:
        provider: The execution provider really in use, such as ``CPUExecutionProvider``.
        traits: How that wants to be used.
        inputs: Name to ``(datatype, shape)``; a symbolic size is None.
        outputs: The same of the outputs, in the order of the graph.
        metadata: The texts that travel in the file.
    """

    def __init__(self, model: bytes, *, device: Device, threads: int, arena: bool = True) -> None:
        """
        Load a network.

        Args:
            model: An ONNX file's bytes. Bytes, not a path: a file replaced later changes nothing here.
            device: A key of ``PROVIDERS``, or ``auto``.
            threads: Threads to compute on, at least 1.
            arena: Whether memory is kept from run to run, for this and all other sessions that keep it:
                fast for shapes that return, but the largest shape that ever came is kept for ever.

        Raises:
            ModelError: The bytes are no network that ONNX Runtime can run.
            DeviceError: The device that was asked for cannot be had.
        """
        self._session = _open(model, device, _options(threads, arena=arena))
        # What was asked for and what is available say nothing: a session falls back in silence.
        self.provider: str = self._session.get_providers()[0]
        self.traits = next(row for row in PROVIDERS.values() if row.name == self.provider)
        if device != "auto" and self.traits is not PROVIDERS[device]:
            message = (
                f"LENET_DEVICE is {device}, but ONNX Runtime could not get it here: it needs"
                f" {PROVIDERS[device].needs}"
            )
            raise DeviceError(message)
        self._run_options = _run_options(self.traits, arena=arena)
        self.inputs = _signature(self._session.get_inputs())
        self.outputs = _signature(self._session.get_outputs())
        self.metadata: Mapping[str, str] = dict(self._session.get_modelmeta().custom_metadata_map)

    def run(self, outputs: Sequence[str], inputs: Mapping[str, Array]) -> list[Array]:
        """Compute the named outputs of a batch."""
        results: list[Array] = self._session.run(list(outputs), dict(inputs))
        return results

    def run_batch(self, outputs: Sequence[str], name: str, batch: Array) -> list[Array]:
        """
        Compute the named outputs of a batch of any size, by a size that was run before where that matters.

        Args:
            outputs: Their names; each has the batch as its first axis.
            name: Of the one input.
            batch: Its value.
        """
        number = len(batch)
        if self.traits.any_batch:
            return self.run(outputs, {name: batch})
        # A few sizes are enough, and all are warm: the power of two that is not below.
        room = np.zeros(((1 << (number - 1).bit_length()) - number, *batch.shape[1:]), batch.dtype)
        return [output[:number] for output in self.run(outputs, {name: np.concatenate([batch, room])})]

    def run_into(self, outputs: Mapping[str, Array], inputs: Mapping[str, Array]) -> None:
        """
        Compute into arrays whose shapes are known: no copy, and NumPy's large arrays have large pages.

        Args:
            outputs: Arrays in C order, of the very shape and dtype that the network gives.
            inputs: Arrays in C order.
        """
        binding = self._session.io_binding()
        for name, array in inputs.items():
            binding.bind_cpu_input(name, array)
        for name, array in outputs.items():
            binding.bind_output(name, "cpu", 0, array.dtype, array.shape, array.ctypes.data)
        self._session.run_with_iobinding(binding, self._run_options)


def _options(threads: int, *, arena: bool) -> ort.SessionOptions:
    options = ort.SessionOptions()
    options.enable_cpu_mem_arena = arena
    options.enable_mem_pattern = arena
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    # Spinning threads burn a processor between requests that others here need.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = _FATAL
    if arena:
        _make_arena()
        options.add_session_config_entry("session.use_env_allocators", "1")
    return options


@cache
def _make_arena() -> None:
    """Make one arena of the processor's memory for all sessions: one each would keep its largest run's."""
    memory = ort.OrtMemoryInfo("Cpu", ort.OrtAllocatorType.ORT_ARENA_ALLOCATOR, 0, ort.OrtMemType.DEFAULT)
    ort.create_and_register_allocator(memory, None)


def _run_options(provider: Provider, *, arena: bool) -> ort.RunOptions:
    options = ort.RunOptions()
    if provider.arena and not arena:
        options.add_run_config_entry("memory.enable_memory_arena_shrinkage", provider.arena)
    return options


def _open(model: bytes, device: Device, options: ort.SessionOptions) -> ort.InferenceSession:
    asked = [row for name, row in PROVIDERS.items() if device in {"auto", name} and row.may_work()]
    for row in asked:
        row.prepare()
    providers = {**{row.name: dict(row.options) for row in asked}, CPU: {}}
    try:
        return ort.InferenceSession(model, options, providers=list(providers.items()))
    except Exception as error:  # noqa: BLE001  ONNX Runtime has a class for each kind of bad model, none public.
        message = f"ONNX Runtime cannot load the network: {str(error).splitlines()[0]}"
        raise ModelError(message) from None


def _signature(nodes: Sequence[Any]) -> dict[str, tuple[str, tuple[int | None, ...]]]:
    return {
        node.name: (
            node.type.removeprefix("tensor(").removesuffix(")"),
            tuple(size if isinstance(size, int) else None for size in node.shape),
        )
        for node in nodes
    }
