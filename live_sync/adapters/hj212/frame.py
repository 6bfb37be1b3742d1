# SPDX-License-Identifier: Apache-2.0
"""One HJ 212 frame: bytes to meaning and back.

`##` + length of the data segment (4 digits, bytes) + data segment + check code (4 hex digits) + CR LF. Field devices break
many of the rules; what can be understood is read and the deviation is named in `warnings`, never corrected in silence.

References: HJ 212-2017 section 6.3; expected contents of 189 real frames in the reference data.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from functools import lru_cache

import msgspec

from live_sync.adapters.hj212.crc import crc
from twin.clock import DEVICE_ZONE

LONGEST_SEGMENT = 1024
"""Longest data segment the standard allows; field devices send longer ones."""

Decipher = Callable[[bytes], bytes | None]
"""Turns the data segment of an encrypted frame (HJ 212-2025) into plain text; None = not encrypted or no key."""

_VERSIONS = {0: "2005", 1: "2017", 2: "2025"}
_MN_FORM = re.compile(r"[0-9A-F]{24}")
_OPAQUE_OR_SEPARATOR = re.compile(r"//.*?//|[;,]", re.DOTALL)


class Item(msgspec.Struct, frozen=True, gc=False):
    """One code of a frame with its attributes, e.g. a21026 with Rtd and Flag; values as sent."""

    code: str
    attrs: dict[str, str]


class Frame(msgspec.Struct, frozen=True, kw_only=True):
    """A frame that was understood; texts as sent, None = absent."""

    qn: str | None
    st: str | None
    cn: str | None
    pw: str | None
    mn: str | None
    flag: int | None
    version: str
    pnum: int | None
    pno: int | None
    rf: str | None
    fields: dict[str, str]
    items: list[Item]
    errors: tuple[str, ...] = ()
    """Names of the reference data: cp, tail, missing_mn; none of them makes the frame unusable."""
    warnings: tuple[str, ...] = ()

    @property
    def need_ack(self) -> bool:
        return bool((self.flag or 0) & 1)

    @property
    def split(self) -> bool:
        return bool((self.flag or 0) & 2)


class Refused(msgspec.Struct, frozen=True, kw_only=True):
    """Bytes that are no frame, and why: header, length or crc."""

    errors: tuple[str, ...]


def encode_frame(segment: str | bytes) -> bytes:
    """The frame that carries a data segment.

    Raises: ValueError when the segment is longer than four digits can say.

    Examples:
        >>> encode_frame("QN=1;ST=91;CN=9014;MN=1;Flag=4;CP=&&&&")[:12]
        b'##0038QN=1;S'
    """
    data = segment.encode() if isinstance(segment, str) else segment
    if len(data) > 9999:
        raise ValueError(f"a data segment of {len(data)} bytes does not fit into a frame (at most 9999)")
    return b"##%04d%b%04X\r\n" % (len(data), data, crc(data))


def build_segment(
    *,
    cn: str,
    mn: str,
    st: str = "91",
    qn: str | None = None,
    pw: str | None = None,
    flag: int | None = 4,
    pnum: int | None = None,
    pno: int | None = None,
    cp: str = "",
) -> str:
    """Text of a data segment; `cp` is what stands between the && marks."""
    head = [
        ("QN", qn),
        ("ST", st),
        ("CN", cn),
        ("PW", pw),
        ("MN", mn),
        ("Flag", flag),
        ("PNUM", pnum),
        ("PNO", pno),
    ]
    return ";".join(f"{key}={value}" for key, value in head if value is not None) + f";CP=&&{cp}&&"


def decode(raw: bytes, decipher: Decipher | None = None) -> Frame | Refused:
    """Meaning of the bytes of one whole frame, its CR LF included."""
    if raw[:2] != b"##" or not raw[2:6].isdigit():
        return Refused(errors=("header",))
    size = int(raw[2:6])
    body = raw[6:]
    tail = body.endswith(b"\r\n") or body.endswith(b"**")
    if len(body) - (2 if tail else 0) != size + 4:
        return Refused(errors=("length",))
    segment = check(body[:size], body[size : size + 4], decipher)
    if segment is None:
        return Refused(errors=("crc",))
    return parse_segment(segment, () if body.endswith(b"\r\n") else ("tail",))


def check(segment: bytes, code: bytes, decipher: Decipher | None = None) -> bytes | None:
    """The plain data segment if its check code holds, else None. The code of an encrypted frame covers the plain text."""
    try:
        wanted = int(code, 16)
    except ValueError:
        return None
    if crc(segment) == wanted:
        return segment
    if decipher is not None:
        plain = decipher(segment)
        if plain is not None and crc(plain) == wanted:
            return plain
    return None


def parse_segment(segment: bytes, warnings: tuple[str, ...] = ()) -> Frame:
    """Meaning of a data segment whose check code holds."""
    noted = list(warnings)
    errors = ["tail"] if "tail" in warnings else []
    try:
        text = segment.decode("utf-8")
    except UnicodeDecodeError:
        text = segment.decode("gb18030", errors="replace")
        noted.append("encoding")
    head, found, rest = text.partition("CP=")
    start, end = rest.find("&&"), rest.rfind("&&")
    if not found or start < 0 or end < start + 2:
        errors.append("cp")
        content = ""
    else:
        content = rest[start + 2 : end]
    if "," in head:
        head = head.replace(",", ";")
        noted.append("header_comma")
    values: dict[str, str] = {}
    for pair in head.split(";"):
        key, _, value = pair.partition("=")
        values[key.strip()] = value.strip()
    fields, items = _content(content)
    get = values.get
    mn, flag_text, pw, st, qn = get("MN"), get("Flag"), get("PW"), get("ST"), get("QN")
    flag = _whole(flag_text)
    if not mn:
        errors.append("missing_mn")
    elif _MN_FORM.fullmatch(mn) is None:
        noted.append("mn_form")
    if pw == "":
        noted.append("pw_empty")
    if st is not None and len(st) != 2:
        noted.append("st_form")
    if flag is not None and not qn:
        noted.append("qn_missing")
    if len(segment) > LONGEST_SEGMENT:
        noted.append("long")
    if flag_text is None:
        version = "2005"
    else:
        version = "unknown" if flag is None else _VERSIONS.get(flag >> 2, "unknown")
    return Frame(
        qn=qn,
        st=st,
        cn=get("CN"),
        pw=pw,
        mn=mn,
        flag=flag,
        version=version,
        pnum=_whole(get("PNUM")),
        pno=_whole(get("PNO")),
        rf=get("RF"),
        fields=fields,
        items=items,
        errors=tuple(errors),
        warnings=tuple(noted),
    )


def _content(content: str) -> tuple[dict[str, str], list[Item]]:
    """Fields (keys without '-') and items of what stands between the && marks."""
    fields: dict[str, str] = {}
    items: list[Item] = []
    groups = (
        _opaque_groups(content) if "//" in content else [group.split(",") for group in content.split(";")]
    )
    for group in groups:
        last_code = None
        attrs: dict[str, str] = {}
        for pair in group:
            key, found, value = pair.partition("=")
            if not found:
                continue
            code, dash, attribute = key.strip().partition("-")
            if not dash:
                fields[code] = value.strip()
                continue
            if code != last_code:
                last_code, attrs = code, {}
                items.append(Item(code, attrs))
            attrs[attribute] = value.strip()
    return fields, items


def _opaque_groups(content: str) -> list[list[str]]:
    """Groups of pairs when a value holds text between // that may contain separators."""
    groups: list[list[str]] = [[]]
    start = 0
    for match in _OPAQUE_OR_SEPARATOR.finditer(content):
        if match[0] in ";,":
            groups[-1].append(content[start : match.start()])
            start = match.end()
            if match[0] == ";":
                groups.append([])
    groups[-1].append(content[start:])
    return groups


def _whole(text: str | None) -> int | None:
    return int(text) if text is not None and text.isdecimal() else None


@lru_cache(maxsize=8192)
def device_time_s(text: str) -> float | None:
    """UTC seconds of a device's YYYYMMDDhhmmss[zzz] (China Standard Time, no zone sent); None = not a time.

    Examples:
        >>> device_time_s("20260101080000") == 1767225600.0
        True
    """
    if len(text) not in (14, 17) or not text.isdecimal():
        return None
    try:
        moment = datetime(
            int(text[:4]),
            int(text[4:6]),
            int(text[6:8]),
            int(text[8:10]),
            int(text[10:12]),
            int(text[12:14]),
            int(text[14:17] or 0) * 1000,
            tzinfo=DEVICE_ZONE,
        )
    except ValueError:
        return None
    return moment.timestamp()


def device_time_text(t_s: float, *, milliseconds: bool = False) -> str:
    """A device's way to write a time: YYYYMMDDhhmmss, with milliseconds for a QN."""
    moment = datetime.fromtimestamp(t_s, DEVICE_ZONE)
    text = moment.strftime("%Y%m%d%H%M%S")
    return f"{text}{moment.microsecond // 1000:03d}" if milliseconds else text
