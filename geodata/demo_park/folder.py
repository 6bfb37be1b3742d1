# SPDX-License-Identifier: Apache-2.0
"""`write_demo`: a generated park as a park folder, with elevation raster, studies, a plan and a README.

Equal sizes and seeds give equal bytes. With `flaws` one fault of every check code is planted (see `flaws`).
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import numpy as np

from geodata.demo_park.generator import DemoPark, generate
from geodata.demo_park.readme import readme_text
from geodata.demo_park.studies import study_files
from geodata.write import write_park
from twin.errors import problem

MAKER = "parktwin demo"
LICENCE = "CC0-1.0 (invented; no resemblance to a real park is intended)"


def write_demo(
    folder: Path, *, size: str = "medium", seed: int = 7, flaws: bool = False, force: bool = False
) -> Path:
    """Write a demo park into a new or empty folder; with `force`, in place of the park that is there.

    Raises: InputProblems when the folder holds something else, or cannot be written; then nothing has changed.
    """
    folder = Path(folder)
    filled = folder.is_dir() and any(folder.iterdir())
    if filled and not force:
        raise problem(
            f"{folder} is not empty",
            "Name a new or empty folder, or use --force to replace the park that is there.",
            file=str(folder),
        )
    if filled and not (folder / "park.toml").is_file():
        raise problem(
            f"{folder} holds something that is no park",
            "--force replaces park folders only; name another folder.",
            file=str(folder),
        )
    demo = generate(size, seed)
    if not filled:
        _write(demo, folder, flaws)
        return folder
    target = folder.resolve()
    aside = target.with_name(f".{target.name}-replaced")
    shutil.rmtree(aside, ignore_errors=True)
    os.rename(target, aside)
    try:
        _write(demo, target, flaws)
    except BaseException:
        shutil.rmtree(target, ignore_errors=True)
        os.rename(aside, target)
        raise
    shutil.rmtree(aside)
    return folder


def _write(demo: DemoPark, folder: Path, flaws: bool) -> None:
    files = demo_files(demo)
    if not flaws:
        write_park(demo.park, folder, maker=MAKER, licence=LICENCE, extra=files)
        return
    from geodata.demo_park.flaws import plant

    flawed = plant(demo, MAKER, LICENCE)
    files.update(flawed.files)
    files["README.txt"] = readme_text(demo, flawed.planted)
    write_park(flawed.park, folder, maker=MAKER, licence=LICENCE, extra=files)


def demo_files(demo: DemoPark) -> dict[str, bytes | str]:
    """What the folder holds besides the park's layers."""
    files: dict[str, bytes | str] = {"README.txt": readme_text(demo), "dem.tif": raster_bytes(demo)}
    files.update(study_files(demo.park, demo.prevailing_wind_from_deg))
    return files


def raster_bytes(demo: DemoPark) -> bytes:
    """The ground as GeoTIFF in the park's CRS."""
    from rasterio import Affine
    from rasterio.io import MemoryFile

    east_m, north_m = demo.park.frame.origin_m
    rows, columns = demo.elevation_m.shape
    with MemoryFile() as memory:
        with memory.open(
            driver="GTiff",
            width=columns,
            height=rows,
            count=1,
            dtype="float32",
            crs=demo.park.frame.crs,
            transform=Affine(
                demo.cell_m, 0.0, east_m + demo.west_m, 0.0, -demo.cell_m, north_m + demo.north_m
            ),
            compress="deflate",
            predictor=3,
            zlevel=6,
            tiled=True,
            blockxsize=256,
            blockysize=256,
            nodata=-9999.0,
        ) as raster:
            raster.write(demo.elevation_m[::-1].astype(np.float32), 1)
        return bytes(memory.read())
