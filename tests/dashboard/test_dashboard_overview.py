"""The first page of those who treat patients: five analyses, their tables, files and receipts, and their failures."""

import gzip
import re

import pytest
from playwright.sync_api import expect
from sqlalchemy import func, select

from core.db.tables import Registration
from core.vocabulary import ANALYTICS_SECTIONS, Role

pytestmark = pytest.mark.browser

PANELS = (
    "Surge watch",
    "Top five conditions",
    "Patient volume",
    "What is changing",
    "Who we are seeing",
    "Who gets what",
    "When it comes",
)
FIRST_LOAD_LIMIT = 250_000


@pytest.fixture
def overview(visitor):
    page = visitor.of(Role.DOCTOR, path="/overview")
    expect(page.get_by_role("region", name="Surge level by condition and week")).to_be_visible()
    return page


def test_all_five_analyses_are_shown_with_the_time_of_their_data(overview):
    for title in PANELS:
        expect(overview.get_by_role("heading", name=title, exact=True)).to_be_visible()
    expect(overview.get_by_text(re.compile("^Data until "))).to_have_count(len(PANELS))


def test_the_sentence_under_the_greeting_comes_from_the_data(overview):
    expect(overview.locator(".page-head p")).to_contain_text(re.compile(r"\d registrations are expected in [A-Z]\w+"))


def test_the_forecast_says_its_interval_to_those_who_do_not_see_it(overview):
    chart = overview.get_by_role("img", name=re.compile(r"95 % interval [\d,]+ to [\d,]+\. Peak"))
    expect(chart).to_be_visible()
    for fact in ("MAE", "RMSE", "MASE", "95 % interval held"):
        expect(overview.get_by_text(fact, exact=False).first).to_be_visible()


def test_a_chart_can_be_read_as_a_table_and_taken_as_csv(overview):
    overview.get_by_role("button", name="View as table: Patient volume").click()
    expect(overview.get_by_role("columnheader", name="95 % low")).to_be_visible()
    with overview.expect_download() as waiting:
        overview.get_by_role("button", name="Download CSV: Patient volume").click()
    lines = waiting.value.path().read_text(encoding="utf-8-sig").splitlines()
    assert waiting.value.suggested_filename == "medisync-patient-volume.csv"
    assert lines[0] == "Month,Actual,Forecast,80 % low,80 % high,95 % low,95 % high"
    assert re.fullmatch(r"\d{4}-\d\d,\d+,,,,,", lines[1])


def test_every_panel_opens_its_receipt(overview):
    overview.get_by_role("button", name="Receipt: Surge watch").click()
    dialog = overview.get_by_role("dialog")
    expect(dialog).to_contain_text("rcp_illness_surge")
    expect(dialog).to_contain_text("analytics_illness_surge")
    overview.keyboard.press("Escape")
    expect(dialog).to_have_count(0)


def test_a_condition_opens_its_weeks_and_months(overview):
    overview.get_by_role("button", name=re.compile("^Show .* in detail")).first.click()
    dialog = overview.get_by_role("dialog")
    expect(dialog.get_by_role("img", name=re.compile("cases in the latest week"))).to_be_visible()
    expect(dialog.get_by_role("columnheader", name="95 % interval")).to_be_visible()


def test_one_failing_endpoint_leaves_the_rest_alone_and_can_be_tried_again(visitor):
    page = visitor.of(Role.DOCTOR, path="/risk")
    page.route("**/api/analytics/", lambda route: route.fulfill(status=503, json={"code": "database_away"}))
    page.goto("/overview")
    panel = page.locator("section", has=page.get_by_role("heading", name="Surge watch"))
    expect(panel.get_by_role("alert")).to_contain_text("The service did not answer")
    expect(page.locator(".kpi", has_text="Registrations, last 24 h").locator(".value")).to_have_text(
        re.compile(r"^\d+$")
    )
    page.unroute("**/api/analytics/")
    panel.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("region", name="Surge level by condition and week")).to_be_visible()


def test_a_missing_analysis_is_said_in_words_and_not_drawn_as_zero(visitor):
    page = visitor.of(Role.DOCTOR, path="/risk")
    nothing = {
        "generated_at": "2026-11-24T00:00:00Z",
        "is_synthetic": True,
        "sections": dict.fromkeys(ANALYTICS_SECTIONS),
    }
    page.route("**/api/analytics/", lambda route: route.fulfill(json=nothing))
    page.goto("/overview")
    expect(page.get_by_text("has not published this analysis").first).to_be_visible()
    expect(page.locator(".kpi", has_text="Expected in").locator(".value")).to_have_text("–")


def test_a_registration_of_one_person_appears_on_the_screen_of_another(visitor, overview):
    tile = overview.locator(".kpi", has_text="Registrations, last 24 h").locator(".value")
    expect(overview.get_by_role("status").filter(has_text="Live")).to_be_visible()
    expect(tile).to_have_text(re.compile(r"^\d+$"))  # it is asked for apart from the analyses
    before = int(tile.inner_text())
    nurse = visitor.of(Role.NURSE, path="/register")
    nurse.get_by_label("Patient number").fill("P-9001")
    nurse.get_by_label("Facility").fill("Main")
    nurse.get_by_label("Condition", exact=False).first.fill("Influenza")
    nurse.get_by_role("button", name="Register", exact=True).click()
    expect(nurse.get_by_role("status").filter(has_text="is stored")).to_be_visible()
    expect(tile).to_have_text(str(before + 1), timeout=8_000)
    with visitor.hospital.engine.connect() as connection:
        stored = connection.scalar(select(func.count()).where(Registration.patient_id == "P-9001"))
    assert stored == 1


def test_a_lost_socket_is_said_and_the_page_asks_by_itself(visitor):
    page = visitor.of(Role.DOCTOR, path="/risk")
    page.route_web_socket(re.compile("/ws/realtime"), lambda socket: socket.close())
    page.goto("/overview")
    expect(page.get_by_role("status").filter(has_text=re.compile("Connecting|Reconnecting"))).to_be_visible()
    with page.expect_response("**/api/analytics/realtime/", timeout=14_000):
        pass


def test_the_theme_is_remembered(overview):
    overview.get_by_role("button", name="Use dark theme").click()
    expect(overview.locator("body.body--dark")).to_have_count(1)
    overview.reload()
    expect(overview.get_by_role("button", name="Use light theme")).to_be_visible()


def test_the_first_load_stays_small(visitor):
    page = visitor.of(Role.DOCTOR, path="/livez")
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto("/overview", wait_until="networkidle")
    expect(page.get_by_role("img", name=re.compile("forecast"))).to_be_visible()
    files = [url for url in asked if "/assets/" in url or url.endswith("/overview")]
    sizes = {url: len(_squeezed(page.request.get(url).body(), url)) for url in files}
    assert any(url.endswith("woff2") for url in sizes)
    assert sum(sizes.values()) < FIRST_LOAD_LIMIT, sizes


def _squeezed(body, url):
    """What goes over the wire: fonts are compressed as they are."""
    return body if url.endswith("woff2") else gzip.compress(body, 9)


def test_a_figure_at_the_top_leads_to_the_rows_that_it_counts(visitor):
    page = visitor.of(Role.DOCTOR, path="/overview")
    page.get_by_role("button", name="Receipt of the figure Registrations, last 24 h").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("registrations of the application, counted live")
    expect(dialog).to_contain_text("Data SHA-256")
