# SPDX-License-Identifier: Apache-2.0
"""The ingest process as devices meet it: real frames over TCP, hostile bytes, kill -9, taken ports, recorded streams."""

from __future__ import annotations

import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from shapely.geometry import Point, box

from geodata.write import write_park
from live_sync.adapters.hj212.frame import Frame, build_segment, decode, device_time_text, encode_frame
from live_sync.adapters.hj212.framer import Framer
from live_sync.ingest import serve
from live_sync.validate import as_expected, frame_rows
from twin.assets import Boundary, Sensor
from twin.errors import InputProblems
from twin.events import (
    AlarmAcknowledged,
    AlarmCleared,
    AlarmRaised,
    LinkChanged,
    ReadingBatch,
    SensorSeen,
    WorldStarted,
)
from twin.frame import ParkFrame
from twin.park import Park
from twin.store import Accounting, Store

pytestmark = pytest.mark.e2e

ROOT = Path(__file__).resolve().parents[2]
MN = "D0E100320600000101000001"
STANDARD_MN = "010000A8900016F000169DC0"


def gas(sensor: str, mn: str, factor: str, **more: float) -> Sensor:
    return Sensor(
        id=sensor, geometry=Point(10, 10), kind="gas", quantity="concentration", unit="ppm", substance="7782-50-5",
        hj212_mn=mn, hj212_factor=factor, range_min=0.0, range_max=20.0, alarm_1=1.0, alarm_2=3.0, **more,
    )  # fmt: skip


def make_park() -> Park:
    return Park(
        id="test-park",
        name="Test park",
        frame=ParkFrame(crs="EPSG:4549", origin_m=(500000, 3500000), longitude_deg=120.0, latitude_deg=31.6),
        boundary=(Boundary(id="edge", name="edge", geometry=box(0, 0, 800, 600)),),
        sensors=(
            gas("G1", MN, "a21022"),
            gas("G2", MN, "a21004"),
            gas("W1", STANDARD_MN, "w01001"),
            gas("W2", STANDARD_MN, "w01018"),
        ),
    )


def data_frame(number: int, *, value: float = 0.1, mn: str = MN, flag: int = 5) -> bytes:
    t_s = time.time()
    qn = f"{device_time_text(t_s)[:8]}{number:09d}"
    cp = (
        f"DataTime={device_time_text(t_s)};a21022-Rtd={value},a21022-Flag=N;a21004-Rtd={number},a21004-Flag=N"
    )
    return encode_frame(build_segment(qn=qn, st="22", cn="2011", pw="1", mn=mn, flag=flag, cp=cp))


class Client:
    """A device: sends frames, counts what is acknowledged."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=20)
        self.framer = Framer()
        self.answers: list[Frame] = []

    def read(self, count: int, within_s: float = 20.0) -> list[Frame]:
        """Answers until there are `count`, or the time is over."""
        until_s = time.monotonic() + within_s
        while len(self.answers) < count and (left_s := until_s - time.monotonic()) > 0:
            self.socket.settimeout(left_s)
            try:
                data = self.socket.recv(65536)
            except TimeoutError:
                break
            if not data:
                break
            for cut in self.framer.feed(data):
                answer = decode(cut.raw)
                assert isinstance(answer, Frame)
                self.answers.append(answer)
        return self.answers

    def close(self) -> None:
        self.socket.close()


@contextmanager
def ingest(store: Path, **more: object) -> Iterator[int]:
    """An ingest in a thread of this process; gives its port."""
    stop, told, failed = threading.Event(), threading.Event(), []
    port: list[int] = []

    def ready(news: dict[str, int]) -> None:
        port.append(news.get("hj212_port", 0))
        told.set()

    def run() -> None:
        try:
            given = {"hj212": ("127.0.0.1", 0), **more}
            serve(make_park(), store, ready=ready, stop=stop, **given)  # type: ignore[arg-type]
        except BaseException as error:
            failed.append(error)
            told.set()

    thread = threading.Thread(target=run)
    thread.start()
    assert told.wait(30)
    try:
        if failed:
            raise failed[0]
        yield port[0]
    finally:
        stop.set()
        thread.join(30)
        assert not thread.is_alive()
    assert not failed


def wait_for(condition: Callable[[], object], within_s: float = 20.0) -> None:
    until_s = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < until_s, "did not come about in time"
        time.sleep(0.05)


def accounting(folder: Path) -> Accounting:
    with Store.open(folder, create=False) as store:
        return store.accounting()


# --- real frames -----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("seed", [0, 1])
def test_all_reference_frames_through_the_server(
    reference: Callable[[str], Path], tmp_path: Path, seed: int
) -> None:
    rows = frame_rows(reference("hj212/frames.csv"))
    stream = b"".join(raw for _, raw, _, _ in rows)
    rng = random.Random(seed)
    valid = [(raw, expected) for _, raw, is_valid, expected in rows if is_valid]
    wanted_answers = sum(
        expected["need_ack"] and expected["cn"] not in ("9011", "9012", "9013", "9014")
        for _, expected in valid
    )
    with ingest(tmp_path) as port:
        client = Client(port)
        at = 0
        while at < len(stream):
            size = rng.choice([1, 13, 200, 900, 4000])
            client.socket.sendall(stream[at : at + size])
            at += size
            if rng.random() < 0.2:
                time.sleep(0.002)
        answers = client.read(wanted_answers)
        client.close()
        wait_for(lambda: accounting(tmp_path).received >= 189)
    with Store.open(tmp_path, create=False) as store:
        frames = store.frames()
        taken = [frame for frame in frames if frame.frame_class != "refused"]
        assert [frame.raw for frame in taken] == [raw for raw, _ in valid]
        assert [as_expected(decode(frame.raw)) for frame in taken] == [expected for _, expected in valid]
        count = store.accounting()
        assert count.complete and count.received == 189 and count.refused == 9 and count.duplicate == 0
        known = [expected for _, expected in valid if expected["mn"] == STANDARD_MN]
        assert count.devices[STANDARD_MN].received == len(known) and count.unknown == 180 - len(known)
        assert count.bytes == len(stream)
        data_cn = ("2011", "2021", "2031", "2041", "2051", "2061", "3019", "3020")
        readings = [frame for frame in frames if frame.frame_class == "reading"]
        wanted = [e for e in known if e["cn"] in data_cn and e["items"]]
        assert len(readings) == len(wanted) > 15
        stored = store.readings_since(0, every_statistic=True)
        values = Counter(
            (item["code"], attribute)
            for expected in wanted
            for item in expected["items"]
            for attribute in item["attrs"]
            if item["code"] in ("w01001", "w01018") and attribute in ("Rtd", "Min", "Avg", "Max", "Cou")
        )
        assert len(stored) == sum(values.values()) > 20
        factor = {"W1": "w01001", "W2": "w01018"}
        assert Counter((factor[s], a) for s, a in zip(stored.sensor, stored.statistic, strict=True)) == values
    assert len(answers) == wanted_answers
    assert {answer.st for answer in answers} == {"91"}
    assert {(answer.cn, answer.flag) for answer in answers} == {
        ("9014", 4),
        ("9013", 4),
        ("9014", 8),
        ("9013", 8),
    }
    asked = Counter(
        e["qn"] for _, e in valid if e["need_ack"] and e["cn"] not in ("9011", "9012", "9013", "9014")
    )
    assert Counter(answer.qn for answer in answers) == asked


def test_an_acknowledged_frame_is_in_the_store_already(tmp_path: Path) -> None:
    with ingest(tmp_path) as port, Store.open(tmp_path, create=False) as store:
        client = Client(port)
        for number in range(30):
            client.socket.sendall(data_frame(number))
            client.read(number + 1)
            assert len(client.answers) == number + 1
            assert store.accounting().reading == number + 1
        client.close()


def test_a_repeated_frame_is_answered_again_and_stored_once(tmp_path: Path) -> None:
    frame = data_frame(1)
    with ingest(tmp_path) as port:
        client = Client(port)
        client.socket.sendall(frame * 3)
        assert [answer.cn for answer in client.read(3)] == ["9014"] * 3
        client.close()
        other = Client(port)
        other.socket.sendall(frame)
        assert len(other.read(1)) == 1
        other.close()
    count = accounting(tmp_path)
    assert (count.reading, count.duplicate) == (1, 3) and count.complete
    with Store.open(tmp_path, create=False) as store:
        assert len(store.readings_since(0)) == 2


def test_unknown_devices_are_journalled_answered_and_visible(tmp_path: Path) -> None:
    frame = data_frame(1, mn="FFFF00320600000101000001")
    with ingest(tmp_path) as port:
        client = Client(port)
        client.socket.sendall(frame)
        assert [answer.mn for answer in client.read(1)] == ["FFFF00320600000101000001"]
        client.close()
    with Store.open(tmp_path, create=False) as store:
        (stored,) = store.frames()
        assert (stored.frame_class, stored.raw, stored.device) == (
            "unknown",
            frame,
            "FFFF00320600000101000001",
        )
        links = [event for _, event in store.events_since(0) if isinstance(event, LinkChanged)]
        assert any("unknown device" in event.detail for event in links)


# --- hostile bytes ---------------------------------------------------------------------------------------------------
def test_truncated_and_megabyte_frames_are_refused_and_the_server_lives_on(tmp_path: Path) -> None:
    good = [data_frame(number) for number in range(4)]
    with ingest(tmp_path) as port:
        steady = Client(port)
        client = Client(port)
        client.socket.sendall(data_frame(100)[:-40] + good[0])
        assert len(client.read(1)) == 1, "a frame behind a truncated one is answered at once"
        client.socket.sendall(b"##9999" + b"A" * 1_000_000 + good[1])
        assert len(client.read(2)) == 2
        client.socket.sendall(random.Random(3).randbytes(300_000).replace(b"##", b"#") + good[2])
        assert len(client.read(3)) == 3
        client.socket.sendall(data_frame(101)[:50])
        client.close()
        steady.socket.sendall(good[3])
        assert len(steady.read(1)) == 1
        wait_for(lambda: accounting(tmp_path).received == 8)
        steady.close()
    count = accounting(tmp_path)
    assert (count.reading, count.refused) == (4, 4) and count.complete
    with Store.open(tmp_path, create=False) as store:
        refused = store.frames(frame_class="refused")
        assert max(len(frame.raw) for frame in refused) <= 4096
        assert any("1000006 bytes" in frame.reason for frame in refused)


def test_a_frame_without_its_line_end_is_taken_after_a_moment(tmp_path: Path) -> None:
    with ingest(tmp_path) as port:
        client = Client(port)
        client.socket.sendall(data_frame(1)[:-2])
        assert len(client.read(1, within_s=5)) == 1
        client.close()
    with Store.open(tmp_path, create=False) as store:
        assert "tail" in store.frames()[0].reason


def test_devices_wait_while_the_store_is_locked_and_nothing_is_lost(tmp_path: Path) -> None:
    import sqlite3

    with ingest(tmp_path) as port:
        client = Client(port)
        blocker = sqlite3.connect(tmp_path / "store.sqlite", isolation_level=None)
        blocker.execute("BEGIN IMMEDIATE")
        client.socket.sendall(b"".join(data_frame(number) for number in range(50)))
        assert client.read(1, within_s=1.5) == [], "nothing may be acknowledged that is not committed"
        blocker.execute("ROLLBACK")
        blocker.close()
        assert len(client.read(50)) == 50
        client.close()
    assert accounting(tmp_path).reading == 50


# --- alarms ----------------------------------------------------------------------------------------------------------
def test_an_alarm_over_the_wire_is_raised_once_acknowledged_and_cleared(tmp_path: Path) -> None:
    def frame(number: int, value: float, ahead_s: float) -> bytes:
        t_s = time.time() + ahead_s
        cp = f"DataTime={device_time_text(t_s)};a21022-Rtd={value},a21022-Flag=N"
        qn = device_time_text(t_s, milliseconds=True)
        return encode_frame(build_segment(qn=qn, st="22", cn="2011", mn=MN, flag=5, cp=cp))

    with ingest(tmp_path) as port, Store.open(tmp_path, create=False) as store:
        client = Client(port)
        # device clocks may run up to two minutes ahead, so the minute of holding passes without waiting for it
        sent = [(4.0, 0), (5.0, 10), (4.5, 20), (0.1, 30), (0.2, 60), (0.1, 95)]
        for number, (value, ahead_s) in enumerate(sent):
            client.socket.sendall(frame(number, value, ahead_s))
            client.read(number + 1)
            if number == 2:
                ((alarm, *_),) = store.open_alarms()
                request = store.post_request("acknowledge_alarm", {"alarm": alarm, "by": "wang"})
                wait_for(lambda number=request: store.request(number).finished)  # type: ignore[misc, union-attr]
                assert store.request(request).status == "done"  # type: ignore[union-attr]
        client.close()
        events = [event for _, event in store.events_since(0)]
    kinds = [
        type(event) for event in events if isinstance(event, AlarmRaised | AlarmAcknowledged | AlarmCleared)
    ]
    assert kinds == [AlarmRaised, AlarmAcknowledged, AlarmCleared]
    raised = next(event for event in events if isinstance(event, AlarmRaised))
    assert (raised.level, raised.source, raised.value) == ("orange", "G1", 4.0)


# --- the process -----------------------------------------------------------------------------------------------------
SCRIPT = """
import json, sys
from pathlib import Path
from live_sync.ingest import main
from twin.errors import InputProblems
try:
    main(Path(sys.argv[1]), Path(sys.argv[2]), hj212=("127.0.0.1", int(sys.argv[3])), replay=None, speed=1.0,
         ready=lambda told: print(json.dumps(told), flush=True))
except InputProblems as error:
    print(error, file=sys.stderr)
    sys.exit(2)
"""


def start(park: Path, store: Path, port: int = 0) -> tuple[subprocess.Popen[str], int]:
    process = subprocess.Popen(
        [sys.executable, "-c", SCRIPT, str(park), str(store), str(port)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        return process, 0
    return process, int(json.loads(line)["hj212_port"])


def end(process: subprocess.Popen[str]) -> str:
    """Wait for a process that is ending and give what it said on standard error."""
    _, said = process.communicate(timeout=60)
    return said


@pytest.fixture(scope="module")
def park_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("park") / "p"
    write_park(make_park(), folder)
    return folder


def test_kill_9_loses_nothing_that_was_acknowledged(park_folder: Path, tmp_path: Path) -> None:
    store_folder = tmp_path / "store"
    rng = random.Random(11)
    sent: dict[str, bytes] = {}
    acknowledged: set[str] = set()
    answered = 0
    number = 0
    for _ in range(3):
        process, port = start(park_folder, store_folder)
        client = Client(port)
        kill_after = answered + rng.randrange(150, 600)
        killer = threading.Timer(20, process.kill)
        killer.start()
        dead = False
        while not dead:
            burst = []
            for _ in range(rng.randrange(1, 40)):
                number += 1
                frame = data_frame(number)
                sent[frame[9:26].decode()] = frame
                burst.append(frame)
            # what was in flight when the last process died is sent again, as a device would
            lost = [sent[qn] for qn in sent if qn not in acknowledged][:20]
            try:
                client.socket.sendall(b"".join(burst + lost))
                before = len(client.answers)
                client.read(before + 1, within_s=5)
            except OSError:
                dead = True
            acknowledged |= {str(answer.qn) for answer in client.answers}
            if answered + len(client.answers) >= kill_after and not dead:
                os.kill(process.pid, signal.SIGKILL)
                dead = True
        # whatever it had acknowledged before it died still stands in the socket
        with suppress(OSError):
            client.read(1_000_000, within_s=2)
        acknowledged |= {str(answer.qn) for answer in client.answers}
        answered += len(client.answers)
        client.close()
        killer.cancel()
        assert process.wait(20) == -signal.SIGKILL
        process.communicate()
    process, port = start(park_folder, store_folder)
    client = Client(port)
    client.socket.sendall(data_frame(number + 1))
    assert len(client.read(1)) == 1
    client.close()
    process.terminate()
    said = end(process)
    assert process.returncode == 0, said
    with Store.open(store_folder, create=False) as store:
        frames = store.frames(limit=1_000_000)
        stored = {frame.raw[9:26].decode() for frame in frames if frame.frame_class == "reading"}
        assert len(acknowledged) > 300
        assert acknowledged <= stored, "an acknowledged frame is missing"
        assert len(stored) == sum(frame.frame_class == "reading" for frame in frames), "stored twice"
        count = store.accounting()
        assert count.complete and count.received == len(frames)
        classes = Counter(frame.frame_class for frame in frames)
        assert (count.reading, count.duplicate, count.refused) == (
            classes["reading"], classes["duplicate"], classes["refused"],
        )  # fmt: skip
        readings = store.readings_since(0, limit=1_000_000)
        assert len(readings) == 2 * len(stored)
        events = store.events_since(0)
        assert [type(event) for _, event in events].count(WorldStarted) == 1
        assert isinstance(events[0][1], WorldStarted) and events[0][1].world == "live"
        for _, event in events:
            if isinstance(event, ReadingBatch):
                rows = store.readings_since(
                    event.first_row - 1, until_row=event.last_row, every_statistic=True
                )
                assert rows.sha256 == event.sha256
        last = store.last_values()["G2"]
        assert last.row == int(readings.row[-1])


def test_sigterm_commits_what_was_received(park_folder: Path, tmp_path: Path) -> None:
    process, port = start(park_folder, tmp_path)
    client = Client(port)
    client.socket.sendall(b"".join(data_frame(number) for number in range(2000)))
    client.read(1)
    process.send_signal(signal.SIGTERM)
    client.read(2001, within_s=10)
    client.close()
    said = end(process)
    assert process.returncode == 0 and "Traceback" not in said
    with Store.open(tmp_path, create=False) as store:
        assert store.accounting().reading >= len(client.answers) > 0
        last = store.events_since(0)[-1][1]
        assert isinstance(last, LinkChanged) and (last.link, last.state) == ("hj212", "down")


def test_a_taken_port_is_one_sentence_and_writes_nothing(park_folder: Path, tmp_path: Path) -> None:
    with ingest(tmp_path / "one") as port:
        process, _ = start(park_folder, tmp_path / "two", port)
        said = end(process)
    assert process.returncode == 2 and said.count("\n") == 1
    assert f"127.0.0.1:{port}" in said and "taken" in said
    assert not (tmp_path / "two").exists()


def test_a_store_in_use_or_unusable_is_one_sentence(park_folder: Path, tmp_path: Path) -> None:
    with ingest(tmp_path / "one"):
        process, _ = start(park_folder, tmp_path / "one")
        said = end(process)
        assert process.returncode == 2 and "already writing" in said and said.count("\n") == 1
    (tmp_path / "file").write_text("x")
    process, _ = start(park_folder, tmp_path / "file" / "store")
    said = end(process)
    assert process.returncode == 2 and "cannot be made" in said and said.count("\n") == 1


def test_a_store_of_another_park_is_refused(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store:
        store.set_meta("park_id", "elsewhere")
    with pytest.raises(InputProblems, match="belongs to the park 'elsewhere'"), ingest(tmp_path):
        pass


# --- recorded streams ------------------------------------------------------------------------------------------------
def test_raw_stream_is_stored_row_by_row(reference: Callable[[str], Path], tmp_path: Path) -> None:
    path = reference("assimilation/chilbolton/stream_rel02.csv.gz")
    begin_s = time.time()
    with ingest(tmp_path, hj212=None, replay=path, speed=600.0):
        wait_for(lambda: accounting(tmp_path).received >= 5753, within_s=60)
        took_s = time.time() - begin_s
        wait_for(lambda: _ended(tmp_path))
    assert took_s > 2507 / 600 * 0.9, "the pace was not kept"
    with Store.open(tmp_path, create=False) as store:
        count = store.accounting()
        assert count.complete and count.reading == count.received == 5753
        readings = store.readings_since(0, limit=1_000_000)
        assert len(readings) == 5753 * 6
        sensors = [event.sensor for _, event in store.events_since(0) if isinstance(event, SensorSeen)]
        assert len(sensors) == len(set(sensors)) == 12 and set(sensors) == set(readings.sensor)
        counts = Counter(readings.sensor)
        beams = [counts[f"stream_rel02-ch4_ppm-{beam}"] for beam in range(1, 8)]
        assert beams == [520, 520, 520, 2636, 519, 519, 519]
        assert not any(int(mark) for mark in readings.quality if int(mark) != 0)
        assert store.frames(limit=1)[0].raw.startswith(b"2017-05-09 11:13:20,4,"), (
            "the journal keeps the original time"
        )
        assert begin_s - 1 < readings.t_s.min() and readings.t_s.max() < time.time() + 1


def _ended(folder: Path) -> bool:
    with Store.open(folder, create=False) as store:
        links = [event for _, event in store.events_since(0) if isinstance(event, LinkChanged)]
    return any(event.state == "down" and "5753 rows" in event.detail for event in links)
