# SPDX-License-Identifier: Apache-2.0
"""Texts on a still, written over the finished picture; the more urgent first, none over another."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

Placed = tuple[tuple[float, float, float], str, int]
"""Column, row (from the top) and depth 0-1 of the foot, text, priority."""
_FONTS = (
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/truetype/noto/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/truetype/wqy/wqy-zenhei.ttc",
    "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf",
)


def annotate(picture: Image.Image, labels: Sequence[Placed], caption: str) -> None:
    """Write labels and a caption; Chinese texts are left out where the machine has no Chinese font."""
    font = next(
        (ImageFont.truetype(path, 15, index=_face(path)) for path in _FONTS if Path(path).exists()), None
    )
    if font is None:
        return
    plain = not any("CJK" in path or "wqy" in path for path in _FONTS if Path(path).exists())
    pen = ImageDraw.Draw(picture, "RGBA")
    taken: list[tuple[float, float, float, float]] = []
    for place, text, priority in sorted(labels, key=lambda row: -row[2]):
        if plain and not text.isascii():
            continue
        x, y, depth = place
        width = pen.textlength(text, font=font) + 12
        box = (x - width / 2, y - 34, x + width / 2, y - 12)
        if not 0 < depth < 1 or box[0] < 0 or box[2] > picture.width or box[1] < 0 or box[3] > picture.height:
            continue
        if any(box[0] < b[2] and box[2] > b[0] and box[1] < b[3] and box[3] > b[1] for b in taken):
            continue
        taken.append(box)
        urgent = priority >= 90
        pen.line((x, y - 12, x, y), fill=(150, 210, 250, 200))
        pen.rectangle(
            box, fill=(176, 60, 16, 235) if urgent else (8, 26, 48, 190), outline=(120, 190, 240, 140)
        )
        pen.text(
            (box[0] + 6, box[1] + 1), text, font=font, fill=(255, 255, 255) if urgent else (206, 230, 250)
        )
    if caption and not (plain and not caption.isascii()):
        width = pen.textlength(caption, font=font)
        pen.rectangle((0, picture.height - 28, width + 24, picture.height), fill=(6, 18, 34, 210))
        pen.text((12, picture.height - 24), caption, font=font, fill=(220, 236, 250))


def _face(path: str) -> int:
    """Number of the simplified Chinese face in a collection."""
    return 2 if path.endswith("NotoSansCJK-Regular.ttc") else 0
