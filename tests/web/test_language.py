"""Portuguese is whole: numbers, warnings, what the service refuses; a layer has one name in every view."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

VIEWS = ["digit", "convolution", "pictures", "pooling", "channels", "signals", "cost", "training"]
STATES = {
    "convolution": "kernel=average_3&bias=0.5&activation=tanh",
    "pooling": "operation=average&stride=1",
    "pictures": "kernel=average_3",
    "signals": "n=2",
}


@pytest.mark.parametrize("view", VIEWS)
def test_no_number_has_a_decimal_point_in_portuguese(open_page: Callable[..., Page], view: str) -> None:
    state = STATES.get(view, "pin=8,0,3,0" if view == "digit" else "")
    page = open_page(f"/#{view}?lang=pt&{state}")
    if view == "digit":
        page.get_by_role("button", name="Desenhar um 3").click()
        expect(page.locator(".total sup").first).to_be_visible()
    expect(page.locator("main[aria-busy=true]")).to_have_count(0)
    told = page.evaluate(
        "[document.querySelector('main').innerText, ...[...document.querySelectorAll('main .cell')]"
        ".map(one => one.value ?? '')].join(' ')"
    )

    assert re.findall(r"\d\.\d+", told) == []
    if view not in {"channels", "pictures"}:
        assert re.search(r"\d,\d", told)


@pytest.mark.parametrize(
    ("activation", "told"), [("leaky_relu", "max(0,01u, u)"), ("lenet_tanh", "1,7159 tanh(2u/3)")]
)
def test_the_formula_of_an_activation_has_a_decimal_comma(
    open_page: Callable[..., Page], activation: str, told: str
) -> None:
    page = open_page(f"/#convolution?lang=pt&activation={activation}")

    expect(page.locator(".written .sum").nth(1)).to_contain_text(told)


def test_numbers_are_typed_as_they_are_written(open_page: Callable[..., Page]) -> None:
    page = open_page("/#signals?lang=pt")
    field = page.get_by_label("Sinal x")
    expect(field).to_have_value(re.compile(r"^2; 1,4816364413634358; 1,09762"))
    field.fill("1; 0,5; −2")
    page.get_by_role("button", name="Último").click()
    expect(page.locator(".written b")).to_have_text("2")
    page.get_by_role("link", name="Convolução").click()
    grid = page.get_by_role("group", name="Entrada", exact=True)
    grid.get_by_label("linha 0, coluna 1").fill("0,25")
    grid.get_by_label("linha 0, coluna 1").blur()

    expect(page.locator(".written .sum").first).to_contain_text("0,25·(−1)")


def test_a_warning_is_in_the_language_of_the_page(open_page: Callable[..., Page]) -> None:
    page = open_page("/#digit?lang=pt&ink=" + "AANAZANAJAzA")

    expect(page.locator(".steps")).to_contain_text("⚠ o algarismo toca na borda da imagem")


def test_what_the_service_refuses_is_told_in_portuguese(open_page: Callable[..., Page]) -> None:
    page = open_page("/#cost?lang=pt&layers=i28,28,1.c6,99,1,valid.d10", refused="422")

    expect(page.locator(".refusal").first).to_have_text("99 é maior do que a entrada com preenchimento, 28")
    expect(page.get_by_text("Estas camadas não fazem uma rede")).to_be_visible()


def test_a_problem_has_its_kind_in_portuguese_before_the_services_words(
    open_page: Callable[..., Page],
) -> None:
    page = open_page("/#digit?lang=pt", refused="413")
    problem = {"type": "/problems/too-large", "status": 413, "detail": "xyzzy"}
    page.route("**/predict*", lambda route: route.fulfill(status=413, json=problem))
    page.get_by_role("button", name="Desenhar um 3").click()

    expect(page.get_by_role("alert").first).to_have_text("O pedido ultrapassa um limite (xyzzy)")


@pytest.mark.parametrize("view", VIEWS)
def test_no_english_word_stands_where_the_view_has_a_portuguese_one(
    open_page: Callable[..., Page], view: str
) -> None:
    page = open_page(f"/#{view}?lang=pt")
    expect(page.locator("main[aria-busy=true]")).to_have_count(0)
    told = page.evaluate(
        "[...document.querySelectorAll('main :is(b, h3, span, p, option, label, button, legend, th, dt)')]"
        ".map(one => one.textContent).join(' ')"
    )

    assert re.findall(r"\b(?:Input|Output|Kernel|valid|same|full|Padding|Stride)\b", told) == []


def test_a_digit_has_one_name_in_portuguese(open_page: Callable[..., Page]) -> None:
    page = open_page("/#digit?lang=pt&pin=10,0,3,0&network=1")
    page.get_by_role("button", name="Desenhar um 3").click()
    expect(page.locator(".inspector")).to_contain_text("Mapa de bits do algarismo")
    strings = page.evaluate(
        "import('/web/strings.js').then(({STRINGS}) => Object.values(STRINGS).map(([, words]) => words))"
    )

    assert [words for words in strings if "dígito" in words.lower()] == []


def test_the_slides_misprint_and_the_formulas_are_portuguese(open_page: Callable[..., Page]) -> None:
    page = open_page("/#cost?lang=pt&layers=i512,512,3.c100,5,1,same")

    expect(page.locator(".slide")).to_contain_text("O diapositivo mostra 300 MB")
    expect(page.locator(".figures")).to_contain_text("× 1 imagem =")


def test_a_layer_has_one_name_in_every_view(open_page: Callable[..., Page]) -> None:
    page = open_page("/#digit?pin=2,1,4,4")
    page.get_by_role("button", name="Draw a 3").click()
    expect(page.locator(".inspector h3")).to_contain_text("average_pooling2d_1")
    names = page.locator(".network").first.locator(".layer figcaption b").all_inner_texts()[1:]
    page.get_by_role("link", name="Cost").click()
    expect(page.locator("tbody tr")).to_have_count(9)

    assert page.locator("tbody th").all_inner_texts()[1:] == names


def test_the_pages_of_problems_are_portuguese_for_a_portuguese_browser(
    open_page: Callable[..., Page],
) -> None:
    page = open_page("/problems/too-large", locale="pt-PT")
    expect(page.locator("h2")).to_have_text("O pedido ultrapassa um limite")
    titles = page.locator("main a").count()
    other = open_page("/problems/too-large", locale="de-DE")

    expect(other.locator("h2")).to_have_text("The request is over a limit")
    assert page.evaluate("document.documentElement.lang") == "pt"
    assert other.locator("main a").count() == titles


def test_going_back_and_on_changes_the_view_and_not_the_language(open_page: Callable[..., Page]) -> None:
    page = open_page("/#convolution?step=2")
    page.get_by_role("button", name="Português").click()
    page.get_by_role("button", name="English").click()
    page.get_by_role("link", name="Pooling").click()
    page.get_by_role("link", name="Training").click()
    page.get_by_role("button", name="Português").click()
    current = page.locator("nav [aria-current]")
    expect(current).to_have_text("Treino")
    page.go_back()
    expect(current).to_have_text("Pooling")
    assert page.evaluate("document.documentElement.lang") == "pt"
    page.go_back()
    expect(current).to_have_text("Convolução")
    expect(page.locator(".player .count")).to_have_text("3 / 9")
    assert "lang=pt" in page.url
    page.get_by_role("button", name="English").click()
    page.go_forward()
    page.go_forward()

    expect(current).to_have_text("Training")
    page.reload()
    expect(current).to_have_text("Training")


def test_a_link_in_another_language_opens_in_it(open_page: Callable[..., Page]) -> None:
    page = open_page("/#pooling?lang=en")
    page.evaluate("location.hash = '#signals?lang=pt'")
    expect(page.locator("nav [aria-current]")).to_have_text("Sinais")
    page.evaluate("location.hash = '#training'")

    expect(page.locator("nav [aria-current]")).to_have_text("Treino")


def test_the_page_of_the_api_follows_the_language_that_was_chosen(open_page: Callable[..., Page]) -> None:
    page = open_page("/#signals")
    page.get_by_role("button", name="Português").click()
    page.get_by_role("link", name="API").click()
    endpoint = page.locator("#post-predict")
    expect(endpoint.locator("summary")).to_have_text(["Parâmetros", "Conteúdo", "Respostas"])
    expect(page.get_by_text("em inglês")).to_be_visible()
    page.evaluate("document.querySelectorAll('details').forEach(one => (one.open = true))")
    own = page.evaluate(
        """() => {
        const copy = document.querySelector('main').cloneNode(true);
        copy.querySelectorAll('[lang=en], code, option').forEach(one => one.remove());
        const names = [...copy.querySelectorAll('[aria-label]')].map(one => one.ariaLabel);
        return [copy.textContent, ...names].join(' ');
    }"""
    )
    assert re.findall(r"\b(?:Try|default|Body|Example|Parameters|Answers|instead|bytes of)\b", own) == []
    assert page.evaluate("document.documentElement.lang") == "pt"
    page.locator("#get-kernels").get_by_role("button", name="Experimentar").click()
    expect(page.locator("#get-kernels .answer p").first).to_have_text(re.compile("^200"))
    page.get_by_role("link", name="LeNet-5 lab").click()

    expect(page.locator("nav [aria-current]")).to_have_text("Algarismo")


def test_the_page_of_the_api_is_portuguese_for_a_portuguese_browser(open_page: Callable[..., Page]) -> None:
    page = open_page("/docs", locale="pt-PT")

    expect(page.get_by_role("button", name="Experimentar").first).to_be_visible()
    expect(page).to_have_title("API – Serviço LeNet-5")
