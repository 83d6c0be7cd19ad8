"""What was computed for an inference, as a message."""

from service.grpc.inference_pb2 import InferTensorContents, ModelInferResponse
from service.v2 import tensors
from service.v2.inference import Answer


def write(answer: Answer) -> ModelInferResponse:
    """Write what was computed: in the bytes of tensors when they came so, else in the outputs' contents."""
    message = ModelInferResponse(
        model_name=answer.model.name, model_version=answer.model.version, id=answer.id
    )
    for one, tensor in zip(answer.asked, answer.tensors, strict=True):
        output = message.outputs.add(
            name=one.output.name, datatype=tensors.datatype(tensor), shape=tensor.shape
        )
        if one.form.binary:
            message.raw_output_contents.append(tensors.to_bytes(tensor))
        elif tensor.dtype == object:
            output.contents.CopyFrom(InferTensorContents(bytes_contents=tensor.ravel().tolist()))
        else:
            output.contents.CopyFrom(InferTensorContents(fp32_contents=tensor.ravel().tolist()))
    return message
