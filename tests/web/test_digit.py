"""Draw a digit: the answer while drawing, every layer, any cell taken apart."""

import itertools
import json
import math
import urllib.request
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

STROKES = {
    3: [
        [(0.36, 0.24), (0.5, 0.18), (0.63, 0.25), (0.62, 0.4), (0.48, 0.49)],
        [(0.48, 0.49), (0.64, 0.57), (0.65, 0.74), (0.5, 0.82), (0.35, 0.76)],
    ],
    7: [[(0.3, 0.24), (0.7, 0.24), (0.58, 0.5), (0.47, 0.82)]],
}


def draw(page: Page, strokes: list[list[tuple[float, float]]]) -> None:
    box = page.locator(".pad").bounding_box()
    assert box
    for stroke in strokes:
        places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in stroke]
        page.mouse.move(*places[0])
        page.mouse.down()
        for place in places[1:]:
            page.mouse.move(*place, steps=6)
        page.mouse.up()


@pytest.mark.parametrize("digit", STROKES)
def test_a_digit_drawn_by_mouse_is_read(open_page: Callable[..., Page], digit: int) -> None:
    page = open_page()
    draw(page, STROKES[digit])

    expect(page.locator(".numeral")).to_have_text(str(digit))
    expect(page.locator(".bars .is-best .digit")).to_have_text(str(digit))


def test_a_digit_drawn_with_a_finger_is_read_and_the_page_stays(open_page: Callable[..., Page]) -> None:
    page = open_page(size=(390, 844), has_touch=True, is_mobile=True)
    box = page.locator(".pad").bounding_box()
    assert box
    client = page.context.new_cdp_session(page)
    x, y, side = box["x"], box["y"], box["width"]
    points = [{"x": x + a * side, "y": y + b * side} for a, b in STROKES[7][0]]
    client.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": points[:1]})
    for start, end in itertools.pairwise(points):
        for step in range(1, 6):
            between = {axis: start[axis] + (end[axis] - start[axis]) * step / 5 for axis in ("x", "y")}
            client.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [between]})
    client.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})

    expect(page.locator(".numeral")).to_have_text("7")
    assert page.evaluate("scrollY") == 0


def test_an_empty_paper_asks_for_a_drawing_and_a_scribble_is_no_digit(open_page: Callable[..., Page]) -> None:
    page = open_page()

    expect(page.locator(".said")).to_have_text("Draw something")
    zigzag = [(0.1 + 0.8 * (step % 2), 0.1 + step * 0.114) for step in range(8)]
    draw(page, [zigzag, [(y, x) for x, y in zigzag]])
    expect(page.locator("main[aria-busy=true]")).to_have_count(0)
    expect(page.locator(".said")).to_have_text("Not a digit, it seems")
    page.get_by_role("button", name="Clear").click()
    expect(page.locator(".said")).to_have_text("Draw something")


def test_each_sample_is_read_as_what_it_is(open_page: Callable[..., Page]) -> None:
    page = open_page()
    for digit in range(10):
        page.get_by_role("button", name=f"Draw a {digit}").click()

        expect(page.locator(".numeral")).to_have_text(str(digit))


def test_undo_takes_back_one_stroke(open_page: Callable[..., Page]) -> None:
    page = open_page()
    draw(page, [*STROKES[7], [(0.1, 0.9), (0.9, 0.9)]])
    page.get_by_role("button", name="Undo").click()

    expect(page.locator(".numeral")).to_have_text("7")


def test_without_preparation_a_small_digit_in_a_corner_reads_otherwise(
    open_page: Callable[..., Page],
) -> None:
    page = open_page()
    draw(page, [[(0.05 + x * 0.3, 0.05 + y * 0.3) for x, y in stroke] for stroke in STROKES[7]])
    expect(page.locator(".numeral")).to_have_text("7")
    page.get_by_label("Prepare the drawing as MNIST was made").uncheck()

    expect(page.locator(".steps")).to_contain_text("Only shrunk")
    expect(page.locator(".said")).to_have_text("Not a digit, it seems")


def test_only_one_request_is_in_flight_while_drawing(open_page: Callable[..., Page]) -> None:
    page = open_page()
    flying, most = set(), [0]

    def begin(request: Any) -> None:  # noqa: ANN401  Playwright's
        flying.add(request)
        most[0] = max(most[0], len(flying))

    page.on("request", lambda request: request.method == "POST" and begin(request))
    page.on("requestfinished", lambda request: flying.discard(request))  # noqa: PLW0108  Playwright wants a function
    draw(page, STROKES[3] * 2)
    expect(page.locator(".numeral")).not_to_have_text("–")

    assert most[0] == 1


def test_the_newest_stroke_wins_however_slow_the_service(open_page: Callable[..., Page]) -> None:
    page = open_page()
    held: list[Route] = []
    page.route("**/predict*", lambda route: held.append(route), times=1)  # noqa: PLW0108  Playwright wants a function
    draw(page, STROKES[7])
    page.get_by_role("button", name="Clear").click()
    draw(page, STROKES[3])
    assert len(held) == 1
    held[0].continue_()

    expect(page.locator(".numeral")).to_have_text("3")


def test_a_dropped_picture_is_read(open_page: Callable[..., Page], seven: bytes) -> None:
    page = open_page()
    page.locator("input[type=file]").set_input_files(
        {"name": "seven.jpg", "mimeType": "image/jpeg", "buffer": seven}
    )

    expect(page.locator(".numeral")).to_have_text("7")


@pytest.mark.parametrize(
    ("shift", "english", "portuguese"),
    [
        ([1, -1], "moved 1 down, 1 left: mass", "deslocado 1 para baixo, 1 para a esquerda: massa"),
        ([-2, 3], "moved 2 up, 3 right: mass", "deslocado 2 para cima, 3 para a direita: massa"),
        ([0, -1], "moved 1 left: mass", "deslocado 1 para a esquerda: massa"),
        ([0, 0], "mass at the centre already", "massa já no centro"),
    ],
)
def test_preparation_says_which_way_the_digit_was_moved(
    open_page: Callable[..., Page], shift: list[int], english: str, portuguese: str
) -> None:
    def answer(route: Route) -> None:
        body = route.fetch().json()
        body["predictions"][0]["prepared"]["steps"]["shift"] = shift
        route.fulfill(json=body)

    page = open_page()
    page.route("**/predict*include=prepared*", answer)
    page.get_by_role("button", name="Draw a 3").click()
    expect(page.locator(".steps")).to_contain_text(english)
    page.get_by_role("button", name="Português").click()

    expect(page.locator(".steps")).to_contain_text(portuguese)
    expect(page.locator("main[aria-busy=true]")).to_have_count(0)


@pytest.mark.parametrize(
    ("steps", "told"),
    [
        ({"ink": "framed", "inverted": True}, ["framed as in MNIST", "turned to light on black"]),
        ({"ink": "network", "looks": 2}, ["ink found by a network (looks: 2)"]),
        ({"ink": None}, []),
    ],
)
def test_preparation_says_what_was_done_where_nothing_was_framed(
    open_page: Callable[..., Page], steps: dict[str, object], told: list[str]
) -> None:
    def answer(route: Route) -> None:
        body = route.fetch().json()
        body["predictions"][0]["prepared"]["steps"] |= {"box": None, "warnings": [], **steps}
        route.fulfill(json=body)

    page = open_page()
    page.route("**/predict*include=prepared*", answer)
    page.get_by_role("button", name="Draw a 3").click()
    expect(page.locator(".numeral")).to_have_text("3")

    expect(page.locator(".steps li")).to_have_text(told)


def test_the_layer_table_is_the_lectures(open_page: Callable[..., Page]) -> None:
    page = open_page("/#digit")
    lectures = page.locator(".network").first
    expect(lectures.locator(".layer figcaption")).to_have_count(9)
    rows = lectures.locator(".layer figcaption").all_inner_texts()

    assert [row.split("\n") for row in rows[1:]] == [
        ["conv2d_1", "28×28×6", "156 par."],
        ["average_pooling2d_1", "14×14×6", "\xa0"],
        ["conv2d_2", "10×10×16", "2,416 par."],
        ["average_pooling2d_2", "5×5×16", "\xa0"],
        ["conv2d_3", "5×5×120", "2,040 par."],
        ["flatten_1", "3000", "\xa0"],
        ["dense_1", "84", "252,084 par."],
        ["dense_2", "10", "850 par."],
    ]


def test_a_pinned_cell_of_conv2d_2_is_the_sum_of_its_products(
    open_page: Callable[..., Page], lab: str
) -> None:
    page = open_page("/#digit?pin=3,2,5,5")
    with page.expect_response("**/feature-maps*") as answered:
        page.get_by_role("button", name="Draw a 3").click()
    layers = {layer["name"]: layer for layer in answered.value.json()["images"][0]["layers"]}
    with urllib.request.urlopen(f"{lab}/models/lenet5/layers/conv2d_2/kernels") as answer:
        learnt = json.load(answer)
    partials = [
        sum(
            layers["average_pooling2d_1"]["maps"][channel][5 + y][5 + x] * learnt["kernels"][2][channel][y][x]
            for y in range(5)
            for x in range(5)
        )
        for channel in range(6)
    ]
    expect(page.locator(".inspector .partial")).to_have_count(6)
    told = [float(text.replace("−", "-")) for text in page.locator(".inspector .partial").all_inner_texts()]
    value = layers["conv2d_2"]["maps"][2][5][5]

    assert all(math.isclose(one, two, abs_tol=6e-4) for one, two in zip(partials, told, strict=True))
    assert math.isclose(max(0, sum(partials) + learnt["biases"][2]), value, abs_tol=1e-3)
    expect(page.locator(".inspector h3")).to_contain_text(f"= {round(value, 4):g}")


@pytest.mark.parametrize(
    "pin", ["1,0,10,10", "2,1,4,4", "4,3,2,2", "5,7,1,1", "6,0,20,3", "7,0,3,3", "8,0,3,0"]
)
def test_a_cell_of_every_layer_can_be_taken_apart(open_page: Callable[..., Page], pin: str) -> None:
    page = open_page(f"/#digit?pin={pin}")
    page.get_by_role("button", name="Draw a 3").click()
    title = page.locator(".inspector h3")
    expect(title).to_contain_text("=")
    if pin.startswith("6"):
        expect(page.locator(".account")).to_contain_text("nothing is computed")
        return
    value = title.inner_text().rsplit("= ", 1)[1]

    expect(page.locator(".account .sum b").last).to_have_text(value)


def test_arrow_keys_move_the_pinned_cell_and_escape_lets_go(open_page: Callable[..., Page]) -> None:
    page = open_page("/#digit?pin=3,2,5,5")
    page.get_by_role("button", name="Draw a 3").click()
    expect(page.locator(".inspector h3")).to_contain_text("row 5, column 5")
    page.locator("[data-layer=conv2d_2] canvas").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("PageDown")

    expect(page.locator(".inspector h3")).to_contain_text("map 3 · row 6, column 4")
    page.keyboard.press("Escape")
    expect(page.locator(".inspector")).to_be_hidden()


def test_a_link_brings_back_the_drawing_and_the_pinned_cell(open_page: Callable[..., Page]) -> None:
    page = open_page()
    draw(page, STROKES[3])
    expect(page.locator(".numeral")).to_have_text("3")
    canvas = page.locator("[data-layer=conv2d_2] canvas")
    canvas.click(position={"x": 20, "y": 20})
    page.wait_for_url("**pin=3,0**")
    title = page.locator(".inspector h3").inner_text()
    again = open_page(page.url.removeprefix(page.evaluate("location.origin")))

    expect(again.locator(".numeral")).to_have_text("3")
    expect(again.locator(".inspector h3")).to_contain_text(title.split(" = ")[0])


def test_every_layer_is_in_its_place_before_anything_is_drawn(open_page: Callable[..., Page]) -> None:
    page = open_page()
    expect(page.locator(".layer canvas")).to_have_count(9 + 12)
    places = "list => list.map(one => Object.values(one.getBoundingClientRect().toJSON()))"
    before = page.locator(".layer canvas").evaluate_all(places)
    page.get_by_role("button", name="Draw a 3").click()
    expect(page.locator(".numeral")).to_have_text("3")

    assert page.locator(".layer canvas").evaluate_all(places) == before


def test_clearing_the_paper_clears_the_layers(open_page: Callable[..., Page]) -> None:
    page = open_page("/#digit?pin=3,2,5,5")
    maps = page.locator("[data-layer=conv2d_2] canvas")
    picture = "canvas => canvas.toDataURL()"
    empty = maps.evaluate(picture)
    page.get_by_role("button", name="Draw a 3").click()
    expect(page.locator(".inspector")).to_be_visible()
    assert maps.evaluate(picture) != empty
    page.get_by_role("button", name="Clear").click()

    expect(page.locator(".inspector")).to_be_hidden()
    assert maps.evaluate(picture) == empty


def test_the_drawing_can_be_saved_and_sent_as_the_call_shows(
    open_page: Callable[..., Page], lab: str
) -> None:
    page = open_page()
    draw(page, STROKES[3])
    expect(page.locator(".numeral")).to_have_text("3")
    page.get_by_text("The same as a call").click()
    expect(page.locator(".call pre").first).to_contain_text("curl -F image=@digit.png")
    with page.expect_download() as saved:
        page.get_by_role("button", name="Save the picture").click()
    file = saved.value.path().read_bytes()
    request = urllib.request.Request(f"{lab}/predict", file, {"Content-Type": "image/png"})
    with urllib.request.urlopen(request) as answer:
        digit = json.load(answer)["predictions"][0]["digit"]

    assert saved.value.suggested_filename == "digit.png"
    assert digit == 3
