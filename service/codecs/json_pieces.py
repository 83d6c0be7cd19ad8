"""
Large JSON, parsed piece by piece, so that nothing holds the interpreter for long.

A body is cut at its commas, and what is between two of them is parsed by orjson in brackets of its own.
Whoever joins valid pieces by commas, none of them empty, has valid JSON, wherever it was cut: so orjson alone
decides what is valid.
"""

from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any, NamedTuple, NoReturn, TypeVar

import numpy as np
import numpy.typing as npt
import orjson

from service.codecs import json_mistakes, json_numbers
from service.codecs.json_marks import COMMA, NOT_NUMERIC, STEPS, Marks
from service.errors import TooLargeError

Value = TypeVar("Value")


class _Container(NamedTuple):
    """
    A list or an object.

    Attributes:
        opening: Its first bracket.
        closing: Its last bracket.
        name: What stands before a value in it.
    """

    opening: bytes
    closing: bytes
    name: bytes


_CONTAINERS = {ord("["): _Container(b"[", b"]", b""), ord("{"): _Container(b"{", b"}", b'"":')}


class _Piece(NamedTuple):
    """
    Neighbours in a list or an object.

    Attributes:
        start: The first byte of the first of them.
        end: The byte behind the last: a comma, or a closing bracket.
        marks: Those in it.
        child: The mark of the bracket of the only one, when that is to be cut in its turn.
        alone: It has no neighbours, and so may have nothing in it.
    """

    start: int
    end: int
    marks: slice
    child: int | None
    alone: bool


class Pieces:
    """A body that is parsed piece by piece."""

    def __init__(self, body: bytes, marks: Marks, *, max_values: int, piece_bytes: int) -> None:
        """
        Take a body.

        Args:
            body: JSON, perhaps.
            marks: Those of it.
            max_values: Most values that are in no array of numbers.
            piece_bytes: Most bytes to parse at once, unless one text, number or stretch of space has more.
        """
        self._body = body
        self._places, self._levels, self._kinds = marks
        self._not_numeric = np.flatnonzero(NOT_NUMERIC[self._kinds])
        self._max_values = max_values
        self._values = 0
        # Half of it, and then a neighbour that is no larger.
        self._half = max(1, piece_bytes // 2)
        # Lists and objects with more are pieces of their own, and such lists of numbers become arrays.
        self._most_marks = piece_bytes // 64

    def parse(self) -> Any:  # noqa: ANN401  JSON is any of six types
        """
        Parse the body.

        Raises:
            SyntaxRefusedError: It is no JSON.
            TooLargeError: It has too many values that are in no array of numbers.
        """
        if self._kinds[0] not in _CONTAINERS:
            # One text, one number, or no JSON.
            return self._loads(b"", slice(0, None), b"")
        self._loads(b"", slice(0, self._places[0]), b"[]")
        closing = self._closing(0, len(self._kinds) - 1)
        value = self._value(0, closing)
        self._loads(b"[]", slice(self._places[closing] + 1, None), b"")
        return value

    def _value(self, opening: int, closing: int) -> Any:  # noqa: ANN401
        """Parse a list or an object by the marks of its brackets."""
        if self._kinds[opening] == ord("{"):
            return self._object(opening, closing)
        if closing - opening <= self._most_marks or self._has_more_than_numbers(opening, closing):
            return self._list(opening, closing)
        array = self._array(opening, closing)
        if array is None:
            # Lists of different lengths: of no use to anybody here, but JSON.
            self._count(opening, slice(opening, closing))
            return self._loads(b"", slice(self._places[opening], self._places[closing] + 1), b"")
        return array

    def _list(self, opening: int, closing: int) -> list[Any]:
        found: list[Any] = []
        for piece in self._pieces(opening, closing, self._most_marks):
            if piece.child is None:
                self._count(opening, piece.marks)
                found += self._group(opening, piece)
            else:
                found.append(self._within(opening, piece, self._value)[1])
        self._check_closed(opening, closing, empty=not found)
        return found

    def _object(self, opening: int, closing: int) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for piece in self._pieces(opening, closing, self._most_marks):
            if piece.child is None:
                self._count(opening, piece.marks)
                found.update(self._group(opening, piece))
            else:
                (name,), value = self._within(opening, piece, self._value)
                found[name] = value
        self._check_closed(opening, closing, empty=not found)
        return found

    def _array(self, opening: int, closing: int) -> npt.NDArray[Any] | None:
        """Give a list of numbers, or of lists of them, as an array; None when their lengths differ."""
        found: list[npt.NDArray[Any]] = []
        for piece in self._pieces(opening, closing, len(self._kinds)):
            if piece.child is None:
                array = json_numbers.array_of(self._group(opening, piece))
            else:
                _, child = self._within(opening, piece, self._array)
                array = None if child is None else child[None]
            if array is None or (found and array.shape[1:] != found[0].shape[1:]):
                return None
            found.append(array)
        self._check_closed(opening, closing, empty=not len(found[0]))
        return np.concatenate(found)

    def _pieces(self, opening: int, closing: int, most_marks: int) -> Iterator[_Piece]:
        """Cut what stands between two brackets; what is large, or has many marks, is a piece by itself."""
        inside = slice(opening + 1, closing)
        commas = (self._kinds[inside] == COMMA) & (self._levels[inside] == self._levels[opening] + 1)
        bounds = np.concatenate([[opening], np.flatnonzero(commas) + opening + 1, [closing]])
        places = self._places[bounds]
        starts, ends = places[:-1] + 1, places[1:]
        large = (ends - starts > self._half) | (np.diff(bounds) > most_marks)
        halves = ends // self._half
        fresh = (halves[1:] != halves[:-1]) | large[1:] | large[:-1]
        cuts = [0, *(np.flatnonzero(fresh) + 1).tolist(), len(ends)]
        for first, behind in pairwise(cuts):
            marks = slice(int(bounds[first]) + 1, int(bounds[behind]))
            child = self._bracket(marks) if large[first] else None
            yield _Piece(int(starts[first]), int(ends[behind - 1]), marks, child, alone=len(ends) == 1)

    def _bracket(self, marks: slice) -> int | None:
        """Give the mark of the bracket with which a value begins; before it is at most a name."""
        kinds = self._kinds[marks][:2].tolist()
        return next((marks.start + index for index, kind in enumerate(kinds) if kind in _CONTAINERS), None)

    def _closing(self, opening: int, behind: int) -> int:
        """Give the mark of the bracket that closes another before a mark; that of the end when none does."""
        same = self._levels[opening + 1 : behind] == self._levels[opening]
        return opening + 1 + int(same.argmax()) if same.any() else len(self._kinds) - 1

    def _group(self, opening: int, piece: _Piece) -> Any:  # noqa: ANN401  a list or an object
        """Parse neighbours."""
        found = self._enclosed(opening, self._body[piece.start : piece.end])
        if found is None or not (found or piece.alone):
            self._refuse(opening, piece.start, piece.end)
        return found

    def _within(self, opening: int, piece: _Piece, parse: Callable[[int, int], Value]) -> tuple[Any, Value]:
        """Parse the only element of a piece; give what is around it, with an empty list for it, and it."""
        assert piece.child is not None  # noqa: S101  what it is for
        closing = self._closing(piece.child, piece.marks.stop)
        start, end = int(self._places[piece.child]), int(self._places[closing]) + 1
        around = self._enclosed(opening, self._body[piece.start : start], b"[]")
        if around is None:
            self._refuse(opening, piece.start, start)
        value = parse(piece.child, closing)
        stand_in = self._container(opening).name + b"[]"
        if end < piece.end and self._enclosed(opening, stand_in, self._body[end : piece.end]) is None:
            self._refuse(opening, end, piece.end, stand_in)
        return around, value

    def _enclosed(self, opening: int, *parts: bytes) -> Any:  # noqa: ANN401  a list, an object, or None
        """Parse elements in brackets like those they stand in; give None when that is no JSON."""
        container = self._container(opening)
        try:
            return orjson.loads(b"".join([container.opening, *parts, container.closing]))
        except orjson.JSONDecodeError:
            return None

    def _container(self, opening: int) -> _Container:
        return _CONTAINERS[int(self._kinds[opening])]

    def _has_more_than_numbers(self, opening: int, closing: int) -> bool:
        first, behind = np.searchsorted(self._not_numeric, [opening + 1, closing])
        return bool(first < behind)

    def _count(self, opening: int, marks: slice) -> None:
        """Count values before they are parsed: one more than there are commas and brackets that open."""
        kinds = self._kinds[marks]
        self._values += 1 + int(np.count_nonzero((kinds == COMMA) | (STEPS[kinds] > 0)))
        if self._values > self._max_values:
            line, column = json_mistakes.position(self._body, int(self._places[opening]))
            message = (
                f"the JSON has more than {self._max_values} values, too many of them in the list or object at"
                f" line {line}, column {column}; only numbers in lists of equal length may be more"
            )
            raise TooLargeError(message)

    def _check_closed(self, opening: int, closing: int, *, empty: bool) -> None:
        """Refuse a list that ends as an object, the reverse, and what does not end at all."""
        container = self._container(opening)
        if self._kinds[closing] != ord(container.closing):
            end = int(self._places[closing])
            self._refuse(opening, end, end, b"" if empty else container.name + b"0")

    def _loads(self, before: bytes, part: slice, after: bytes) -> Any:  # noqa: ANN401
        """Parse a part of the body that needs nothing else to be understood."""
        try:
            return orjson.loads(b"".join([before, self._body[part], after]))
        except orjson.JSONDecodeError as error:
            raise json_mistakes.part(self._body, error, int(part.start) - len(before)) from None

    def _refuse(self, opening: int, start: int, end: int, before: bytes | None = None) -> NoReturn:
        """
        Tell what is wrong between two bytes, as orjson would if it read all of the body.

        Args:
            opening: The mark of the bracket in which they stand.
            start: The first; what stands before it is valid.
            end: The last, with which it goes on behind them.
            before: What stands for the elements before them; one, unless they are the first.

        Raises:
            SyntaxRefusedError: Always.
        """
        kinds, levels = self._kinds[: opening + 1], self._levels[: opening + 1]
        opened = STEPS[kinds] > 0
        *outer, own = (
            _CONTAINERS[int(kinds[opened & (levels == level)][-1])] for level in range(levels[-1] + 1)
        )
        if before is None:
            before = b"" if start == self._places[opening] + 1 else own.name + b"0,"
        context = [*(one.opening + one.name for one in outer), own.opening, before]
        self._loads(b"".join(context), slice(start, end + 1), b"")
        raise AssertionError  # what was refused without its context is refused with it
