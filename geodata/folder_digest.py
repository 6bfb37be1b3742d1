# SPDX-License-Identifier: Apache-2.0
"""One hash for the content of a park folder: what a run depends on, whatever the file system or line ends.

Counted: park.toml, the layer files in use, rasters, enterprises and plans. Not counted: studies (they have their own hash),
models (looks only), notes and hidden files.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

_RASTERS = ("dem.tif", "landcover.tif")
_TEXT = (".toml", ".geojson", ".json")
_BLOCK = 1 << 20


def folder_sha256(folder: Path, layer_files: Iterable[str]) -> str:
    """Hash of a park folder's content, independent of file order, times and CRLF."""
    names = {"park.toml", *layer_files, *(name for name in _RASTERS if (folder / name).is_file())}
    for kind in ("enterprises", "plans"):
        names |= {f"{kind}/{path.name}" for path in (folder / kind).glob("*.toml")}
    whole = hashlib.sha256()
    for name in sorted(names):
        whole.update(f"{name}\0{_file_sha256(folder / name)}\n".encode())
    return whole.hexdigest()


def _file_sha256(path: Path) -> str:
    digest = hashlib.sha256()
    if path.suffix in _TEXT:
        digest.update(path.read_bytes().replace(b"\r\n", b"\n"))
        return digest.hexdigest()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()
