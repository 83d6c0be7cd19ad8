"""Pixels to picture files."""

import base64

import cv2

from service.images.decoding import Pixels


def png(pixels: Pixels) -> bytes:
    """Encode ``(height, width)`` grey or ``(height, width, 3)`` RGB, uint8, without loss."""
    ordered = pixels if pixels.ndim == 2 else cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR)
    return cv2.imencode(".png", ordered)[1].tobytes()


def data_url(file: bytes, media_type: str = "image/png") -> str:
    """Write a file as a URL that carries it (RFC 2397)."""
    return f"data:{media_type};base64,{base64.b64encode(file).decode()}"
