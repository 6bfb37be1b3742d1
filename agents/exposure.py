# SPDX-License-Identifier: Apache-2.0
"""What breathing a gas does to a body: toxic load, probability of death, guideline levels, fire gases.

The load is TL = integral of C^n dt in ppm^n min (ten Berge, Zwart & Appelman 1986). A step integrates a
concentration that is linear in time exactly; indoors the air of a room follows dC/dt = a (C_out - C), solved
exactly for a linear C_out. Functions of C(t) only: where C comes from and who breathes it is not known here.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from twin.errors import OutOfRange
from twin.kernel import kernel

Floats = NDArray[np.float64]

PROTECTION_FACTORS: Mapping[str, float] = {
    "none": 1.0,
    "half_mask": 10.0,
    "full_mask": 50.0,
    "scba": 10_000.0,
}
"""Assigned protection factors, OSHA 29 CFR 1910.134(d)(3)(i)(A) table 1: outside over inhaled
concentration."""

LETHAL_IRRITANT_DOSE_PPM_MIN: Mapping[str, float] = {
    "HCl": 114_000.0,
    "HBr": 114_000.0,
    "HF": 87_000.0,
    "SO2": 12_000.0,
    "NO2": 1_900.0,
    "acrolein": 4_500.0,
    "formaldehyde": 22_500.0,
}
"""Fractional lethal dose constants F_FLD: Purser, as in table 2 of the FDS+Evac guide (Korhonen 2021)."""

HYPOXIA_LIMIT_O2_PERCENT = 20.0
"""At and above this oxygen content Purser's hypoxia term counts as zero, as in the FDS source."""


@kernel
def load_of_step(c0_ppm: float, c1_ppm: float, n: float, dt_s: float) -> float:
    """Scalar `toxic_load_step`, for other kernels."""
    low = max(c0_ppm, 0.0)
    high = max(c1_ppm, 0.0)
    mean = 0.5 * (low + high)
    if mean <= 0.0:
        return 0.0
    minutes = dt_s / 60.0
    if n == 1.0:
        return mean * minutes
    ratio = (high - low) / (2.0 * mean)
    if abs(ratio) < 0.02:
        square = ratio * ratio
        series = 1.0 + n * (n - 1.0) / 6.0 * square * (1.0 + (n - 2.0) * (n - 3.0) / 20.0 * square)
        return float(mean**n * series * minutes)
    return float((high ** (n + 1.0) - low ** (n + 1.0)) / ((n + 1.0) * (high - low)) * minutes)


@kernel
def _loads(c0_ppm: Floats, c1_ppm: Floats, n: float, dt_s: Floats, load: Floats) -> None:
    for i in range(load.size):
        load[i] = load_of_step(c0_ppm[i], c1_ppm[i], n, dt_s[i])


def toxic_load_step(c0_ppm: ArrayLike, c1_ppm: ArrayLike, n: float, dt_s: ArrayLike) -> Floats:
    """Toxic load [ppm^n min] of a step in which the concentration goes linearly from c0 to c1; exact.

    (c1^(n+1) - c0^(n+1)) / ((n+1)(c1-c0)) dt, and its Taylor series about the mean where c0 and c1 nearly
    agree (relative error < 1e-11). Negative concentrations count as zero.
    Shapes: broadcast.
    References: ten Berge, Zwart & Appelman (1986), J. Hazard. Mater. 13:301, eq. 1.

    Examples:
        >>> float(toxic_load_step(0.0, 200.0, 2.0, 900.0))  # ramp: C^2 T / 3
        200000.0
    """
    c0, c1, dt = np.broadcast_arrays(*(np.asarray(a, dtype=np.float64) for a in (c0_ppm, c1_ppm, dt_s)))
    load = np.empty(c0.size)
    _loads(c0.ravel(), c1.ravel(), float(n), dt.ravel(), load)
    return load.reshape(c0.shape)


@kernel
def indoor_after(indoor: float, out0: float, out1: float, air_changes_1_s: float, dt_s: float) -> float:
    """Scalar `IndoorAir.step`, for other kernels."""
    changed = air_changes_1_s * dt_s
    if changed <= 0.0:
        return indoor
    gone = -math.expm1(-changed)
    # (1 - gone / changed), without the cancellation of small arguments
    lag = changed / 2.0 - changed * changed / 6.0 if changed < 1e-5 else 1.0 - gone / changed
    return indoor * (1.0 - gone) + out0 * gone + (out1 - out0) * lag


@kernel
def _indoor(indoor: Floats, out0: Floats, out1: Floats, air_changes_1_s: Floats, dt_s: float) -> None:
    for i in range(indoor.size):
        indoor[i] = indoor_after(indoor[i], out0[i], out1[i], air_changes_1_s[i], dt_s)


@dataclass(slots=True)
class IndoorAir:
    """Well-mixed air of rooms: dC/dt = a (C_out - C), one room per row.

    Exact for an outdoor concentration that is linear within a step.
    Valid for: gases that are neither filtered nor deposited; one zone.
    References: mass balance of one zone; its exact solution for a linear C_out follows by the integrating
    factor exp(a t).

    Examples:
        >>> air = IndoorAir(np.zeros(1), np.array([math.log(2) / 60]))
        >>> round(float(air.step(100.0, 100.0, 60.0)[0]), 9)  # half an exchange time constant of ln 2
        50.0
    """

    concentration: Floats
    """Inside [N], unit of the outdoor concentration."""
    air_changes_1_s: Floats
    """[N]"""

    def step(self, out0: ArrayLike, out1: ArrayLike, dt_s: float) -> Floats:
        """Concentration inside after dt_s while outside goes linearly from out0 to out1. Shapes: [N] ->
        [N]."""
        shape = self.concentration.shape
        _indoor(
            self.concentration,
            np.broadcast_to(np.asarray(out0, dtype=np.float64), shape),
            np.broadcast_to(np.asarray(out1, dtype=np.float64), shape),
            self.air_changes_1_s,
            float(dt_s),
        )
        return self.concentration


def probit_probability(load: ArrayLike, a: float, b: float) -> Floats:
    """Fraction of people who die: Phi(a + b ln(load) - 5); 0 without load.

    The constants must belong to the unit of the load: see `Substance.toxic_probit_ppm`.
    References: Finney (1971), Probit Analysis; CPR 16E (Green Book) section 5.2, Pr = a + b ln(C^n t).
    """
    from scipy.special import ndtr

    values = np.asarray(load, dtype=np.float64)
    with np.errstate(divide="ignore"):
        result: Floats = ndtr(a + b * np.log(np.maximum(values, 0.0)) - 5.0)
    return result


def lethal_load(fraction: ArrayLike, a: float, b: float) -> Floats:
    """Load at which the given fraction of people dies; inverse of `probit_probability`."""
    from scipy.special import ndtri

    result: Floats = np.exp((5.0 + ndtri(np.asarray(fraction, dtype=np.float64)) - a) / b)
    return result


def aegl_at(levels_ppm: Mapping[int, float], minutes: ArrayLike) -> Floats:
    """Acute exposure guideline level [ppm] for an exposure of the given duration.

    Between the tabulated durations (10, 30, 60, 240, 480 min) C^k t = const, that is linear in log C against
    log t. Shorter than the first: the first value holds (it is not extrapolated upwards: cautious). Longer
    than the last: C t = const, the default for longer durations.
    References: NRC (2001), Standing Operating Procedures for Developing AEGLs, section 2.7 (time scaling C^n
    t = k; n = 1 from shorter to longer durations where nothing better is known).

    Raises: OutOfRange when no level is tabulated.
    """
    if not levels_ppm:
        raise OutOfRange("no guideline level is tabulated for this substance")
    durations = sorted(levels_ppm)
    log_t = np.log(np.array(durations, dtype=np.float64))
    log_c = np.log(np.array([levels_ppm[d] for d in durations], dtype=np.float64))
    wanted = np.log(np.maximum(np.asarray(minutes, dtype=np.float64), 1e-9))
    inside = np.interp(wanted, log_t, log_c)
    result: Floats = np.exp(inside - np.maximum(wanted - log_t[-1], 0.0))
    return result


def fire_gas_rate(
    *,
    co_ppm: float = 0.0,
    co2_percent: float = 0.0,
    o2_percent: float = 20.9,
    hcn_ppm: float = 0.0,
    no_ppm: float = 0.0,
    no2_ppm: float = 0.0,
    irritants_ppm: Mapping[str, float] | None = None,
) -> float:
    """Fractional effective dose taken up per minute; a total of 1 incapacitates half of people.

    FED = (CO + CN + NOx + irritants) HV_CO2 + hypoxia with Purser's terms, all per minute:
    2.764e-5 CO^1.036; exp(CN/43)/220 - 0.0045 with CN = HCN - NO2; (NO + NO2)/1500; sum C/F;
    HV = exp(0.1903 CO2 + 2.0004)/7.1; hypoxia 1/exp(8.13 - 0.54 (20.9 - O2)) below 20 % oxygen.
    Valid for: light work; constant gas in the minute.
    References: Purser, SFPE Handbook; FDS+Evac guide (Korhonen 2021) eqs 12-19; ISO 13571 for the narcotic
    terms.
    """
    doses = dict(irritants_ppm or {})
    unknown = sorted(set(doses) - set(LETHAL_IRRITANT_DOSE_PPM_MIN))
    if unknown:
        raise OutOfRange(f"no irritant dose is known for {', '.join(unknown)}")
    cyanide_ppm = max(hcn_ppm - no2_ppm, 0.0)
    narcotic = float(2.764e-5 * max(co_ppm, 0.0) ** 1.036)
    narcotic += max(math.exp(cyanide_ppm / 43.0) / 220.0 - 0.0045, 0.0) if cyanide_ppm > 0.0 else 0.0
    narcotic += (no_ppm + no2_ppm) / 1500.0
    if no2_ppm and "NO2" not in doses:
        doses["NO2"] = no2_ppm
    irritant = sum(value / LETHAL_IRRITANT_DOSE_PPM_MIN[name] for name, value in doses.items())
    ventilation = math.exp(0.1903 * co2_percent + 2.0004) / 7.1
    return (narcotic + irritant) * ventilation + hypoxia_rate(o2_percent)


def hypoxia_rate(o2_percent: float) -> float:
    """Purser's term for lack of oxygen [1/min]: 1 / exp(8.13 - 0.54 (20.9 - O2)), 0 from 20 % oxygen on."""
    if o2_percent >= HYPOXIA_LIMIT_O2_PERCENT:
        return 0.0
    return 1.0 / math.exp(8.13 - 0.54 * (20.9 - o2_percent))


def smoke_speed_factor(extinction_1_m: ArrayLike) -> Floats:
    """Walking speed in smoke over speed in clear air: max(0.1, 1 - 0.0807365 K).

    References: Frantzich & Nilsson (2003), Lund report 3126 (v = 0.706 - 0.057 K), as used in the FDS+Evac
    guide eq. 11.
    """
    result: Floats = np.maximum(0.1, 1.0 - 0.057 / 0.706 * np.asarray(extinction_1_m, dtype=np.float64))
    return result
