# SPDX-License-Identifier: Apache-2.0
"""`parktwin validate hj212`: real frames, check codes and the encryption example against what the reader understands.

Every row of frames.csv is compared twice: decoded alone, and cut out of one stream in pieces of changing size.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from live_sync.adapters.hj212.codes import COMMANDS
from live_sync.adapters.hj212.crc import crc, crc_bitwise
from live_sync.adapters.hj212.frame import Frame, Refused, decode, encode_frame
from live_sync.adapters.hj212.framer import Framer
from twin.errors import problem
from twin.validation import Report

STANDARD_EXAMPLE = (
    "QN=20160801085857223;ST=32;CN=1062;PW=100000;MN=010000A8900016F000169DC0;Flag=5;CP=&&RtdInterval=30&&"
)
"""Data segment of HJ 212-2017 Appendix A; its check code is printed as 1C80."""
HEARTBEAT_EXAMPLE = "QN=20240601085857223;ST=32;CN=1011;PW=123456;MN=010000A8900016F000169DC0;Flag=9;CP=&&&&"
"""Data segment of HJ 212-2025 Appendix A.1 as quoted in public test code; its check code is 2200."""
_CHUNKS = (1, 7, 64, 3, 1000, 19)


def validate(data: Path) -> Report:
    """Compare with the files of `data`; those that are absent are listed as skipped."""
    report = Report("hj212")
    for name, segment, wanted in (
        ("HJ 212-2017 Appendix A", STANDARD_EXAMPLE, "1C80"),
        ("HJ 212-2025 Appendix A.1", HEARTBEAT_EXAMPLE, "2200"),
    ):
        found = f"{crc(segment.encode()):04X}"
        report.add(name, "check code", found, wanted, found == wanted)
    comparisons = {
        "frames.csv": _frames,
        "sm4_vector.json": _plain_vector,
        "factor_codes_2017.csv": _factor_codes,
    }
    for file, compare in comparisons.items():
        path = data / file
        if not path.is_file():
            report.skipped.append(file)
            continue
        try:
            compare(path, report)
        except (KeyError, ValueError) as error:
            raise problem(
                f"is not the reference table: {type(error).__name__} {error}",
                "Give a folder laid out like the reference data.",
                file=str(path),
            ) from None
    return report


def frame_rows(path: Path) -> list[tuple[str, bytes, bool, dict[str, Any]]]:
    """Id, bytes, validity and expected contents of each row of a frames.csv."""
    with path.open(encoding="utf-8", newline="") as file:
        return [
            (row["id"], _unescape(row["frame"]), row["valid"] == "1", json.loads(row["expected_json"]))
            for row in csv.DictReader(file)
        ]


def as_expected(frame: Frame | Refused) -> dict[str, Any]:
    """A decoded frame in the words of the reference's expected_json."""
    if isinstance(frame, Refused):
        empty = dict.fromkeys(
            ("qn", "st", "cn", "pw", "mn", "flag", "version", "need_ack", "split", "pnum", "pno", "rf")
        )
        return {"ok": False, "errors": list(frame.errors), **empty, "fields": {}, "items": []}
    return {
        "ok": True,
        "errors": list(frame.errors),
        "qn": frame.qn,
        "st": frame.st,
        "cn": frame.cn,
        "pw": frame.pw,
        "mn": frame.mn,
        "flag": frame.flag,
        "version": frame.version,
        "need_ack": frame.need_ack,
        "split": frame.split,
        "pnum": frame.pnum,
        "pno": frame.pno,
        "rf": frame.rf,
        "fields": frame.fields,
        "items": [{"code": item.code, "attrs": item.attrs} for item in frame.items],
    }


def _frames(path: Path, report: Report) -> None:
    rows = frame_rows(path)
    equal = 0
    for row_id, raw, _, expected in rows:
        found = as_expected(decode(raw))
        if found == expected:
            equal += 1
            continue
        parts = sorted(key for key in expected.keys() | found.keys() if expected.get(key) != found.get(key))
        report.add(f"frame {row_id}", "fields that differ", ", ".join(parts), "none", False)
    report.add("frames decoded alone", "equal to expected_json", equal, f"= {len(rows)}", equal == len(rows))
    _cut_stream(rows, report)
    valid = [raw for _, raw, is_valid, _ in rows if is_valid]
    same = sum(
        crc(raw[6 : 6 + int(raw[2:6])]) == crc_bitwise(raw[6 : 6 + int(raw[2:6])]) == _printed(raw)
        for raw in valid
    )
    report.add("check codes", "fast = bit by bit = printed", same, f"= {len(valid)}", same == len(valid))
    written = sum(encode_frame(raw[6 : 6 + int(raw[2:6])]).upper() == raw.upper() for raw in valid)
    report.add("frames written again", "equal bytes", written, f"= {len(valid)}", written == len(valid))
    unknown = sorted({str(expected["cn"]) for _, _, is_valid, expected in rows if is_valid} - COMMANDS.keys())
    report.add("command codes", "not known", ", ".join(unknown) or "none", "none", not unknown)


def _cut_stream(rows: Sequence[tuple[str, bytes, bool, dict[str, Any]]], report: Report) -> None:
    stream = b"".join(raw for _, raw, _, _ in rows)
    framer = Framer()
    cuts = []
    position = turn = 0
    while position < len(stream):
        size = _CHUNKS[turn % len(_CHUNKS)]
        cuts += framer.feed(stream[position : position + size])
        position, turn = position + size, turn + 1
    cuts += framer.finish()
    valid = [raw for _, raw, is_valid, _ in rows if is_valid]
    taken = [cut.raw for cut in cuts if cut.segment is not None]
    hits = sum(found == wanted for found, wanted in zip(taken, valid, strict=False))
    passed = taken == valid
    report.add("frames cut from one stream", "taken, in order", hits, f"= {len(valid)}", passed)
    refused = sum(cut.segment is None for cut in cuts)
    wanted = len(rows) - len(valid)
    # rubbish rows that stand side by side are one refusal, so only "some" or "none" can be asked
    report.add(
        "frames cut from one stream",
        "refused",
        refused,
        ">= 1" if wanted else "= 0",
        bool(refused) == bool(wanted),
    )
    size = sum(cut.size for cut in cuts)
    report.add(
        "frames cut from one stream", "bytes accounted for", size, f"= {len(stream)}", size == len(stream)
    )


def _plain_vector(path: Path, report: Report) -> None:
    """The encrypted example's plain frame; and the seam: with a decipher its wire form reads the same."""
    vector = json.loads(path.read_text(encoding="utf-8"))
    plain = vector["plain_frame"].encode()
    wire = bytes.fromhex(vector["wire_hex"])
    segment = plain[6:-6]
    found = decode(plain)
    passed = isinstance(found, Frame) and found.version == "2025"
    report.add("2025 example, plain", "read", "yes" if passed else "no", "yes", passed)
    closed = isinstance(decode(wire), Refused)
    report.add("2025 example, encrypted, no key", "refused", "yes" if closed else "no", "yes", closed)
    opened = decode(wire, lambda data: segment if data == wire[6:-6] else None) == found
    report.add("2025 example, deciphered outside", "equal to plain", "yes" if opened else "no", "yes", opened)


def _factor_codes(path: Path, report: Report) -> None:
    """Every code of the table survives a frame: written as an item, read back."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    good = 0
    for row in rows:
        code = row["code"]
        frame = decode(
            encode_frame(f"ST=22;CN=2011;MN=1;CP=&&DataTime=20260101000000;{code}-Rtd=1.5,{code}-Flag=N&&")
        )
        good += isinstance(frame, Frame) and [(i.code, i.attrs) for i in frame.items] == [
            (code, {"Rtd": "1.5", "Flag": "N"})
        ]
    report.add("factor codes", "carried by a frame", good, f"= {len(rows)}", good == len(rows) > 0)


def _printed(raw: bytes) -> int:
    end = 6 + int(raw[2:6])
    return int(raw[end : end + 4], 16)


def _unescape(text: str) -> bytes:
    r"""Bytes of a frame written with \r, \n and \\."""
    parts = text.split("\\\\")
    return "\\".join(part.replace("\\r", "\r").replace("\\n", "\n") for part in parts).encode()
