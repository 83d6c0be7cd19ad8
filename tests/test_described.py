"""Fields of models are described by the docstrings under them, as pydantic itself would do it."""

from typing import Any

import pytest
from pydantic import BaseModel, ConfigDict, Field

from service.described import Described


class Part(Described):
    """A part."""

    size: int
    """How large it is:
    in cells."""
    name: str
    other: int = Field(default=0, alias="else", description="As it says itself.")
    """Not this."""
    within: int = Field(default=1, alias="global")
    """Under another name."""


class Whole(Part):
    """A whole."""

    part: Part
    """A part of it."""
    parts: list[Part] | None = None
    name: str = ""
    """Only here."""


class PydanticPart(BaseModel):
    """A part."""

    model_config = ConfigDict(use_attribute_docstrings=True, title="Part")

    size: int
    """How large it is:
    in cells."""
    name: str
    other: int = Field(default=0, alias="else", description="As it says itself.")
    """Not this."""
    within: int = Field(default=1, alias="global")
    """Under another name."""


class PydanticWhole(PydanticPart):
    """A whole."""

    model_config = ConfigDict(title="Whole")

    part: PydanticPart
    """A part of it."""
    parts: list[PydanticPart] | None = None
    name: str = ""
    """Only here."""


@pytest.mark.parametrize("mode", ["validation", "serialization"])
def test_a_schema_is_the_one_that_pydantic_makes_of_docstrings(mode: Any) -> None:  # noqa: ANN401  one of two
    expected = str(PydanticWhole.model_json_schema(mode=mode)).replace("PydanticPart", "Part")

    assert str(Whole.model_json_schema(mode=mode)) == expected
    assert "in cells" in expected
    assert "Not this" not in expected
