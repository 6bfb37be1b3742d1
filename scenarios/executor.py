# SPDX-License-Identifier: Apache-2.0
"""Many studies, one after the other or side by side in processes; the results do not depend on how.

Every study has its own seed and its own random streams, and nothing is shared between processes, so one worker and eight give
the same timelines, byte for byte.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from scenarios.run_folder import free_folder
from scenarios.study import Study
from scenarios.study_file import read_study

Say = Callable[[str], None]


def run_studies(
    paths: Sequence[Path],
    *,
    out: Path | None = None,
    overrides: Sequence[str] = (),
    fork: str | None = None,
    workers: int = 1,
    say: Say = lambda text: None,
) -> list[dict[str, Any]]:
    """Run study files; returns what run.json holds of each, with the folder as 'run', in the order of `paths`.

    Raises: InputProblems of the first study that has any, before anything is computed where the study file shows it.
    """
    parent = ""
    if fork is not None:
        from scenarios.fork import fork_overrides

        overrides, parent = fork_overrides(fork, overrides)
    studies = [read_study(path, overrides) for path in paths]
    taken: set[Path] = set()
    jobs = []
    for study in studies:
        folder = out or _next_folder(study, taken)
        taken.add(folder)
        jobs.append((study, folder, parent))
    if workers == 1 or len(jobs) == 1:
        return [_run(*job, say=say) for job in jobs]
    from scenarios.runner import new_pool

    with new_pool(min(workers, len(jobs))) as pool:
        return list(pool.map(_run, *zip(*jobs, strict=True)))


def _next_folder(study: Study, taken: set[Path]) -> Path:
    parent = study.park_folder / "runs"
    folder = free_folder(parent, study.name)
    number = 1
    while folder in taken:
        number += 1
        folder = parent / f"{study.name}-{number:03d}"
        if folder.exists():
            continue
    return folder


def _run(study: Study, folder: Path, parent: str, say: Say | None = None) -> dict[str, Any]:
    from scenarios.engine import simulate

    begun_s = time.perf_counter()
    said_s = begun_s

    def progress(share: float, message: str) -> None:
        nonlocal said_s
        now_s = time.perf_counter()
        if say and now_s - said_s > 2.0:
            said_s = now_s
            say(f"{study.name}: {share:4.0%} {message}")

    about = simulate(study, folder, progress=progress, parent=parent)
    return {**about, "run": str(folder), "wall_s": round(time.perf_counter() - begun_s, 3)}
