"""WCAG 2.2 AA by axe on every page, in both themes and both widths; nothing scrolls sideways."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from core.vocabulary import Role
from medisync.web_tools import SOURCES
from tests.dashboard.conftest import DESKTOP, PHONE

pytestmark = pytest.mark.browser

PAGES = (
    ("/login", None),
    ("/overview", Role.DOCTOR),
    ("/overview", Role.NURSE),
    ("/queue", Role.NURSE),
    ("/wall", Role.NURSE),
    ("/risk", Role.DOCTOR),
    ("/register", Role.NURSE),
    ("/quality", Role.STEWARD),
    ("/models", Role.ADMIN),
    ("/system", Role.ADMIN),
    ("/patient", Role.PATIENT),
    ("/booking", Role.PATIENT),
    ("/alerts", Role.DOCTOR),
    ("/promises", Role.ADMIN),
    ("/staffing", Role.ADMIN),
    ("/no-such-page", Role.DOCTOR),
)
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


# What is fading in has half its contrast: a dialog is judged as it stands, not while it comes.
_AT_REST = """async () => { await Promise.all(document.getAnimations()
  .filter(one => one.effect.getComputedTiming().endTime !== Infinity)
  .map(one => one.finished.catch(() => undefined))) }"""


def _faults(page: Page) -> list[str]:
    if not page.evaluate("'axe' in window"):
        # Evaluated, not added as a script: the content security policy holds for axe too.
        page.evaluate((SOURCES / "node_modules/axe-core/axe.min.js").read_text())
    page.evaluate(_AT_REST)
    found = page.evaluate("rules => axe.run({runOnly: {type: 'tag', values: rules}})", RULES)
    return [f"{fault['id']}: {node['html'][:160]}" for fault in found["violations"] for node in fault["nodes"]]


def _settled(page: Page) -> None:
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    page.wait_for_load_state("networkidle")
    expect(page.locator("[aria-busy=true]")).to_have_count(0)


def _judge(page: Page) -> None:
    """Hold a page as it stands against the rules in both widths and both themes."""
    for viewport in (DESKTOP, PHONE):
        page.set_viewport_size(viewport)
        for theme in ("light", "dark"):
            page.emulate_media(color_scheme=theme)
            _settled(page)
            assert _faults(page) == [], (viewport, theme)
        sideways = page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
        assert not sideways, viewport


@pytest.mark.parametrize(("path", "role"), PAGES)
def test_a_page_has_no_fault_in_any_theme_or_width(visitor, path, role):
    page = visitor.stranger() if role is None else visitor.of(role, path=path)
    if role is None:
        page.goto(path)
    faults = {}
    for width, viewport in (("desktop", DESKTOP), ("phone", PHONE)):
        page.set_viewport_size(viewport)
        for theme in ("light", "dark"):
            page.emulate_media(color_scheme=theme)
            _settled(page)
            faults[width, theme] = _faults(page)
        sideways = page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
        assert not sideways, f"{path} scrolls sideways at {viewport['width']} px"
    assert not any(faults.values()), faults


def _dialog(words: str) -> Callable[[Page], Locator]:
    return lambda page: page.get_by_role("dialog").filter(has_text=words)


#: Button -> whose page it is on, and what is there once it has opened.
OPENERS: dict[str, tuple[Role, str, Callable[[Page], Locator]]] = {
    "Receipt: Surge watch": (Role.DOCTOR, "/overview", _dialog("Data SHA-256")),
    "in detail": (Role.DOCTOR, "/overview", _dialog("95 % interval")),
    "View as table: Who we are seeing": (
        Role.DOCTOR, "/overview", lambda page: page.get_by_role("columnheader", name="Female", exact=True)
    ),
    "Account of": (Role.NURSE, "/register", lambda page: page.get_by_role("button", name="Sign out")),
    "Rules of": (Role.STEWARD, "/quality", _dialog("age_years.plausible")),
    "Open the row": (Role.STEWARD, "/quality", _dialog("age_implausible")),
    "Promote version 2": (Role.ADMIN, "/models", _dialog("Reason")),
}  # fmt: skip


@pytest.mark.parametrize("opener", OPENERS)
def test_what_a_button_opens_has_no_fault_either(visitor, opener):
    role, path, opened = OPENERS[opener]
    page = visitor.of(role, path=path)
    _settled(page)
    page.get_by_role("button", name=opener).first.click()
    expect(opened(page).first).to_be_visible()
    assert _faults(page) == []


def test_the_keyboard_reaches_the_content_first(visitor):
    page = visitor.of(Role.DOCTOR, path="/risk")
    _settled(page)
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()


def test_another_page_begins_at_its_top_with_the_focus_in_it(visitor):
    page = visitor.of(Role.DOCTOR, path="/overview")
    _settled(page)
    page.evaluate("window.scrollTo(0, document.documentElement.scrollHeight)")
    page.wait_for_function("window.scrollY > 500")
    page.get_by_role("navigation").get_by_role("link", name="Register a visit").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Register a visit")
    page.wait_for_function("window.scrollY === 0")
    expect(page.locator("#main")).to_be_focused()
    page.go_back()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Good")


def test_touch_targets_are_large_enough_on_a_phone(browser, hospital, visitor):
    page = visitor.of(Role.DOCTOR, path="/risk", viewport=PHONE)
    _settled(page)
    links = page.get_by_role("navigation").get_by_role("link").all()
    assert len(links) == 4
    for link in [*links, page.get_by_role("button", name="More")]:
        assert (link.bounding_box() or {"height": 0})["height"] >= 44


def test_every_page_of_a_role_is_reached_on_a_phone(visitor):
    page = visitor.of(Role.NURSE, path="/overview", viewport=PHONE)
    page.get_by_role("button", name="More").click()
    page.get_by_role("link", name="Wall screen").click()
    expect(page).to_have_url(re.compile("/wall$"))
    expect(page.get_by_role("link", name="Wall screen")).to_be_hidden()
