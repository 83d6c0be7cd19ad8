"""Each epoch's own view of the training images: geometry first, then pen and paper."""

from dataclasses import dataclass, replace
from typing import Self

import cv2
import numpy as np
import numpy.typing as npt

SIDE = 28
CENTRE = (SIDE - 1) / 2
COARSE = 7
"""Side of the grid of random displacements behind an elastic distortion."""


@dataclass(frozen=True)
class Augmentation:
    """
    Strengths of the distortions; each is drawn anew for every image.

    Affine and elastic distortions follow Simard, Steinkraus and Platt (ICDAR 2003). The
    photometric ones stand in for what preparation leaves of real paper: another pen, blur,
    weak contrast, grain and specks. They are rarer, so that MNIST itself stays the norm.

    Attributes:
        rotation_deg: Largest rotation to either side, degrees.
        scale: Smallest and largest magnification, drawn for each axis' common factor.
        aspect: Largest relative stretch of width against height.
        shear: Largest horizontal shear, pixels per pixel.
        shift_px: Largest shift on either axis, pixels.
        elastic_px: Standard deviation of the elastic displacement, pixels.
        pen_share: Share of images whose stroke is made thicker or thinner.
        paper_share: Share of images that are blurred, dimmed, made grainy or speckled, each.
    """

    rotation_deg: float = 15.0
    scale: tuple[float, float] = (0.85, 1.12)
    aspect: float = 0.12
    shear: float = 0.25
    shift_px: float = 2.5
    elastic_px: float = 0.9
    pen_share: float = 0.15
    paper_share: float = 0.08

    def gentler(self, strength: float) -> Self:
        """Give the same with a geometry of so much of its strength; pen and paper stay."""
        return replace(
            self,
            rotation_deg=self.rotation_deg * strength,
            scale=(1 + (self.scale[0] - 1) * strength, 1 + (self.scale[1] - 1) * strength),
            aspect=self.aspect * strength,
            shear=self.shear * strength,
            shift_px=self.shift_px * strength,
            elastic_px=self.elastic_px * strength,
        )

    def __call__(self, images: npt.NDArray[np.uint8], random: np.random.Generator) -> npt.NDArray[np.uint8]:
        """Distort images, ``(number, 28, 28)`` uint8 0..255, light on black, into as many new ones."""
        warped = _warp(images, *self._maps(len(images), random))
        return self._paper(self._pen(warped, random), random)

    def _maps(self, number: int, random: np.random.Generator) -> tuple[npt.NDArray[np.float32], ...]:
        """Draw, for each target pixel, the source position: ``(number, 28, 28)`` columns and rows."""
        angle = np.deg2rad(random.uniform(-self.rotation_deg, self.rotation_deg, number))
        scale = random.uniform(*self.scale, number)
        stretch = np.exp(random.uniform(-self.aspect, self.aspect, number) / 2)
        shear = random.uniform(-self.shear, self.shear, number)
        shift = random.uniform(-self.shift_px, self.shift_px, (2, number, 1, 1)).astype(np.float32)
        cos, sin = np.cos(angle), np.sin(angle)
        # Target to source: the inverse of shear, stretch, scale and rotation.
        to_x = np.stack([cos, sin]) / (scale * stretch)
        to_y = np.stack([-sin, cos]) / (scale / stretch)
        to_x += shear * to_y
        to_x, to_y = to_x.astype(np.float32), to_y.astype(np.float32)
        offset = np.arange(SIDE, dtype=np.float32) - np.float32(CENTRE)
        rows, columns = offset[None, :, None], offset[None, None, :]
        bend = np.float32(self.elastic_px) * _smooth_fields(random, 2 * number).reshape(2, number, SIDE, SIDE)
        move = bend + shift + np.float32(CENTRE)
        x = to_x[0, :, None, None] * columns + to_x[1, :, None, None] * rows + move[0]
        y = to_y[0, :, None, None] * columns + to_y[1, :, None, None] * rows + move[1]
        return x, y

    def _pen(self, images: npt.NDArray[np.uint8], random: np.random.Generator) -> npt.NDArray[np.uint8]:
        """Blend some images with their dilation (a thicker pen) or erosion (a thinner one)."""
        cross = cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3))
        for index in np.flatnonzero(random.random(len(images)) < self.pen_share):
            change = cv2.dilate if random.random() < 0.5 else cv2.erode
            strength = random.uniform(0.3, 1.0)
            images[index] = cv2.addWeighted(
                change(images[index], cross), strength, images[index], 1 - strength, 0
            )
        return images

    def _paper(self, images: npt.NDArray[np.uint8], random: np.random.Generator) -> npt.NDArray[np.uint8]:
        """Blur, dim or harden, roughen and speckle some of the images."""
        for index in np.flatnonzero(random.random(len(images)) < self.paper_share):
            images[index] = cv2.GaussianBlur(images[index], (5, 5), random.uniform(0.4, 1.1))
        for index in np.flatnonzero(random.random(len(images)) < self.paper_share):
            tone = (images[index] / 255.0) ** np.exp(random.uniform(-0.9, 0.9))
            images[index] = (255 * random.uniform(0.6, 1.0) * tone).astype(np.uint8)
        for index in np.flatnonzero(random.random(len(images)) < self.paper_share):
            grain = random.normal(0, random.uniform(4, 30), (SIDE, SIDE))
            images[index] = np.clip(images[index] + grain, 0, 255).astype(np.uint8)
        for index in np.flatnonzero(random.random(len(images)) < self.paper_share):
            row, column = random.integers(0, SIDE, 2)
            height, width = random.integers(1, 5, 2)
            images[index, row : row + height, column : column + width] = random.integers(0, 256)
        return images


def _warp(
    images: npt.NDArray[np.uint8], x: npt.NDArray[np.float32], y: npt.NDArray[np.float32]
) -> npt.NDArray[np.uint8]:
    return np.stack(
        [
            np.asarray(cv2.remap(image, columns, rows, cv2.INTER_LINEAR), np.uint8)
            for image, columns, rows in zip(images, x, y, strict=True)
        ]
    )


def _smooth_fields(random: np.random.Generator, number: int) -> npt.NDArray[np.float32]:
    """Draw smooth random fields, ``(number, 28, 28)``, of about unit standard deviation."""
    position = np.linspace(0, COARSE - 1, SIDE)[:, None] - np.arange(COARSE)
    spread = np.exp(-(position**2) / 2)
    spread /= np.sqrt((spread**2).sum(axis=1, keepdims=True))
    spread = spread.astype(np.float32)
    return spread @ random.standard_normal((number, COARSE, COARSE), dtype=np.float32) @ spread.T
