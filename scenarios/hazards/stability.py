# SPDX-License-Identifier: Apache-2.0
"""The air near the ground from what an observer knows: Pasquill class, wind profile, turbulence scales, dense-gas test.

Wind and turbulence follow Monin-Obukhov similarity with the Obukhov length that stands for a class and a roughness.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.errors import problem
from twin.units import GRAVITY_M_S2
from twin.weather import Weather

Floats = NDArray[np.float64]
CLASSES = "ABCDEF"
KARMAN = 0.4
_GOLDER = {"A": (-11.4, 0.10), "B": (-26.0, 0.17), "C": (-123.0, 0.30), "E": (123.0, 0.30), "F": (26.0, 0.17)}


def pasquill_class(wind_speed_m_s: float, sun_elevation_deg: float, cloud_fraction: float) -> str:
    """Pasquill class A-F from 10 m wind, height of the sun and cloud.

    By day the insolation class 4-1 is that of the sun's height (60, 35, 15 deg), less 1 above 5/10 and less 2 above 8/10
    cloud; by night the net radiation index is -2 up to and -1 above 4/10 cloud; overcast is neutral.

    Valid for: open country. Cloud ceilings, which Turner uses to tell high cloud from low, are not known here.
    References: Turner 1964, J. Appl. Meteor. 3, 83, table of net radiation index and wind.

    Examples:
        >>> pasquill_class(2.0, 65.0, 0.0), pasquill_class(2.0, -10.0, 0.0), pasquill_class(7.0, 30.0, 0.3)
        ('A', 'F', 'D')
    """
    if not 0 <= cloud_fraction <= 1:
        raise problem(
            f"cloud fraction {cloud_fraction} is not within 0..1", "Give it as 0..1.", field="cloud_fraction"
        )
    if cloud_fraction > 0.95:
        index = 0
    elif sun_elevation_deg <= 0:
        index = -2 if cloud_fraction <= 0.4 else -1
    else:
        index = 1 + sum(sun_elevation_deg > limit for limit in (15.0, 35.0, 60.0))
        if cloud_fraction > 0.5:
            index = max(index - (2 if cloud_fraction > 0.8 else 1), 1)
    # rows: upper limit of the wind speed; columns: index 4, 3, 2, 1, 0, -1, -2 (class G counts as F)
    table = (
        (0.8, "AABCDFF"),
        (1.8, "ABBCDFF"),
        (2.8, "ABCDDEF"),
        (3.3, "BBCDDEF"),
        (3.8, "BBCDDDE"),
        (4.8, "BCCDDDE"),
        (5.4, "CCDDDDE"),
        (6.0, "CCDDDDD"),
        (math.inf, "CDDDDDD"),
    )
    row = next(classes for limit, classes in table if wind_speed_m_s < limit)
    return row[4 - index]


def obukhov_length_m(stability: str, roughness_m: float) -> float:
    """Obukhov length that stands for a Pasquill class; infinite for D.

    References: fits to Golder 1972, Bound.-Layer Meteor. 3, 47, in the form L = a z0^b (Pasquill, Smith 1983; HEGADAS).

    Examples:
        >>> round(obukhov_length_m("A", 1.2), 3), round(obukhov_length_m("E", 1.2), 2)
        (-11.61, 129.92)
    """
    if stability == "D":
        return math.inf
    length_m, power = _GOLDER[stability]
    return float(length_m * roughness_m**power)


def averaging_factor(averaging_time_s: float, reference_s: float) -> float:
    """What a horizontal spread over `reference_s` is to be multiplied with for another averaging time.

    The power law 0.2; below 18.75 s the cloud no longer gets narrower.
    References: Gifford 1960; TNO Yellow Book 3rd ed. section 4.5.5.1 (power 0.2, least 18.75 s).
    """
    return float((max(averaging_time_s, 18.75) / reference_s) ** 0.2)


def _psi_m(z_over_l: Floats) -> Floats:
    """Stability correction of the wind profile (Businger 1971, Dyer 1974; stable side held from z/L = 2 on)."""
    stable = -5.0 * np.clip(z_over_l, 0.0, 2.0)
    x = (1 + 16 * np.maximum(-z_over_l, 0.0)) ** 0.25
    unstable = 2 * np.log((1 + x) / 2) + np.log((1 + x**2) / 2) - 2 * np.arctan(x) + math.pi / 2
    result: Floats = np.where(z_over_l > 0, stable, unstable)
    return result


def phi_h(z_over_l: Floats) -> Floats:
    """Dimensionless gradient of what is carried (Dyer 1974)."""
    result: Floats = np.where(
        z_over_l > 0, 1 + 5 * np.maximum(z_over_l, 0.0), (1 + 16 * np.maximum(-z_over_l, 0.0)) ** -0.5
    )
    return result


@dataclass(frozen=True, slots=True, kw_only=True)
class SurfaceLayer:
    """Wind profile and turbulence near the ground for a class, a roughness and the wind at a height."""

    stability: str
    roughness_m: float
    wind_height_m: float
    mixing_height_m: float
    obukhov_m: float

    @classmethod
    def of(cls, weather: Weather, roughness_m: float) -> SurfaceLayer:
        """Surface layer of a weather.

        Raises: InputProblems for a class that is not A-F and a roughness that is not between 0 and 3 m.
        """
        if weather.stability not in tuple(CLASSES):
            raise problem(
                f"stability '{weather.stability}'", "Use a Pasquill class A to F.", field="stability"
            )
        if not 0 < roughness_m <= 3:
            raise problem(
                f"roughness is {roughness_m} m", "Give 0.0002 (sea) to 3 m (city).", field="roughness_m"
            )
        return cls(
            stability=weather.stability,
            roughness_m=roughness_m,
            wind_height_m=max(weather.wind_height_m, 2 * roughness_m),
            mixing_height_m=weather.mixing_height_m,
            obukhov_m=obukhov_length_m(weather.stability, roughness_m),
        )

    def _profile(self, height_m: Floats) -> Floats:
        z0 = self.roughness_m
        height_m = np.maximum(height_m, 2 * z0)
        inverse = 1 / self.obukhov_m
        result: Floats = np.log(height_m / z0) - _psi_m(height_m * inverse) + _psi_m(np.asarray(z0 * inverse))
        return result

    def speed_ratio(self, height_m: Floats) -> Floats:
        """Wind speed at heights over that at the height of the measurement.

        References: Monin, Obukhov 1954; constants of Dyer 1974.
        """
        result: Floats = self._profile(height_m) / self._profile(np.asarray(self.wind_height_m))
        return result

    def friction_velocity_m_s(self, speed_m_s: Floats) -> Floats:
        """Friction velocity of a wind at the height of the measurement."""
        result: Floats = KARMAN * speed_m_s / self._profile(np.asarray(self.wind_height_m))
        return result

    def convective_velocity_m_s(self, friction_m_s: Floats) -> Floats:
        """Deardorff's velocity scale; 0 unless the air is unstable."""
        if self.obukhov_m > 0:
            return np.zeros_like(friction_m_s)
        result: Floats = friction_m_s * (-self.mixing_height_m / (KARMAN * self.obukhov_m)) ** (1 / 3)
        return result


def richardson_number(
    airborne_kg_s: float,
    density_kg_m3: float,
    air_density_kg_m3: float,
    width_m: float,
    wind_speed_m_s: float,
) -> float:
    """Richardson number of a continuous release; from 1/6 on it spreads as a dense gas.

    References: HJ 169-2018 annex G.2: Ri = [g (Q / rho_rel) / D_rel (rho_rel - rho_a) / rho_a]^(1/3) / U_r.

    Examples:
        >>> round(richardson_number(5.0, 3.2, 1.2, 1.0, 1.5), 4)
        1.9632
    """
    excess = max(density_kg_m3 - air_density_kg_m3, 0.0) / air_density_kg_m3
    return float(
        (GRAVITY_M_S2 * airborne_kg_s / density_kg_m3 / width_m * excess) ** (1 / 3) / wind_speed_m_s
    )
