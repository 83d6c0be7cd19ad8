"""The four ways to send pictures, as the OpenAPI document shows them."""

from typing import Any

from service.http import arrays, payloads

SEVEN_PNG = (
    "iVBORw0KGgoAAAANSUhEUgAAABwAAAAcCAAAAABXZoBIAAAAsElEQVQoz2NgGBmAEYnJJiiroKAkL6fS0YCipvr6g+fvvv+Hgleo"
    "Bjz8jwx6UI1V9xPjY/n54fmzp9+Pcn9Xe4LDEV3///fjcqDEl/8fRXFJTvv/vw6XnNav/094cElu+v8/Cpecxb//hxlxSa7//9cM"
    "l5zs7/+bcAZ04f//djglD/2/zYRLTujX/xacGkP+/zdgwB06t1H9gWyHM9ArOK38+98CVYQFwfy09e0pVEkAq69TpXy3KkEAAAAA"
    "SUVORK5CYII="
)
"""A seven drawn by the project, as a 28x28 PNG in base64."""

_FILE = {"schema": {"type": "string", "format": "binary"}}
_BASE64 = {"type": "string", "description": "A picture file in base64, or as a data URL."}
_ROW = {"type": "array", "items": {"type": "integer", "minimum": 0, "maximum": 255}}
_PIXELS = {
    "type": "array",
    "description": "Grey: (height, width), (height, width, 3), or (number, 28, 28).",
    "items": {"anyOf": [_ROW, {"type": "array", "items": {"anyOf": [_ROW, {"type": "array"}]}}]},
}


def _object_of(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "required": [name], "properties": {name: schema}, "additionalProperties": False}


REQUEST_BODY: dict[str, Any] = {
    "required": True,
    "description": (
        "Pictures, in one of four forms that give the same answer: a file as it is; a form of files; JSON"
        " with base64 or grey levels; an array in NumPy's .npy format."
    ),
    "content": {
        payloads.FORM: {
            "schema": {
                "type": "object",
                "properties": {
                    "image": {
                        "type": "array",
                        "items": {"type": "string", "format": "binary"},
                        "maxItems": 64,
                    }
                },
                "required": ["image"],
                "description": "`curl -F image=@seven.png URL/predict`; repeat the field for more pictures.",
            }
        },
        payloads.JSON: {
            "schema": {
                "oneOf": [
                    _object_of("image", _BASE64),
                    _object_of("images", {"type": "array", "items": _BASE64, "minItems": 1, "maxItems": 64}),
                    _object_of("pixels", _PIXELS),
                ]
            },
            "examples": {
                "image": {"summary": "One file in base64", "value": {"image": SEVEN_PNG}},
                "images": {
                    "summary": "Several",
                    "value": {"images": [f"data:image/png;base64,{SEVEN_PNG}"] * 2},
                },
                "pixels": {
                    "summary": "Grey levels",
                    "value": {"pixels": [[0, 255, 0], [0, 255, 0], [0, 255, 0]]},
                },
            },
        },
        arrays.MEDIA_TYPE: {
            "schema": {
                "type": "string",
                "format": "binary",
                "description": (
                    "`numpy.save` of uint8 0..255 or float32 0..1: (height, width), (height, width, 3)"
                    " or (number, 28, 28)."
                ),
            }
        },
        **dict.fromkeys(payloads.FILES, _FILE),
    },
}
"""The request body of every endpoint that takes pictures."""
