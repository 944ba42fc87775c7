"""Keys rotated while people read and write: nobody notices, and nothing stays under the old key."""

import asyncio
from itertools import count

import httpx
from sqlalchemy import Engine, insert, select

from core import clock, key_store
from core.db.tables import CareTeam, DataKey, Patient, UserAccount
from core.key_store import read_ring, sealed_columns, sealed_tables
from core.vocabulary import Role
from tests.serving.conftest import email_of

PATIENTS = 6_000
READERS, WRITERS = 4, 3


def _admit(engine: Engine, master: str) -> list[str]:
    """Put many sealed patients under the care of the doctor; each is called by their own id."""
    now, ids = clock.now(), [f"rotated-{number}" for number in range(PATIENTS)]
    with engine.begin() as connection:
        ring = read_ring(connection, master)
        doctor = connection.execute(
            select(UserAccount.user_id).where(UserAccount.email == email_of(Role.DOCTOR))
        ).scalar_one()
        rows = [
            {
                "patient_id": one, "sex": "female", "created_at": now, "updated_at": now,
                **sealed_columns(ring, {"given_name": "Grace", "family_name": one}, "patient", one),
            }
            for one in ids
        ]  # fmt: skip
        connection.execute(insert(Patient), rows)
        connection.execute(
            insert(CareTeam), [{"patient_id": one, "user_id": doctor, "assigned_at": now} for one in ids]
        )
    return ids


async def test_keys_rotate_while_people_read_and_write_and_nobody_notices(app, signed_in, pg_engine, app_settings):
    doctor: httpx.AsyncClient = await signed_in(Role.DOCTOR)
    master = app_settings.secrets["phi_master_key"]
    ids = _admit(pg_engine, master)
    is_over = asyncio.Event()
    faults: list[str] = []
    seen: list[str] = []
    written: dict[str, str] = {}
    numbers = count()

    async def read() -> None:
        while not is_over.is_set():
            one = ids[next(numbers) * 7919 % PATIENTS]
            answer = await doctor.get(f"/api/patients/{one}")
            if answer.status_code != 200 or answer.json()["family_name"] != one:
                faults.append(f"read {answer.status_code} {answer.text[:200]}")
            seen.append("read")

    async def write(writer: int) -> None:
        for turn in count():
            if is_over.is_set():
                return
            one, phone = ids[(turn * WRITERS + writer) * 13 % PATIENTS], f"+49 30 {writer}{turn:05}"
            version = {"If-Match": (await doctor.get(f"/api/patients/{one}")).headers["etag"]}
            changed = await doctor.patch(f"/api/patients/{one}", json={"phone": phone}, headers=version)
            note = {"kind": "note", "title": phone, "text": one}
            noted = await doctor.post(f"/api/patients/{one}/records", json=note)
            if (changed.status_code, noted.status_code) != (200, 201):
                faults.append(f"write {changed.status_code} {noted.status_code} {changed.text[:200]}")
            written[one] = phone
            seen.append("write")

    load = [asyncio.create_task(work) for work in (*(read() for _ in range(READERS)), *map(write, range(WRITERS)))]
    await asyncio.sleep(0.5)
    batches: list[int] = []
    rows = await asyncio.to_thread(key_store.rotate, pg_engine, master, lambda table, number: batches.append(len(seen)))
    is_over.set()
    await asyncio.gather(*load)

    assert faults == []
    assert set(seen[batches[0] : batches[-1]]) == {"read", "write"}, (
        "nobody worked between the first batch and the last"
    )
    # What somebody wrote meanwhile is under the new key already, and not sealed anew.
    assert PATIENTS - len(written) <= rows
    with pg_engine.connect() as connection:
        assert key_store.left_behind(connection) == 0
        states = dict(connection.execute(select(DataKey.key_id, DataKey.state)).all())
        assert sorted(states.values()) == ["current", "retired"]
        for table in sealed_tables():
            sealed_by = set(connection.execute(select(table.c.key_id).distinct()).scalars())
            assert all(states[key] == "current" for key in sealed_by), table.name
    for one, phone in list(written.items())[-20:]:
        assert (await doctor.get(f"/api/patients/{one}")).json()["phone"] == phone
