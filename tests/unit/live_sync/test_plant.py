# SPDX-License-Identifier: Apache-2.0
"""The simulated plant against a small platform that checks every frame by itself: true frames, answers, outages, truth."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import threading
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest
from shapely import Point

from live_sync.plant import PlantReport, run_plant, run_plant_async
from live_sync.plant.air import Air, GivenWeather, saturation_pressure_Pa
from live_sync.plant.link import LinkSettings
from live_sync.plant.minute import IntervalMeans
from live_sync.plant.noise import Wander, Wanders, stream
from live_sync.plant.packet import devices_of
from live_sync.plant.signal import DeviceSignals, Reading, lagged
from live_sync.plant.truth import Truth, in_unit
from twin.assets import Sensor, Tank
from twin.clock import DEVICE_ZONE
from twin.errors import InputProblems
from twin.fields import FieldInfo, FieldStore, Grid
from twin.frame import ParkFrame
from twin.park import Park
from twin.substances import substance

FRAME = ParkFrame(crs="EPSG:4549", origin_m=(500000, 3500000), convergence_deg=0.4)
START_S = datetime(2026, 3, 18, 10, 0, tzinfo=DEVICE_ZONE).timestamp()
CHLORINE = "7782-50-5"
MN_GAS, MN_MET, MN_TANK = "D0E100320600000101000001", "D0E100320600000003000001", "D0E100320600000102000001"
QUICK = LinkSettings(answer_s=0.3, backoff_s=0.05, backoff_most_s=0.1)
ITEM = re.compile(r"([a-z]\w+?)-(Rtd|Avg|Min|Max|Cou|Flag)=([^,;&]*)")


def gas(number: int, x_m: float = 0.0, *, unit: str = "ppm", cas: str = CHLORINE, mn: str = MN_GAS) -> Sensor:
    return Sensor(
        id=f"G{number}", geometry=Point(x_m, 0), kind="gas", quantity="concentration", unit=unit, substance=cas,
        range_min=0.0, range_max=20.0, alarm_1=1.0, alarm_2=3.0, response_s=20.0, hj212_mn=mn, hj212_factor=f"a{number:05d}",
    )  # fmt: skip


def met(quantity: str, unit: str, low: float, high: float, factor: str) -> Sensor:
    return Sensor(
        id=quantity, geometry=Point(5, 5), kind="met", quantity=quantity, unit=unit, range_min=low, range_max=high,
        height_m=10.0, hj212_mn=MN_MET, hj212_factor=factor,
    )  # fmt: skip


MAST = (
    met("wind_speed", "m/s", 0, 60, "a01007"),
    met("wind_from", "deg", 0, 360, "a01008"),
    met("air_temperature", "degC", -40, 60, "a01001"),
    met("relative_humidity", "%", 0, 100, "a01002"),
    met("air_pressure", "kPa", 80, 110, "a01006"),
)
SPHERE = Tank(
    id="T1",
    geometry=Point(0, 0),
    substance=CHLORINE,
    kind="bullet",
    diameter_m=3,
    height_m=3,
    length_m=20,
    fill_fraction=0.8,
)
LEVEL = Sensor(
    id="T1-L", geometry=Point(0, 0), kind="tank", quantity="level", unit="%", range_min=0, range_max=100, alarm_1=85,
    alarm_2=90, tank="T1", hj212_mn=MN_TANK, hj212_factor="e10001",
)  # fmt: skip


def park_of(*sensors: Sensor) -> Park:
    return Park(id="P", name="P", frame=FRAME, sensors=sensors, tanks=(SPHERE,))


# ------------------------------------------------------------------------------------------------ a small platform
def crc_of(data: bytes) -> int:
    """HJ 212-2017 Appendix A, written out bit by bit here, apart from the code under test."""
    register = 0xFFFF
    for byte in data:
        register = (register // 256) ^ byte
        for _ in range(8):
            register, odd = register // 2, register % 2
            if odd:
                register ^= 0xA001
    return register


@dataclass
class Platform:
    """Accepts devices, checks frames, answers by a rule; can be stopped and started on the same port."""

    answer: Callable[[str, int], str | None] = lambda qn, times: f"CN=9014;CP=&&{''}&&"
    frames: list[dict[str, str]] = field(default_factory=list)
    times_seen: Counter[str] = field(default_factory=Counter)
    port: int = 0
    longest: int = 0
    server: asyncio.Server | None = None
    writers: set[asyncio.StreamWriter] = field(default_factory=set)

    async def start(self) -> None:
        self.server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self.server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        assert self.server is not None
        self.server.close()
        for writer in list(self.writers):
            writer.close()
        await asyncio.sleep(0.02)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.writers.add(writer)
        try:
            while head := await reader.readexactly(6):
                assert head[:2] == b"##"
                size = int(head[2:])
                assert size <= 1024
                self.longest = max(self.longest, size)
                data, code = await reader.readexactly(size), await reader.readexactly(4)
                assert await reader.readexactly(2) == b"\r\n"
                assert code == b"%04X" % crc_of(data)
                self._take(data.decode("ascii"), writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            self.writers.discard(writer)
            writer.close()

    def _take(self, text: str, writer: asyncio.StreamWriter) -> None:
        header, _, content = text.partition(";CP=&&")
        assert content.endswith("&&")
        assert len(content) - 2 <= 950
        frame = dict(pair.split("=", 1) for pair in header.split(";")) | {"content": content[:-2]}
        assert list(frame)[:6] == ["QN", "ST", "CN", "PW", "MN", "Flag"]
        self.frames.append(frame)
        self.times_seen[frame["QN"] + frame["MN"]] += 1
        reply = self.answer(frame["QN"], self.times_seen[frame["QN"] + frame["MN"]])
        if reply is not None:
            segment = f"QN={frame['QN']};ST=91;{reply.replace(';CP', ';PW=123456;MN=' + frame['MN'] + ';Flag=4;CP')}".encode()
            writer.write(b"##%04d%b%04X\r\n" % (len(segment), segment, crc_of(segment)))

    def of(self, command: str, mn: str = "") -> list[dict[str, str]]:
        """Frames of a CN (and MN), each once."""
        once = {frame["QN"] + frame["MN"]: frame for frame in self.frames}
        return [frame for frame in once.values() if frame["CN"] == command and mn in ("", frame["MN"])]


def run(
    platform: Platform, park: Park, *, during: Callable[[], Awaitable[None]] | None = None, **options: object
) -> PlantReport:
    """The plant against the platform."""

    async def together() -> PlantReport:
        await platform.start()
        settings = {"start_s": START_S, "settings": QUICK, **options}
        plant = asyncio.create_task(run_plant_async(park, "127.0.0.1", platform.port, **settings))  # type: ignore[arg-type]
        if during is not None:
            await during()
        report = await plant
        await platform.stop()
        return report

    return asyncio.run(together())


def items_of(frame: dict[str, str]) -> dict[tuple[str, str], str]:
    return {(code, name): value for code, name, value in ITEM.findall(frame["content"])}


def data_time(frame: dict[str, str]) -> float:
    text = re.search(r"DataTime=(\d{14})", frame["content"])
    assert text is not None
    return datetime.strptime(text[1], "%Y%m%d%H%M%S").replace(tzinfo=DEVICE_ZONE).timestamp()


# ------------------------------------------------------------------------------------------------ frames on the wire
def test_real_time_and_minute_data_are_true_frames_and_all_answered() -> None:
    platform = Platform()
    report = run(platform, park_of(gas(1), gas(2), *MAST, LEVEL), speed=200.0, duration_s=190.0)
    assert set(report.devices) == {MN_GAS, MN_MET, MN_TANK}
    assert report.made == report.sent == report.acknowledged == len(platform.frames)
    assert (report.resent, report.refused, report.dropped, report.unanswered) == (0, 0, 0, 0)
    assert all(count == 1 for count in platform.times_seen.values())  # QN unique per device
    for mn, factors in ((MN_GAS, {"a00001", "a00002"}), (MN_TANK, {"e10001"})):
        live = platform.of("2011", mn)
        times = np.array([data_time(frame) for frame in live])
        assert len(live) in (18, 19)
        assert np.diff(times) == pytest.approx(10.0)
        assert START_S <= times[0] < START_S + 10
        for frame in live:
            assert (frame["Flag"], frame["PW"]) == ("5", "123456")
            items = items_of(frame)
            assert {code for code, _ in items} == factors
            assert {value for (_, name), value in items.items() if name == "Flag"} == {"N"}
    assert {frame["ST"] for frame in platform.of("2011", MN_GAS)} == {"22"}
    assert {frame["ST"] for frame in platform.of("2011", MN_TANK)} == {"51"}
    minutes = platform.of("2051", MN_GAS)
    assert [data_time(frame) - START_S for frame in minutes] == [0.0, 60.0, 120.0]  # start of the interval
    for frame in minutes:
        items = items_of(frame)
        least, mean, most = (float(items["a00001", name]) for name in ("Min", "Avg", "Max"))
        assert least <= mean <= most
        assert least < most
        assert ("a00001", "Cou") not in items  # a concentration does not add up


def test_long_content_is_split_into_sub_packets_with_their_own_qn() -> None:
    platform = Platform()
    sensors = [gas(number) for number in range(40)]
    report = run(platform, park_of(*sensors), speed=100.0, duration_s=25.0)
    assert report.acknowledged == report.made == len(platform.frames)
    by_time: dict[float, list[dict[str, str]]] = {}
    for frame in platform.of("2011"):
        by_time.setdefault(data_time(frame), []).append(frame)
    assert 2 <= len(by_time) <= 3
    for parts in by_time.values():
        assert len(parts) >= 2
        assert {frame["Flag"] for frame in parts} == {"7"}
        assert [int(frame["PNO"]) for frame in parts] == list(range(1, len(parts) + 1))
        assert {int(frame["PNUM"]) for frame in parts} == {len(parts)}
        assert len({frame["QN"] for frame in parts}) == len(parts)
        assert {code for frame in parts for code, _ in items_of(frame)} == {
            f"a{number:05d}" for number in range(40)
        }


def test_a_frame_without_answer_goes_out_again_with_the_same_qn() -> None:
    platform = Platform(answer=lambda qn, times: "CN=9014;CP=&&&&" if times == 3 else None)
    report = run(platform, park_of(gas(1)), speed=30.0, duration_s=25.0)
    assert report.made == report.acknowledged
    assert set(platform.times_seen.values()) == {3}
    assert report.resent == 2 * report.made
    assert report.devices[MN_GAS].connects == 1


def test_a_platform_that_never_answers_is_left_and_tried_again() -> None:
    platform = Platform(answer=lambda qn, times: None)
    settings = LinkSettings(answer_s=0.05, backoff_s=0.02, backoff_most_s=0.02)
    report = run(platform, park_of(gas(1)), speed=20.0, duration_s=20.0, settings=settings)
    assert report.acknowledged == 0
    assert report.unanswered == report.made > 0
    assert report.devices[MN_GAS].connects >= 3
    assert max(platform.times_seen.values()) >= 6


def test_a_refused_frame_is_counted_and_not_sent_again() -> None:
    platform = Platform(answer=lambda qn, times: "CN=9011;CP=&&QnRtn=3&&")
    report = run(platform, park_of(gas(1)), speed=100.0, duration_s=25.0)
    assert report.refused == report.made == len(platform.frames)
    assert (report.acknowledged, report.resent, report.unanswered) == (0, 0, 0)
    platform = Platform(answer=lambda qn, times: "CN=9011;CP=&&QnRtn=1&&")
    assert run(platform, park_of(gas(1)), speed=100.0, duration_s=25.0).acknowledged == len(platform.frames)


def test_a_restart_of_the_platform_loses_nothing() -> None:
    answered: Counter[str] = Counter()

    def answer(qn: str, times: int) -> str | None:
        """Frames near the outage are taken, their answer is lost."""
        if len(platform.frames) in (14, 15) and times == 1:
            return None
        answered[qn] += 1
        return "CN=9014;CP=&&&&"

    platform = Platform(answer=answer)

    async def outage() -> None:
        while len(platform.frames) < 14:
            await asyncio.sleep(0.01)
        await platform.stop()
        await asyncio.sleep(0.4)
        await platform.start()

    report = run(platform, park_of(gas(1), *MAST), speed=60.0, duration_s=120.0, during=outage)
    assert report.made == report.acknowledged
    assert (report.unanswered, report.dropped) == (0, 0)
    assert all(device.connects >= 2 for device in report.devices.values())
    assert report.resent >= 1
    for mn in (MN_GAS, MN_MET):
        times = sorted(data_time(frame) for frame in platform.of("2011", mn))
        assert np.diff(times) == pytest.approx(10.0)
        assert len(times) in (11, 12)


def test_a_full_backlog_drops_the_oldest_and_says_so() -> None:
    settings = LinkSettings(backlog=5, backoff_s=0.05, backoff_most_s=0.05)

    async def alone() -> PlantReport:
        return await run_plant_async(
            park_of(gas(1)), "127.0.0.1", 9, speed=200.0, duration_s=100.0, settings=settings, start_s=START_S
        )

    report = asyncio.run(alone())
    assert report.made in (11, 12)  # ten real-time frames, a minute frame or two
    assert report.unanswered == 5
    assert report.dropped == report.made - 5


def test_a_request_is_refused_politely() -> None:
    heard: list[str] = []

    async def together() -> None:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            segment = b"QN=20260318100000000;ST=22;CN=1072;PW=123456;MN=1;Flag=5;CP=&&NewPW=654321&&"
            writer.write(b"##%04d%b%04X\r\n" % (len(segment), segment, crc_of(segment)))
            while line := await reader.readline():
                heard.append(line.decode())
            writer.close()

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        await run_plant_async(
            park_of(gas(1)), "127.0.0.1", port, speed=50, duration_s=20.0, settings=QUICK, start_s=START_S
        )
        server.close()

    asyncio.run(together())
    assert any("QN=20260318100000000;ST=91;CN=9011" in line and "QnRtn=2" in line for line in heard)


def test_a_park_without_addresses_and_wrong_numbers_are_refused() -> None:
    plain = Sensor(id="S", geometry=Point(0, 0), kind="gas", quantity="concentration", unit="ppm")
    with pytest.raises(InputProblems, match="HJ 212 address"):
        asyncio.run(run_plant_async(park_of(plain), "127.0.0.1", 9))
    with pytest.raises(InputProblems, match="speed"):
        asyncio.run(run_plant_async(park_of(gas(1)), "127.0.0.1", 9, speed=0.0))
    with pytest.raises(InputProblems, match="run folder|holds no fields"):
        asyncio.run(run_plant_async(park_of(gas(1)), "127.0.0.1", 9, truth=Path("/nowhere")))


def test_the_blocking_form_stops_when_it_is_told() -> None:
    told = threading.Event()
    threading.Timer(0.6, told.set).start()
    started = time.monotonic()
    report = run_plant(
        park_of(gas(1)), "127.0.0.1", 9, stop=told, interval_s=1.0, speed=10.0, start_s=START_S
    )
    assert time.monotonic() - started < 5.0
    assert report.made >= 4
    assert report.sent == 0
    handlers = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    threading.Timer(0.4, os.kill, (os.getpid(), signal.SIGTERM)).start()
    assert run_plant(park_of(gas(1)), "127.0.0.1", 9, start_s=START_S).made >= 0
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == handlers


# ------------------------------------------------------------------------------------------------ what is measured
def signals_of(
    *sensors: Sensor, truth: Truth | None = None, seed: int = 1, glitches_1_h: float = 0.0
) -> DeviceSignals:
    air = Air(FRAME, START_S, seed, given=truth.weather if truth else None)
    return DeviceSignals(
        sensors, {"T1": SPHERE}, air, FRAME, stream(seed, "device"), truth=truth, glitches_1_h=glitches_1_h
    )


def series(signals: DeviceSignals, duration_s: float, step_s: float = 5.0) -> np.ndarray:
    times = START_S + np.arange(0, duration_s, step_s)
    return np.array([[reading.value for reading in signals.sample(float(t_s))] for t_s in times])


def test_quiet_times_raise_no_alarm_and_no_two_sensors_are_alike() -> None:
    day = series(signals_of(gas(1), gas(2), LEVEL), 86400.0, 20.0)
    assert day[:, :2].min() >= 0.0
    assert day[:, :2].max() < 0.5 * 1.0
    assert day[:, :2].std(axis=0).min() > 0.005
    assert abs(np.corrcoef(day[:, 0], day[:, 1])[0, 1]) < 0.3
    assert day[:, 2].max() < 85.0
    assert day[:, 2].mean() == pytest.approx(80.0, abs=1.5)
    assert np.array_equal(day[:50], series(signals_of(gas(1), gas(2), LEVEL), 1000.0, 20.0))
    assert not np.array_equal(day[:50], series(signals_of(gas(1), gas(2), LEVEL, seed=2), 1000.0, 20.0))


def test_a_tank_that_is_said_to_be_at_its_alarm_is_kept_below_it() -> None:
    full = replace(SPHERE, fill_fraction=0.85)
    signals = DeviceSignals((LEVEL,), {"T1": full}, Air(FRAME, START_S, 1), FRAME, stream(1, "device"))
    day = series(signals, 86400.0, 60.0)
    assert day.max() < 85.0
    assert day.mean() == pytest.approx(82.0, abs=1.0)


def test_the_weather_has_a_day() -> None:
    day = series(signals_of(*MAST), 2 * 86400.0, 60.0).reshape(2, 24, 60, 5)
    hourly = day.mean(axis=(0, 2))
    start_hour = 10
    afternoon, night = (15 - start_hour) % 24, (4 - start_hour) % 24
    assert hourly[afternoon, 0] > hourly[night, 0] > 0.3
    assert hourly[afternoon, 2] > hourly[night, 2] + 4.0
    assert hourly[afternoon, 3] < hourly[night, 3]
    assert 95 < hourly[:, 4].min() <= hourly[:, 4].max() < 108
    assert (day[..., 1] >= 0).all() and (day[..., 1] <= 360).all()
    assert saturation_pressure_Pa(293.15) == pytest.approx(2339, rel=5e-3)  # steam tables: 2339 Pa at 20 degC


def test_noise_has_the_statistics_it_says() -> None:
    walk = Wanders(np.random.default_rng(5), np.array([10.0]))
    fine = np.array([walk.step(2.0)[0] for _ in range(40000)])
    assert fine.std() == pytest.approx(1.0, abs=0.05)
    assert np.corrcoef(fine[:-5], fine[5:])[0, 1] == pytest.approx(np.exp(-1.0), abs=0.05)
    one, other = Wander(stream(1, "a"), 0.0, 100.0, 10.0), Wander(stream(1, "a"), 0.0, 100.0, 10.0)
    far = other.at(50_000.0)
    assert [one.at(t_s) for t_s in np.arange(0.0, 50_001.0, 7.0)][-1] != far
    assert one.at(50_000.0) == far  # asked often or once: the same


def test_the_lag_is_that_of_a_first_order_detector() -> None:
    tau, dt = np.array([20.0]), 5.0
    shown = np.zeros(1)
    steps = [shown := lagged(shown, np.ones(1), np.ones(1), tau, dt) for _ in range(8)]
    assert np.ravel(steps) == pytest.approx(1 - np.exp(-np.arange(5, 41, 5) / 20.0))
    # a ramp is followed tau seconds late once the start is forgotten
    shown = np.zeros(1)
    for number in range(200):
        shown = lagged(shown, np.array([number * dt]), np.array([(number + 1) * dt]), tau, dt)
    assert shown[0] == pytest.approx(1000.0 - 20.0, abs=1e-6)


def test_faults_come_at_the_rate_that_was_asked_for() -> None:
    signals = signals_of(*(gas(number) for number in range(20)), glitches_1_h=2.0)
    flags: Counter[str] = Counter()
    spikes = 0
    for step in range(720):
        for reading in signals.sample(START_S + 5.0 * step):
            flags[reading.flag] += 1
            spikes += reading.value > 10
    assert 3 <= spikes <= 30  # a third of 40 faults
    assert 300 <= flags["D"] <= 4000
    assert set(flags) == {"N", "D"}


def make_run(folder: Path, *, peak_kg_m3: float = 4e-5) -> Path:
    """A run in which chlorine lies east of x = 50 m from 60 s to 240 s."""
    grid = Grid(x0_m=-95.0, y0_m=-95.0, cell_m=10.0, nx=20, ny=20)
    times = 1_000_000.0 + np.arange(0.0, 301.0, 20.0)
    store = FieldStore.create(folder / "fields", grid, times, FRAME.crs, FRAME.origin_m)
    store.declare(
        FieldInfo(
            name="concentration", quantity="concentration", unit="kg/m3", averaging_time_s=60.0, height_m=1.5, model="test",
            substance=CHLORINE,
        )
    )  # fmt: skip
    for index, t_s in enumerate(times - times[0]):
        cloud = np.zeros((20, 20))
        if 60 <= t_s <= 240:
            cloud[:, grid.x_m > 50.0] = peak_kg_m3
        store.write("concentration", index, cloud)
    weather = {"wind_speed": "3 m/s", "wind_from_deg": 300.0, "temperature": "10 degC"}
    (folder / "run.json").write_text(json.dumps({"study": {"weather": weather}}))
    return folder


def test_detectors_see_the_run_at_their_place_in_their_unit_with_their_lag(tmp_path: Path) -> None:
    run_folder = make_run(tmp_path / "run")
    sensors = (
        gas(1, 80.0),
        gas(2, -80.0),
        gas(3, 80.0, unit="mg/m3"),
        gas(4, 80.0, cas="7664-41-7"),
        gas(5, 80.0, unit="ppm", cas="chlorine"),
    )
    truth = Truth.open(run_folder, sensors, FRAME, START_S)
    assert truth.substance == CHLORINE
    ppm = 4e-5 * 8.314462618 * 283.15 / (101325.0 * substance(CHLORINE).molar_mass_kg_mol) * 1e6
    assert truth.at(["G1", "G2", "G3", "G4"], START_S + 150.0) == pytest.approx(
        [ppm, 0.0, 40.0, 0.0], rel=1e-5
    )
    assert truth.at(["G1"], START_S + 50.0) == pytest.approx(
        [ppm / 2], rel=1e-5
    )  # half way between two frames
    assert truth.at(["G1"], START_S - 1.0) == truth.at(["G1"], START_S + 301.0) == 0.0
    shown = series(signals_of(*sensors, truth=truth), 300.0)
    plateau = shown[24:48]  # 120 s to 240 s: three and more time constants after the front
    assert plateau[8:, 0].mean() == pytest.approx(ppm, rel=0.03)
    assert plateau[:, 1].max() < 0.5
    assert plateau[:, 2].max() == 20.0  # 40 mg/m3 is beyond the range
    assert plateau[:, 3].max() < 0.5
    assert plateau[8:, 4].mean() == pytest.approx(plateau[8:, 0].mean(), abs=0.3)
    after = shown[59, 0] / plateau[-1, 0]
    assert np.exp(-60 / 20) < after < np.exp(-35 / 20) + 0.05  # the cloud left between 240 s and 260 s


def test_over_range_is_sent_as_at_least_with_flag_t(tmp_path: Path) -> None:
    run_folder = make_run(tmp_path / "run", peak_kg_m3=1e-3)
    platform = Platform()
    run(
        platform, park_of(gas(1, 80.0), gas(2, -80.0), *MAST), speed=300.0, duration_s=230.0, truth=run_folder
    )
    late = [frame for frame in platform.of("2011", MN_GAS) if data_time(frame) >= START_S + 150]
    assert len(late) >= 6
    for frame in late:
        items = items_of(frame)
        assert (float(items["a00001", "Rtd"]), items["a00001", "Flag"]) == (20.0, "T")
        assert items["a00002", "Flag"] == "N"
    minute = next(frame for frame in platform.of("2051", MN_GAS) if data_time(frame) == START_S + 120)
    assert items_of(minute)["a00001", "Flag"] == "T"
    # the mast measures the run's wind: 3 m/s from 300 degrees, 10 degC
    winds = np.array([[float(items_of(frame)[code, "Rtd"]) for code in ("a01007", "a01008", "a01001")] for frame in platform.of("2011", MN_MET)])  # fmt: skip
    assert winds.mean(axis=0) == pytest.approx([3.0, 300.0, 10.0], abs=0.6 * np.array([1, 25, 1.0]).max())
    assert abs(winds[:, 0].mean() - 3.0) < 0.6
    assert abs(winds[:, 1].mean() - 300.0) < 15.0
    assert abs(winds[:, 2].mean() - 10.0) < 0.7


def test_a_run_s_wind_series_is_followed() -> None:
    rows = [
        {"t_s": 0, "wind_speed": 2.0, "wind_from_deg": 350.0},
        {"t_s": "10 min", "wind_speed": 4.0, "wind_from_deg": 10.0},
    ]
    given = GivenWeather.from_tables({"series": rows}, FRAME, START_S)
    parts = [
        FRAME.wind_from(*given.wind.at(np.zeros((1, 3)), START_S + t_s)[0]) for t_s in (0.0, 300.0, 600.0)
    ]
    assert parts[0] == pytest.approx((350.0, 2.0))
    assert parts[2] == pytest.approx((10.0, 4.0))
    assert parts[1][0] == pytest.approx(3.4, abs=0.2)  # through north, not through south


def test_units_of_concentration() -> None:
    chlorine, methane = substance("chlorine"), substance("methane")
    assert in_unit(chlorine, "ppm", 298.15, 101325.0) * 58e-6 == pytest.approx(20.0, abs=0.05)
    assert in_unit(methane, "%LEL", 298.15, 101325.0) == pytest.approx(
        in_unit(methane, "%", 298.15, 101325.0) / methane.lfl_fraction  # type: ignore[operator]
    )
    with pytest.raises(InputProblems, match="flammable"):
        in_unit(chlorine, "%LEL", 298.15, 101325.0)
    with pytest.raises(InputProblems, match="no unit of a concentration"):
        in_unit(chlorine, "kPa", 298.15, 101325.0)


def test_means_need_enough_samples_and_directions_go_around_the_circle() -> None:
    direction, flow = (
        MAST[1],
        Sensor(id="F", geometry=Point(0, 0), kind="process", quantity="flow", unit="m3/h"),
    )
    means = IntervalMeans((direction, flow), 60.0, 5.0)
    first = START_S + 55.0
    assert means.add(first, [Reading(value=1.0, flag="N")] * 2) is None
    closed = None
    for step in range(1, 14):
        turn = 350.0 if step % 2 else 20.0
        closed = means.add(first + 5.0 * step, [Reading(value=turn, flag="N"), Reading(value=30.0, flag="D" if step < 5 else "N")])  # fmt: skip
        assert (closed is None) == (step < 13)  # the first interval had one sample only and is not sent
    assert closed is not None
    start_s, (way, amount) = closed
    assert start_s == START_S + 60.0
    assert way.average == pytest.approx(5.0, abs=1e-6)
    assert (way.least, way.greatest, way.total, way.flag) == (20.0, 350.0, None, "N")
    assert amount.flag == "D"  # four of twelve were faulty
    assert amount.average == 30.0
    assert amount.total == pytest.approx(0.5)  # 30 m3/h for a minute


def test_devices_are_the_loggers_of_the_registry() -> None:
    devices = devices_of([gas(2), gas(1), *MAST, Sensor(id="X", geometry=Point(0, 0), kind="gas", quantity="concentration", unit="ppm")])  # fmt: skip
    assert [(device.mn, len(device.sensors)) for device in devices] == [(MN_MET, 5), (MN_GAS, 2)]
