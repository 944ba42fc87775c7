"""Documents of a chart in the browser: filed, taken out, marked as an error; read by the patient."""

import io
import re

import pytest
from PIL import Image
from playwright.sync_api import expect
from sqlalchemy import update

from core.db.tables import UserAccount
from core.vocabulary import Role
from tests.dashboard.test_dashboard_access import _faults, _judge

pytestmark = pytest.mark.browser

PATIENT = "documents-1"
WHO = {"given_name": "Wilhelmina", "family_name": "Oyelaran", "patient_id": PATIENT, "birth_date": "1938-07-19"}


def picture(colour):
    out = io.BytesIO()
    Image.new("RGB", (80, 60), colour).save(out, "PNG")
    return {"name": "letter.png", "mimeType": "image/png", "buffer": out.getvalue()}


@pytest.fixture(scope="module")
def written():
    """Titles that were filed in this module, each with a picture of its own."""
    return iter([("Referral of Dr Zola", "white"), ("Letter of another patient", "navy")])


def _chart(visitor):
    page = visitor.of(Role.DOCTOR, path="/overview")
    assert page.request.post("/api/patients", data=WHO).status in (201, 409)
    page.goto(f"/charts?patient={PATIENT}")
    expect(page.get_by_role("heading", name="Documents", exact=True)).to_be_visible()
    return page


def _file(page, title, colour):
    page.get_by_label("Kind of document").select_option("discharge_letter")
    page.get_by_label("Title of the document").fill(title)
    page.get_by_label("File", exact=True).set_input_files(picture(colour))
    page.get_by_role("button", name="File the document").click()
    expect(page.get_by_role("status").filter(has_text=f"Filed: {title}")).to_be_visible()


def test_a_document_is_filed_taken_out_and_read_by_the_patient(visitor, hospital, written):
    page = _chart(visitor)
    title, colour = next(written)
    _file(page, title, colour)
    with page.expect_download() as taken:
        page.get_by_role("button", name=f"Take out: {title}").click()
    assert taken.value.suggested_filename.endswith(".png")
    with Image.open(taken.value.path()) as kept:
        assert kept.size == (80, 60)
    _judge(page)
    with hospital.engine.begin() as connection:
        connection.execute(update(UserAccount).where(UserAccount.role == Role.PATIENT).values(patient_id=PATIENT))
    patient = visitor.of(Role.PATIENT)
    expect(patient.get_by_role("heading", name="Your documents")).to_be_visible()
    with patient.expect_download():
        patient.get_by_role("button", name=f"Take out: {title}").click()
    expect(patient.get_by_role("row").filter(has_text="Filed a document").first).to_contain_text("Dr Amara Baldé")
    expect(patient.get_by_role("button", name=re.compile("Entered in error"))).to_have_count(0)
    _judge(patient)


def test_an_error_is_marked_with_a_reason_and_stays(visitor, written):
    page = _chart(visitor)
    title, colour = next(written)
    _file(page, title, colour)
    page.get_by_role("button", name=f"Entered in error… {title}").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Reason").fill("oops")
    dialog.get_by_role("button", name="Mark as entered in error").click()
    expect(dialog).to_contain_text("At least 10 characters.")
    assert _faults(page) == []
    dialog.get_by_label("Reason").fill("belongs to another patient")
    dialog.get_by_role("button", name="Mark as entered in error").click()
    expect(dialog).to_be_hidden()
    line = page.get_by_role("listitem").filter(has_text=title)
    expect(line).to_contain_text("belongs to another patient")
    expect(line.get_by_role("button", name="Take out")).to_be_visible()
    expect(line.get_by_role("button", name="Entered in error")).to_have_count(0)


def test_what_is_no_document_is_refused_in_words(visitor):
    page = _chart(visitor)
    page.get_by_label("Title of the document").fill("A program")
    program = {"name": "letter.pdf", "mimeType": "application/pdf", "buffer": b"MZ\x90\x00" + bytes(200)}
    page.get_by_label("File", exact=True).set_input_files(program)
    page.get_by_role("button", name="File the document").click()
    expect(page.get_by_role("alert")).to_contain_text("no PDF, JPEG or PNG")
