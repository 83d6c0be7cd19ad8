"""What a page begins with: who is asked, what answers, and how it is measured."""

from collections.abc import Iterator, Sequence

from service.bench.arguments import Arguments
from service.bench.introduction import Introduction
from service.bench.pictures import Picture
from service.bench.style import Style


def lines(
    address: str,
    arguments: Arguments,
    introduction: Introduction,
    pictures: Sequence[Picture],
    style: Style,
) -> Iterator[str]:
    """Set the heading, a line at a time."""
    reading = introduction.reading
    yield f"{style.bold(introduction.url)} {style.faint(f'({address})')}"
    provider = f" on {introduction.provider}" if introduction.provider else ""
    yield f"  {reading.model} version {reading.version}{provider}"
    seen = (
        "no digit" if reading.digit is None else f"a {reading.digit}, {100 * reading.confidence:.1f} % sure"
    )
    yield f"  {_pictures(pictures)}{style.dot}the first is read as {seen}"
    if arguments.rate_per_s is None:
        loop = f"closed loop{style.dot}{_connections(arguments.connections)}"
    else:
        loop = f"open loop, {arguments.arrivals} {arguments.rate_per_s:,g}/s{style.dot}up to "
        loop += _connections(arguments.connections)
    yield f"  {loop}{style.dot}{arguments.warmup_s:g} s warm-up, {arguments.duration_s:g} s"


def _connections(number: int) -> str:
    return f"{number:,} connection{'s' * (number != 1)}"


def _pictures(pictures: Sequence[Picture]) -> str:
    number, size = len(pictures), sum(len(picture.file) for picture in pictures) / len(pictures)
    mean = f"{size:.0f} B" if size < 10_000 else f"{size / 1024:,.0f} KiB"
    return f"1 picture, {mean}" if number == 1 else f"{number:,} pictures, {mean} on average"
