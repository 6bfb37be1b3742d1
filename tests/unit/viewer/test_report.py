# SPDX-License-Identifier: Apache-2.0
from pathlib import Path

import pytest

from geodata.demo_park import write_demo
from scenarios.engine import simulate
from scenarios.study_file import read_study
from twin.errors import InputProblems
from viewer.i18n import LANGUAGES, catalogue
from viewer.report import write_report


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("report")
    park = write_demo(folder / "park", size="tiny")
    study = next(
        path for path in sorted((park / "studies").iterdir()) if path.name.startswith("chlorine_leak")
    )
    simulate(read_study(study, ["duration_s=300"]), folder / "run")
    return folder / "run"


@pytest.mark.parametrize("language", LANGUAGES)
def test_report_says_everything_in_one_file(run: Path, language: str) -> None:
    page = write_report(run, language=language).read_text(encoding="utf-8")
    words = catalogue(language)
    for key in ("assumed", "course", "release", "reach", "people", "crew", "caveats", "proof", "exercise"):
        assert words[f"report.{key}"] in page, key
    assert "AEGL-2" in page and "7782-50-5" in page and 'src="http' not in page and "href=" not in page
    assert words["caveat.no_obstacles"] in page
    assert "{" not in page.split("</style>")[1]


def test_report_of_nothing_is_refused(run: Path, tmp_path: Path) -> None:
    with pytest.raises(InputProblems, match="no run folder"):
        write_report(tmp_path)
    with pytest.raises(InputProblems, match="language"):
        write_report(run, language="fr")
    with pytest.raises(InputProblems, match="cannot be written"):
        write_report(run, out=tmp_path / "absent" / "r.html")
