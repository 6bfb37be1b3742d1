# SPDX-License-Identifier: Apache-2.0
"""The command line: composes the packages, holds no logic of its own.

Heavy imports live inside the commands, so that `parktwin --help` answers at once. Results go to stdout, words to stderr.
Exit codes: 0 fine, 1 our fault, 2 the user's input has problems (all listed), 3 a stated figure was not reached.
"""

from __future__ import annotations

import json
import os
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from twin.errors import InputProblems, ParkTwinError, problem
from twin.stopping import end_with_parent

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ.setdefault(_name, "1")  # results must not depend on the number of threads

app = typer.Typer(
    help="Digital twin and emergency scenario platform for chemical parks.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

ParkFolder = Annotated[Path, typer.Argument(metavar="PARK", help="Park folder (park.toml and layers).")]
AsJson = Annotated[bool, typer.Option("--json", help="Machine-readable result on stdout.")]
Speed = Annotated[float, typer.Option(min=0.01, max=10000, help="Times real time.")]


VALIDATORS = {
    "agents": "agents.validate",
    "dispersion": "scenarios.validate_dispersion",
    "geodata": "geodata.validate",
    "hj212": "live_sync.validate",
}
"""Topic of `validate` -> module whose `validate(folder)` compares with reference data."""
BENCHES = {
    "geodata": "geodata.bench",
    "live_sync": "live_sync.bench",
    "agents": "agents.bench",
    "dispersion": "scenarios.bench",
    "viewer": "viewer.bench",
}
"""Topic of `bench` -> module whose `bench()` yields `twin.benchmark.Measured`."""


class Size(StrEnum):
    tiny = "tiny"
    medium = "medium"
    large = "large"


class Topic(StrEnum):
    agents = "agents"
    assimilation = "assimilation"
    dispersion = "dispersion"
    fire_qra = "fire_qra"
    geodata = "geodata"
    hj212 = "hj212"


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _address(text: str | None, option: str) -> tuple[str, int] | None:
    if text is None:
        return None
    host, colon, port = text.rpartition(":")
    if not colon or not port.isdigit() or not 0 <= int(port) < 65536:
        raise problem(f"{option} {text} is no address", "Write HOST:PORT, e.g. 127.0.0.1:9212.", field=option)
    return host.strip("[]") or "127.0.0.1", int(port)


@app.command()
def demo(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder to write; must be empty or absent.")],
    size: Annotated[Size, typer.Option(help="How big.")] = Size.medium,
    seed: Annotated[int, typer.Option(min=0, help="Same seed, same park.")] = 7,
    flaws: Annotated[
        bool, typer.Option("--flaws", help="Plant a fault of every check code, to try the checker.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace what is there.")] = False,
) -> None:
    """Write a demo park folder."""
    from geodata.demo_park import write_demo

    written = write_demo(folder, size=size.value, seed=seed, flaws=flaws, force=force)
    _say(f"Demo park written to {written}")


@app.command()
def check(park: ParkFolder, as_json: AsJson = False) -> None:
    """List every problem of a park folder; exit 2 if there is any."""
    from dataclasses import asdict

    from geodata.check import check_park

    problems = check_park(park)
    errors = [found for found in problems if not found.warning]
    if as_json:
        print(json.dumps([asdict(found) for found in problems], ensure_ascii=False))
    else:
        for found in problems:
            print(("warning: " if found.warning else "") + str(found))
    _say(f"{len(errors)} problems, {len(problems) - len(errors)} warnings")
    if errors:
        raise typer.Exit(2)


@app.command()
def run(
    studies: Annotated[list[Path], typer.Argument(metavar="STUDY.toml...", help="Study files.")],
    out: Annotated[Path | None, typer.Option(help="Run folder to make (one study only).")] = None,
    set_: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Change a key of the study.")
    ] = None,
    fork: Annotated[
        str | None, typer.Option(metavar="STORE@TIME", help="Take wind from a live store at a time.")
    ] = None,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Studies that run at once.")] = 1,
    as_json: AsJson = False,
) -> None:
    """Simulate studies; each leaves a run folder."""
    from scenarios.executor import run_studies

    if out is not None and len(studies) > 1:
        raise problem(
            "--out names one folder for several studies",
            "Leave --out away; each gets its own.",
            field="--out",
        )
    results = run_studies(studies, out=out, overrides=set_ or [], fork=fork, workers=workers, say=_say)
    if as_json:
        print(json.dumps(results[0] if len(studies) == 1 else results, ensure_ascii=False))
    else:
        for result in results:
            print(result["run"])


@app.command()
def live(
    park: ParkFolder,
    simulate: Annotated[bool, typer.Option("--simulate", help="Start the simulated plant as well.")] = False,
    store: Annotated[
        Path | None, typer.Option(help="Folder of the store; default PARK/.parktwin/live.")
    ] = None,
    host: Annotated[str, typer.Option(help="Address of the page.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port of the page.")] = 8080,
    hj212: Annotated[
        str, typer.Option(metavar="HOST:PORT", help="Where HJ 212 devices connect.")
    ] = "127.0.0.1:9212",
    replay: Annotated[Path | None, typer.Option(help="Recorded stream (CSV) to feed in.")] = None,
    speed: Speed = 1.0,
    workers: Annotated[int, typer.Option(min=1, max=16, help="What-if runs at once.")] = 1,
) -> None:
    """Open the live park: ingest, simulation runner and viewer, each in its own process."""
    from viewer.live import run_live

    run_live(
        park,
        store=store or park / ".parktwin" / "live",
        host=host,
        port=port,
        hj212=_address(hj212, "--hj212"),
        simulate=simulate,
        replay=replay,
        speed=speed,
        workers=workers,
        say=_say,
    )


@app.command()
def plant(
    park: ParkFolder,
    to: Annotated[str, typer.Option(metavar="HOST:PORT", help="HJ 212 server to send to.")],
    truth: Annotated[Path | None, typer.Option(metavar="RUN", help="Finished run its detectors see.")] = None,
    speed: Speed = 1.0,
    seed: Annotated[int, typer.Option(min=0)] = 1,
    interval: Annotated[float, typer.Option(min=1, help="Seconds between real-time frames.")] = 10.0,
) -> None:
    """The simulated plant: sends true HJ 212-2017 frames until stopped."""
    from geodata.load import load_park
    from live_sync.plant import run_plant

    address = _address(to, "--to")
    assert address is not None
    report = run_plant(load_park(park), *address, truth=truth, speed=speed, seed=seed, interval_s=interval)
    _say(f"sent {report.sent}, acknowledged {report.acknowledged}, sent again {report.resent}")


@app.command()
def view(
    what: Annotated[Path, typer.Argument(metavar="PARK|RUN", help="Park folder or run folder.")],
    host: Annotated[str, typer.Option()] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535)] = 8080,
) -> None:
    """Show a park, or a run in its park."""
    from viewer.live import show

    show(what, host=host, port=port, speed=1.0, mode="view", say=_say)


@app.command()
def replay(
    what: Annotated[Path, typer.Argument(metavar="RUN|STORE", help="Run folder, or store of a live world.")],
    speed: Speed = 1.0,
    host: Annotated[str, typer.Option()] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535)] = 8080,
) -> None:
    """Play what happened, at any speed, in any direction."""
    from viewer.live import show

    show(what, host=host, port=port, speed=speed, mode="replay", say=_say)


@app.command()
def report(
    run_folder: Annotated[Path, typer.Argument(metavar="RUN")],
    out: Annotated[Path | None, typer.Option(help="File to write; default RUN/report.html.")] = None,
    language: Annotated[str, typer.Option(help="zh or en.")] = "zh",
) -> None:
    """Write the report of a run: consequences, people, orders, pictures, assumptions and caveats."""
    from viewer.report import write_report

    print(write_report(run_folder, out=out, language=language))


@app.command()
def validate(
    topic: Annotated[Topic, typer.Argument(help="Which reference data to compare with.")],
    data: Annotated[
        Path | None, typer.Option(help="Folder of that layout; absent files are skipped and listed.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Compare with reference data; exit 3 if a stated figure is not reached."""
    from importlib import import_module

    module = VALIDATORS.get(topic.value)
    if module is None:
        raise problem(
            f"nothing can be validated on '{topic.value}' yet",
            f"Topics: {', '.join(VALIDATORS)}.",
            field="TOPIC",
        )
    folder = data or Path(__file__).resolve().parent.parent / "shared" / "reference" / topic.value
    if not folder.is_dir():
        raise problem(
            "there is no such folder", "Name a folder of reference data with --data.", file=str(folder)
        )
    found = import_module(module).validate(folder)
    if as_json:
        print(json.dumps(found.as_dict(), ensure_ascii=False))
    else:
        for case in found.cases:
            print(
                f"{'ok  ' if case.passed else 'FAIL'} {case.case}: {case.metric} = {case.value} (figure {case.figure})"
            )
        for name in found.skipped:
            print(f"skipped {name}")
    if not found.passed:
        raise typer.Exit(3)


@app.command()
def bench(
    topic: Annotated[str | None, typer.Argument(help="Only this topic.")] = None,
    as_json: AsJson = False,
) -> None:
    """Measure the stated figures, beside a peer in the same run; exit 3 if one falls short."""
    from importlib import import_module

    if topic is not None and topic not in BENCHES:
        raise problem(f"there is no bench '{topic}'", f"Topics: {', '.join(BENCHES)}.", field="TOPIC")
    short = False
    for name, module in BENCHES.items():
        if topic not in (None, name):
            continue
        for line in import_module(module).bench():
            short |= not line.passed
            if as_json:
                print(json.dumps(line.as_dict()), flush=True)
            else:
                peer = f", {line.ratio:.3g}x {line.peer}" if line.ratio else ""
                verdict = "ok" if line.passed else "FELL SHORT"
                print(
                    f"{verdict:10} {line.name}: {line.value:.4g} {line.unit} (figure {line.figure}{peer})",
                    flush=True,
                )
    if short:
        raise typer.Exit(3)


# --- processes of `parktwin live`, started by it ----------------------------------------------------------------------
@app.command("_ingest", hidden=True)
def ingest(
    park: Path,
    store: Path,
    hj212: Annotated[str | None, typer.Option()] = None,
    replay_file: Annotated[Path | None, typer.Option("--replay")] = None,
    speed: Speed = 1.0,
) -> None:
    """Adapters, quality, alarms, journal."""
    from live_sync.ingest import main as serve_ingest
    from viewer.live import tell_ready

    serve_ingest(
        park, store, hj212=_address(hj212, "--hj212"), replay=replay_file, speed=speed, ready=tell_ready
    )


@app.command("_runner", hidden=True)
def runner(store: Path, workers: Annotated[int, typer.Option()] = 1) -> None:
    """Runs that were asked for."""
    from scenarios.runner import main as serve_runs
    from viewer.live import tell_ready

    serve_runs(store, workers=workers, ready=tell_ready)


@app.command("_viewer", hidden=True)
def viewer(
    park: Path,
    store: Annotated[Path, typer.Option()],
    host: Annotated[str, typer.Option()],
    port: Annotated[int, typer.Option()],
) -> None:
    """The page."""
    from viewer.live import tell_ready
    from viewer.server import serve

    serve(park, store=store, run=None, host=host, port=port, ready=tell_ready)


def main() -> None:
    """Run the command line; the user's mistakes end in one clear message and exit code 2."""
    end_with_parent()
    try:
        app(standalone_mode=True)
    except InputProblems as error:
        for found in error.problems:
            _say(f"parktwin: {found}")
        sys.exit(2)
    except ParkTwinError as error:
        _say(f"parktwin: {error}")
        sys.exit(2)
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
