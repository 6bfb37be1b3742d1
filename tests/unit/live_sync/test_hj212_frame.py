# SPDX-License-Identifier: Apache-2.0
"""HJ 212 frames: check code, meaning, cutting from a stream; real frames and hostile bytes."""

import random
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from live_sync.adapters.hj212.crc import crc, crc_bitwise
from live_sync.adapters.hj212.frame import (
    Frame,
    Refused,
    build_segment,
    decode,
    device_time_s,
    device_time_text,
    encode_frame,
    parse_segment,
)
from live_sync.adapters.hj212.framer import Framer
from live_sync.adapters.hj212.session import Minutes, answer_to, arrival_of
from live_sync.validate import as_expected, frame_rows, validate

GOOD = encode_frame(
    "QN=20260318100000123;ST=22;CN=2011;PW=1;MN=A1;Flag=5;CP=&&DataTime=20260318100000;a21022-Rtd=1.5&&"
)


def modbus(data: bytes) -> int:
    register = 0xFFFF
    for byte in data:
        register ^= byte
        for _ in range(8):
            register = (register >> 1) ^ (0xA001 if register & 1 else 0)
    return register


@given(st.binary(max_size=1200))
def test_fast_check_code_is_the_standards(data: bytes) -> None:
    assert crc(data) == crc_bitwise(data)


def test_check_code_is_not_modbus() -> None:
    segment = b"QN=20160801085857223;ST=32;CN=1062;PW=100000;MN=010000A8900016F000169DC0;Flag=5;CP=&&RtdInterval=30&&"
    assert (crc(segment), modbus(segment)) == (0x1C80, 0x0759)


def test_all_reference_frames(reference: Callable[[str], Path]) -> None:
    for row_id, raw, _, expected in frame_rows(reference("hj212/frames.csv")):
        assert as_expected(decode(raw)) == expected, row_id


def test_validation_passes_and_finds_a_wrong_frame(reference: Callable[[str], Path], tmp_path: Path) -> None:
    folder = reference("hj212/frames.csv").parent
    assert validate(folder).passed
    text = (folder / "frames.csv").read_text(encoding="utf-8")
    (tmp_path / "frames.csv").write_text(
        text.replace('""Rtd"":""0.033""', '""Rtd"":""0.034""', 1), encoding="utf-8"
    )
    report = validate(tmp_path)
    assert not report.passed and report.skipped == ["sm4_vector.json", "factor_codes_2017.csv"]
    assert [case.value for case in report.cases if case.case.startswith("frame ")] == ["items"]


@pytest.mark.parametrize("seed", range(25))
def test_reference_frames_in_any_order_and_any_pieces(reference: Callable[[str], Path], seed: int) -> None:
    rows = frame_rows(reference("hj212/frames.csv"))
    rng = random.Random(seed)
    rng.shuffle(rows)
    stream = b"".join(raw for _, raw, _, _ in rows)
    framer, cuts, at = Framer(), [], 0
    while at < len(stream):
        size = rng.choice([1, 2, 11, 90, 700, 5000])
        cuts += framer.feed(stream[at : at + size])
        at += size
    cuts += framer.finish()
    assert [cut.raw for cut in cuts if cut.segment] == [raw for _, raw, valid, _ in rows if valid]
    assert sum(cut.segment is None for cut in cuts) == 9
    assert sum(cut.size for cut in cuts) == len(stream) and framer.pending == 0


def test_a_frame_after_a_truncated_one_is_not_held_back() -> None:
    cuts = Framer().feed(GOOD[:-30] + GOOD)
    assert [(cut.raw, cut.error) for cut in cuts] == [(GOOD[:-30], "length"), (GOOD, "")]


def test_a_megabyte_without_an_end_is_one_refusal_and_little_memory() -> None:
    framer, most = Framer(), 0
    cuts = framer.feed(b"##9999")
    for _ in range(16):
        cuts += framer.feed(b"x" * 65536)
        most = max(most, len(framer._buffer) + len(framer._run))
    cuts += framer.feed(GOOD)
    assert [(cut.size, cut.error, len(cut.raw)) for cut in cuts] == [
        (6 + 16 * 65536, "length", 4096),
        (len(GOOD), "", len(GOOD)),
    ]
    assert most <= 65536 + 4096


def test_a_whole_frame_above_the_limit_is_refused_below_it_taken() -> None:
    big = encode_frame(build_segment(cn="2011", mn="A", cp="x" * 5000))
    assert [cut.error for cut in Framer().feed(big + GOOD)] == ["length", ""]
    assert [cut.error for cut in Framer(limit=9999).feed(big + GOOD)] == ["", ""]


@settings(max_examples=150)
@given(st.lists(st.one_of(st.binary(max_size=60), st.just(GOOD)), max_size=8), st.integers(1, 200))
def test_no_byte_is_lost_or_counted_twice(parts: list[bytes], size: int) -> None:
    stream = b"".join(parts)
    framer, cuts = Framer(), []
    for at in range(0, len(stream), size):
        cuts += framer.feed(stream[at : at + size])
    cuts += framer.finish()
    filler = len(stream) - sum(cut.size for cut in cuts)
    assert 0 <= filler <= sum(stream.count(byte) for byte in (b"\r", b"\n", b"\0", b" "))
    assert framer.pending == 0


@given(st.lists(st.binary(max_size=40).filter(lambda data: b"#" not in data), min_size=1, max_size=5))
def test_frames_between_rubbish_are_all_found(rubbish: list[bytes]) -> None:
    cuts = Framer().feed(b"".join(data + GOOD for data in rubbish))
    assert sum(cut.segment is not None for cut in cuts) == len(rubbish)


@pytest.mark.parametrize("tail", [b"**", b"", b"\n"])
def test_other_ends_are_taken_with_a_warning(tail: bytes) -> None:
    framer = Framer()
    cuts = framer.feed(GOOD[:-2] + tail) or framer.lull()
    assert len(cuts) == 1 and cuts[0].segment is not None and cuts[0].warnings == ("tail",)
    assert framer.feed(GOOD)[0].warnings == ()


def test_binary_content_is_cut_by_length_only() -> None:
    segment = b"QN=1;ST=31;CN=2011;MN=1;Flag=9;CP=&&" + b"\r\n##0012&&\x00\xff" * 5 + b"&&"
    frame = encode_frame(segment)
    cuts = Framer().feed(frame + GOOD)
    assert [cut.segment for cut in cuts] == [segment, GOOD[6:-6]]


def test_encrypted_frame_reads_through_the_decipher_seam() -> None:
    plain = GOOD[6:-6]
    wire = b"##%04d" % len(plain) + bytes(byte ^ 1 for byte in plain) + GOOD[-6:]
    assert isinstance(decode(wire), Refused)
    unlock = lambda data: bytes(byte ^ 1 for byte in data)  # noqa: E731
    assert decode(wire, unlock) == decode(GOOD)
    assert Framer(decipher=unlock).feed(wire)[0].segment == plain


def test_opaque_text_may_hold_separators() -> None:
    found = parse_segment("ST=32;CN=3020;MN=1;Flag=5;CP=&&a=1;i11001-Info=//清洗;a=2,b-c=3//;d=4&&".encode())
    assert found.fields == {"a": "1", "d": "4"}
    assert found.items[0].attrs == {"Info": "//清洗;a=2,b-c=3//"}


def test_deviations_are_named() -> None:
    found = parse_segment(b"ST=101,CN=2011;PW=;MN=abc;CP=&&" + b"x-Rtd=1;" * 200 + b"&&")
    assert found.cn == "2011" and found.version == "2005"
    assert set(found.warnings) == {"header_comma", "pw_empty", "mn_form", "st_form", "long"}
    assert parse_segment(b"CN=2011;CP=&&a-Info=\xc7\xe5&&").warnings == ("encoding",)
    assert parse_segment(b"CN=2011;CP=a=1").errors == ("cp", "missing_mn")


def test_device_time_is_utc_plus_8() -> None:
    assert device_time_s("20260101080000") == 1767225600.0
    assert device_time_s("20260101080000250") == 1767225600.25
    assert device_time_text(1767225600.25, milliseconds=True) == "20260101080000250"
    assert [device_time_s(text) for text in ("", "20261301080000", "2026010108", "2026010108000x")] == [
        None
    ] * 4


def frame(cn: str, flag: str = "Flag=5;", items: str = "") -> Frame:
    return parse_segment(f"QN=7;ST=22;CN={cn};PW=9;MN=A1;{flag}CP=&&{items}&&".encode())


@pytest.mark.parametrize(
    ("cn", "flag", "answer"),
    [
        ("2011", "Flag=5;", "QN=7;ST=91;CN=9014;PW=9;MN=A1;Flag=4;CP=&&&&"),
        ("2061", "Flag=7;", "QN=7;ST=91;CN=9014;PW=9;MN=A1;Flag=4;CP=&&&&"),
        ("2051", "Flag=9;", "QN=7;ST=91;CN=9014;PW=9;MN=A1;Flag=8;CP=&&&&"),
        ("1013", "Flag=5;", "QN=7;ST=91;CN=9013;PW=9;MN=A1;Flag=4;CP=&&&&"),
        ("9015", "Flag=9;", "QN=7;ST=91;CN=9013;PW=9;MN=A1;Flag=8;CP=&&&&"),
        ("9021", "Flag=5;", "QN=7;ST=91;CN=9013;PW=9;MN=A1;Flag=4;CP=&&&&"),
        ("9014", "Flag=5;", None),
        ("2011", "Flag=4;", None),
        ("2011", "", None),
    ],
)
def test_answers(cn: str, flag: str, answer: str | None) -> None:
    assert answer_to(frame(cn, flag)) == (None if answer is None else encode_frame(answer))


def test_arrival_of_data_and_of_refusal() -> None:
    segment = (
        "QN=1;ST=22;CN=2051;MN=A1;Flag=4;CP=&&DataTime=20260318100000;a1-Avg=2,a1-Max=x,a1-Flag=D;a2-Info=5&&"
    )
    cut = Framer().feed(encode_frame(segment))[0]
    arrival, answer = arrival_of(cut, "hj212:x", 5.0, Minutes())
    assert answer is None and arrival.intent == "reading" and arrival.t_s == device_time_s("20260318100000")
    assert [(m.factor, m.statistic, m.flag, m.averaging_s) for m in arrival.measurements] == [
        ("a1", "Avg", "D", 600.0),
        ("a1", "Max", "D", 600.0),
    ]
    assert (
        arrival.measurements[0].value == 2.0
        and arrival.measurements[1].value != arrival.measurements[1].value
    )
    refused, answer = arrival_of(Framer().feed(GOOD[:-6] + b"0000\r\n")[0], "hj212:x", 5.0, Minutes())
    assert (
        answer is None
        and (refused.intent, refused.device) == ("refused", "A1")
        and "check code" in refused.reason
    )


def test_minute_interval_is_learnt() -> None:
    minutes = Minutes()
    assert [minutes.averaging_s("A", t_s) for t_s in (0.0, 300.0, 600.0, 10_000.0)] == [
        600.0,
        300.0,
        300.0,
        300.0,
    ]
