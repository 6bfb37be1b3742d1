# SPDX-License-Identifier: Apache-2.0
"""The store: what one process writes another reads; what is not committed was never there."""

import math
import multiprocessing
import sqlite3
from pathlib import Path

import numpy as np
import pytest

from twin.errors import InputProblems
from twin.events import AlarmCleared, AlarmRaised, Note, ReadingBatch, WorldStarted
from twin.store import FrameRow, LastValue, Mark, ReadingRow, Store
from twin.store.last_values import LastValues
from twin.store.records import readings_sha256


def reading(
    row: int, sensor: str = "G1", t_s: float = 100.0, value: float = 1.0, **more: object
) -> ReadingRow:
    given = {"seq": row, "item": 0, "unit": "ppm", "received_s": t_s + 1, **more}
    return ReadingRow(row=row, sensor=sensor, t_s=t_s, value=value, **given)  # type: ignore[arg-type]


def test_events_come_back_as_written_and_only_what_is_newer(tmp_path: Path) -> None:
    events = [
        WorldStarted(t_s=1.0, world="live", park_id="p"),
        Note(t_s=2.0, kind="milestone", text_key="event.test", values={"n": 3}),
        ReadingBatch(t_s=2.0, first_row=1, last_row=2, sha256="x"),
    ]
    with Store.open(tmp_path) as store, Store.open(tmp_path) as other:
        assert store.append_events(events[:2]) == [1, 2]
        assert store.append_events(events[2:]) == [3]
        assert other.events_since(0) == list(zip([1, 2, 3], events, strict=True))
        assert other.events_since(2) == [(3, events[2])]
        assert other.events_of("note") == [(2, events[1])]
        assert store.last_event_s() == 2.0


def test_an_event_before_its_predecessor_is_refused_and_nothing_of_its_batch_kept(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store:
        store.append_events([WorldStarted(t_s=10.0, world="live", park_id="p")])
        late = [Note(t_s=11.0, kind="milestone", text_key="a"), Note(t_s=9.0, kind="milestone", text_key="b")]
        with pytest.raises(ValueError, match="lies before"):
            store.append_events(late)
        assert store.last_event_seq() == 1


def test_readings_keep_unit_and_marks_and_nan(tmp_path: Path) -> None:
    rows = [
        reading(1, value=3.5, quality=Mark.OVER_RANGE | Mark.LATE, flag="T"),
        reading(2, "G2", 101.0, math.nan, unit="mg/m3", quality=Mark.EMPTY),
        reading(3, "G1", 102.0, 9.0, statistic="Max", averaging_s=600.0),
    ]
    with Store.open(tmp_path) as store:
        store.add_readings(rows)
        found = store.readings_since(0, every_statistic=True)
        assert list(found.sensor) == ["G1", "G2", "G1"] and list(found.unit) == ["ppm", "mg/m3", "ppm"]
        assert math.isnan(found.value[1]) and found.value[0] == 3.5
        assert Mark(int(found.quality[0])) == Mark.OVER_RANGE | Mark.LATE
        assert found.averaging_s.tolist() == [0.0, 0.0, 600.0]
        stated = store.readings_since(0)
        assert stated.row.tolist() == [1, 2], "a maximum does not state the sensor's value"
        assert store.readings_since(1, until_row=2).row.tolist() == [2]
        assert store.series("G1", 0, 1000).value.tolist() == [3.5]
        assert store.series("G1", 0, 1000, every_statistic=True).value.tolist() == [3.5, 9.0]
        assert len(store.series("nobody", 0, 1000)) == 0
        wanted = readings_sha256(
            *(
                [getattr(r, name) for r in rows]
                for name in ("row", "sensor", "unit", "t_s", "value", "quality", "flag")
            ),
            [r.statistic for r in rows],
        )
        assert found.sha256 == wanted
        assert stated.sha256 != wanted


def test_a_reading_cannot_be_stored_twice(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store:
        store.add_readings([reading(1, seq=7)])
        with pytest.raises(sqlite3.IntegrityError):
            store.add_readings([reading(2, seq=7)])
        assert len(store.readings_since(0)) == 1


def test_a_transaction_is_whole_or_not_at_all(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store:
        with pytest.raises(RuntimeError), store.transaction():
            store.add_frames([FrameRow(seq=1, received_s=1.0, link="l", device="d", frame_class="reading")])
            store.add_readings([reading(1)])
            store.append_events([WorldStarted(t_s=1.0, world="live", park_id="p")])
            raise RuntimeError
        assert store.frames() == [] and len(store.readings_since(0)) == 0 and store.events_since(0) == []
        # the sensor's number was rolled back as well: it must be made anew, not remembered
        store.add_readings([reading(1)])
        assert store.readings_since(0).sensor == ("G1",)


def test_last_values_never_go_back_and_of_equal_times_the_later_wins(tmp_path: Path) -> None:
    last = LastValues()
    last.take([reading(1, t_s=100.0, value=1.0), reading(2, t_s=90.0, value=2.0), reading(3, "G2", 5.0, 7.0)])
    assert last.value.tolist() == [1.0, 7.0] and last.t_s.tolist() == [100.0, 5.0]
    last.take([reading(4, t_s=100.0, value=3.0), reading(5, t_s=200.0, value=9.0, statistic="Max")])
    assert last.value.tolist() == [3.0, 7.0]
    with Store.open(tmp_path) as store:
        store.put_last_values(last.changed())
        assert last.changed() == []
        stored = store.last_values()
    assert stored["G1"] == LastValue(
        sensor="G1", unit="ppm", row=4, t_s=100.0, received_s=101.0, value=3.0, quality=Mark.GOOD
    )
    again = LastValues()
    again.restore(stored.values())
    assert again.newest_s("G1") == 100.0 and again.newest_s("G9") == -np.inf


def test_last_values_grow() -> None:
    last = LastValues()
    last.take(reading(n + 1, f"S{n}", float(n), float(n)) for n in range(1000))
    assert len(last) == 1000 and last.value.tolist() == [float(n) for n in range(1000)]


def test_accounts_add_up_per_device_and_link(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store:
        store.account({("hj212", "A"): {"received": 3, "reading": 2, "refused": 1, "bytes": 30}})
        store.account(
            {("hj212", "A"): {"received": 1, "duplicate": 1}, ("replay", "S"): {"received": 2, "reading": 2}}
        )
        whole = store.accounting()
        assert (whole.received, whole.reading, whole.refused, whole.duplicate, whole.bytes) == (
            6,
            4,
            1,
            1,
            30,
        )
        assert whole.devices["A"].received == 4 and whole.complete
        assert store.accounting("replay").received == 2
        store.account({("hj212", "A"): {"received": 1}})
        assert not store.accounting().complete


def test_alarm_table_follows_the_events(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store:
        store.append_events([AlarmRaised(t_s=1.0, alarm="a", level="yellow", rule="alarm_1", source="G1")])
        assert store.open_alarms() == [("a", "G1", "alarm_1", "yellow", 1.0)]
        with pytest.raises(sqlite3.IntegrityError):
            store.append_events([AlarmRaised(t_s=2.0, alarm="a", level="red", rule="alarm_1", source="G1")])
        store.append_events([AlarmCleared(t_s=3.0, alarm="a")])
        assert store.open_alarms() == []


def test_inbox_request_goes_its_way_once(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store, Store.open(tmp_path) as runner:
        first = store.post_request("run", {"study": {"title": "漏"}}, "operator")
        second = store.post_request("other", {})
        assert runner.take_request(["nothing"], "w") is None
        taken = runner.take_request("run", "w")
        assert taken is not None and taken.id == first and taken.payload == {"study": {"title": "漏"}}
        assert runner.take_request(["run"], "w2") is None
        revision = max(request.revision for request in store.requests_since(0))
        runner.update_request(first, progress=0.5, message="half")
        changed = store.requests_since(revision)
        assert [(r.id, r.progress, r.message, r.status) for r in changed] == [(first, 0.5, "half", "running")]
        store.update_request(first, status="cancelled")
        runner.update_request(first, status="done", result={"run": "x"})
        ended = store.request(first)
        assert ended is not None and ended.status == "cancelled" and ended.result is None and ended.finished
        assert store.request(second).status == "waiting"  # type: ignore[union-attr]
        assert store.request(999) is None


def test_requests_of_a_dead_worker_can_be_put_back(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store:
        request = store.post_request("run", {})
        store.take_request("run", "dead")
        assert store.requeue_requests("run") == 1
        again = store.take_request("run", "alive")
        assert again is not None and again.id == request and again.worker == "alive"


def _take_all(folder: str, name: str, taken: "multiprocessing.Queue[tuple[str, int]]") -> None:
    with Store.open(Path(folder)) as store:
        while (request := store.take_request("run", name)) is not None:
            taken.put((name, request.id))
            store.update_request(request.id, status="done", result={"by": name})


def test_two_processes_never_take_the_same_request(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store:
        ids = [store.post_request("run", {"n": n}) for n in range(60)]
        context = multiprocessing.get_context("spawn")
        taken: multiprocessing.Queue[tuple[str, int]] = context.Queue()
        workers = [context.Process(target=_take_all, args=(str(tmp_path), f"w{n}", taken)) for n in range(2)]
        for worker in workers:
            worker.start()
        got = [taken.get(timeout=60)[1] for _ in ids]
        for worker in workers:
            worker.join(60)
        assert sorted(got) == ids
        assert all(request.status == "done" for request in store.requests_since(0))
        revisions = [request.revision for request in store.requests_since(0)]
        assert len(set(revisions)) == len(revisions) == 60


def test_one_writer_per_timeline_many_readers(tmp_path: Path) -> None:
    with Store.open(tmp_path, writer="ingest"):
        Store.open(tmp_path, writer="viewer").close()
        with pytest.raises(InputProblems, match="already writing"):
            Store.open(tmp_path, writer="ingest")
    Store.open(tmp_path, writer="ingest").close()


@pytest.mark.parametrize("content", [b"this is a text file, not a database at all" * 40, None])
def test_a_foreign_file_is_refused_and_left_alone(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "store.sqlite"
    if content is None:
        with sqlite3.connect(file) as foreign:
            foreign.execute("CREATE TABLE theirs (x)")
        foreign.close()
    else:
        file.write_bytes(content)
    before = file.read_bytes()
    with pytest.raises(InputProblems, match="store.sqlite"):
        Store.open(tmp_path)
    if content is not None:
        assert file.read_bytes() == before
    else:
        with sqlite3.connect(file) as foreign:
            assert [row[0] for row in foreign.execute("SELECT name FROM sqlite_master")] == ["theirs"]
        foreign.close()


def test_a_folder_that_cannot_be_made_or_is_absent_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(InputProblems, match="cannot be made"):
        Store.open(tmp_path / "file" / "store")
    with pytest.raises(InputProblems, match="no store"):
        Store.open(tmp_path / "absent", create=False)
    assert not (tmp_path / "absent").exists()


def test_a_newer_schema_is_refused(tmp_path: Path) -> None:
    Store.open(tmp_path).close()
    with sqlite3.connect(tmp_path / "store.sqlite") as raw:
        raw.execute("PRAGMA user_version = 99")
    raw.close()
    with pytest.raises(InputProblems, match="schema version 99"):
        Store.open(tmp_path)
