"""A client gets the form of answer that it says it likes best (RFC 9110, 12.5.1)."""

import pytest

from service.errors import NotAcceptableError
from service.http.negotiation import accepted

OFFERED = ("application/json", "application/x-npz", "image/png")


@pytest.mark.parametrize(
    ("headers", "form"),
    [
        ((), "application/json"),
        (("",), "application/json"),
        (("*/*",), "application/json"),
        (("application/*",), "application/json"),
        (("image/*",), "image/png"),
        (("IMAGE/PNG",), "image/png"),
        (("image/avif,image/webp,image/png,*/*;q=0.8",), "image/png"),
        (("text/html,application/xml;q=0.9,*/*;q=0.8",), "application/json"),
        (("application/json;q=0.5, image/png;q=0.6",), "image/png"),
        (("application/json;q=0, */*",), "application/x-npz"),
        (("text/html", "image/png"), "image/png"),
        (("application/json;charset=utf-8",), "application/json"),
        (("application/json;q=2, image/png;q=0.1",), "image/png"),
        (("application/json;q=nan, image/png",), "image/png"),
    ],
)
def test_the_form_of_most_weight_is_chosen(headers: tuple[str, ...], form: str) -> None:
    assert accepted(", ".join(headers), OFFERED) == form


@pytest.mark.parametrize(
    "header", ["text/html", "*/*;q=0", "image/png;q=0.0", "png", ",", ";", "text/html," * 5_000]
)
def test_a_client_that_takes_nothing_of_it_is_told_what_there_is(header: str) -> None:
    with pytest.raises(NotAcceptableError, match="application/json or application/x-npz or image/png"):
        accepted(header, OFFERED)
