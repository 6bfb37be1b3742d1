# SPDX-License-Identifier: Apache-2.0
"""Turbulence of the surface layer from what an observer knows: Pasquill class, wind, roughness; and growth of a puff in it.

Two families of growth: `Similarity` (friction velocity, Obukhov length, measured sigma_v; the default, knows roughness and
calm) and `Briggs` (rural or urban curves over distance, by virtual distance so that a changing wind stays consistent).
Horizontal spread carries its averaging time.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from twin.errors import problem
from twin.units import GRAVITY_M_S2
from twin.weather import Weather

Floats = NDArray[np.float64]
CLASSES = "ABCDEF"
KARMAN = 0.4
CALM_M_S = 0.5
"""Below it the wind carries nothing (HJ/T 2.2-93 calls it calm)."""
BREEZE_M_S = 1.5
"""From it on calm does not matter; between the two it fades out linearly."""
_SIGMA_V_CALM_M_S = 0.5
_SIGMA_V_LEAST_M_S = 0.2
_SIGMA_W_CALM_M_S = {"A": 0.20, "B": 0.12, "C": 0.08, "D": 0.06, "E": 0.03, "F": 0.016}
_GOLDER = {"A": (-11.4, 0.10), "B": (-26.0, 0.17), "C": (-123.0, 0.30), "E": (123.0, 0.30), "F": (26.0, 0.17)}
_LONGEST_M = 1e6

# class: (a, b) of sigma = a x (1 + b x)^p, rural and urban
_BRIGGS_Y = {
    "rural": {"A": 0.22, "B": 0.16, "C": 0.11, "D": 0.08, "E": 0.06, "F": 0.04},
    "urban": {"A": 0.32, "B": 0.32, "C": 0.22, "D": 0.16, "E": 0.11, "F": 0.11},
}
_BRIGGS_Y_B = {"rural": 1e-4, "urban": 4e-4}
_BRIGGS_Z = {
    "rural": {
        "A": (0.20, 0.0, 0.0),
        "B": (0.12, 0.0, 0.0),
        "C": (0.08, 2e-4, -0.5),
        "D": (0.06, 1.5e-3, -0.5),
        "E": (0.03, 3e-4, -1.0),
        "F": (0.016, 3e-4, -1.0),
    },
    "urban": {
        "A": (0.24, 1e-3, 0.5),
        "B": (0.24, 1e-3, 0.5),
        "C": (0.20, 0.0, 0.0),
        "D": (0.14, 3e-4, -0.5),
        "E": (0.08, 1.5e-3, -0.5),
        "F": (0.08, 1.5e-3, -0.5),
    },
}


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


def _phi_h(z_over_l: Floats) -> Floats:
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
        if weather.stability not in _SIGMA_W_CALM_M_S:
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


def calm_share(speed_m_s: Floats) -> Floats:
    """1 in calm (up to 0.5 m/s), 0 from 1.5 m/s on."""
    result: Floats = np.clip((BREEZE_M_S - speed_m_s) / (BREEZE_M_S - CALM_M_S), 0.0, 1.0)
    return result


class Growth(Protocol):
    """How puffs grow."""

    def grow(
        self,
        sigma_y_m: Floats,
        sigma_z_m: Floats,
        height_m: Floats,
        speed_m_s: Floats,
        carried_m_s: Floats,
        dt_s: Floats,
    ) -> tuple[Floats, Floats]:
        """Spreads after a time.

        Shapes: all [P]; speed at the height of the measurement, carried = speed of the puff itself.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Similarity:
    """Growth from the turbulence of the surface layer.

    Lateral: sigma_y = sigma_v t / (1 + 0.9 sqrt(t / 1000 s)) with sigma_v^2 = 3.6 u*^2 + 0.35 w*^2 (1 h), least 0.2 m/s, in
    calm 0.5 m/s; or the measured sigma_v. Vertical, near the ground: d(mean height)/dt = k u* / phi_h at 0.6 of the mean
    height, as spread that gives the ground concentration of a profile exp(-z^1.5); above it: sigma_w.

    References: Irwin 1983, J. Clim. Appl. Meteor. 22, 92 (lateral, elevated vertical); Cimorelli et al. 2005, J. Appl.
    Meteor. 44, 682 (sigma_v, sigma_w, least 0.2 m/s); van Ulden 1978, Atmos. Environ. 12, 2125 (vertical); least values in
    calm as in the defaults of CALPUFF (SVMIN, SWMIN; memory).
    """

    layer: SurfaceLayer
    averaging_time_s: float
    sigma_v_m_s: float | None = None

    def sigma_v(self, speed_m_s: Floats) -> Floats:
        """Standard deviation of the cross-wind component over the averaging time. Shapes: [P] -> [P]."""
        if self.sigma_v_m_s is not None:
            return np.full_like(speed_m_s, self.sigma_v_m_s * averaging_factor(self.averaging_time_s, 600.0))
        friction = self.layer.friction_velocity_m_s(speed_m_s)
        convective = self.layer.convective_velocity_m_s(friction)
        turbulent = np.sqrt(3.6 * friction**2 + 0.35 * convective**2)
        calm = calm_share(speed_m_s)
        least = _SIGMA_V_CALM_M_S * calm + _SIGMA_V_LEAST_M_S * (1 - calm)
        result: Floats = np.maximum(turbulent, least) * averaging_factor(self.averaging_time_s, 3600.0)
        return result

    def _sigma_z_rate(self, sigma_z_m: Floats, height_m: Floats, speed_m_s: Floats) -> Floats:
        layer = self.layer
        friction = layer.friction_velocity_m_s(speed_m_s)
        convective = layer.convective_velocity_m_s(friction)
        sigma_w = np.sqrt(1.7 * friction**2 + 0.36 * convective**2)
        shape = math.sqrt(2 / math.pi) / 0.73
        mean_m = np.maximum(0.6 * sigma_z_m / shape, 2 * layer.roughness_m)
        ground = np.minimum(shape * KARMAN * friction / _phi_h(mean_m / layer.obukhov_m), sigma_w)
        if layer.obukhov_m > 0 and math.isfinite(layer.obukhov_m):
            time_s = sigma_z_m / np.maximum(sigma_w, 1e-6)
            free = sigma_w / (1 + 0.9 * np.sqrt(time_s / 100.0)) ** 2
        else:
            free = sigma_w
        lifted = np.clip(1 - sigma_z_m / np.maximum(height_m, 1e-6), 0.0, 1.0)
        least = _SIGMA_W_CALM_M_S[layer.stability] * calm_share(speed_m_s)
        result: Floats = np.maximum((1 - lifted) * ground + lifted * free, least)
        return result

    def grow(
        self,
        sigma_y_m: Floats,
        sigma_z_m: Floats,
        height_m: Floats,
        speed_m_s: Floats,
        carried_m_s: Floats,
        dt_s: Floats,
    ) -> tuple[Floats, Floats]:
        """See `Growth.grow`; lateral through the virtual time of the present spread, vertical by midpoint."""
        sigma_v = np.maximum(self.sigma_v(speed_m_s), 1e-6)
        rate = 0.9 / math.sqrt(1000.0)
        root = (sigma_y_m * rate + np.sqrt((sigma_y_m * rate) ** 2 + 4 * sigma_v * sigma_y_m)) / (2 * sigma_v)
        time_s = root**2 + dt_s
        new_y = sigma_v * time_s / (1 + rate * np.sqrt(time_s))
        first = self._sigma_z_rate(sigma_z_m, height_m, speed_m_s)
        middle = self._sigma_z_rate(sigma_z_m + 0.5 * dt_s * first, height_m, speed_m_s)
        return new_y, sigma_z_m + dt_s * middle


@dataclass(frozen=True, slots=True, kw_only=True)
class Briggs:
    """Growth along Briggs' curves; lateral spread scaled from their 10 minutes, calm as in `Similarity`.

    References: Briggs 1973, ATDL contribution 79; as tabulated in Hanna, Briggs, Hosker 1982, table 4.5.
    """

    stability: str
    terrain: Literal["rural", "urban"]
    averaging_time_s: float

    def sigma_y_m(self, distance_m: Floats) -> Floats:
        """Lateral spread after a distance. Shapes: [P] -> [P]."""
        a, b = _BRIGGS_Y[self.terrain][self.stability], _BRIGGS_Y_B[self.terrain]
        factor = averaging_factor(self.averaging_time_s, 600.0)
        result: Floats = factor * a * distance_m / np.sqrt(1 + b * distance_m)
        return result

    def sigma_z_m(self, distance_m: Floats) -> Floats:
        """Vertical spread after a distance. Shapes: [P] -> [P]."""
        a, b, power = _BRIGGS_Z[self.terrain][self.stability]
        result: Floats = a * distance_m * (1 + b * distance_m) ** power
        return result

    def grow(
        self,
        sigma_y_m: Floats,
        sigma_z_m: Floats,
        height_m: Floats,
        speed_m_s: Floats,
        carried_m_s: Floats,
        dt_s: Floats,
    ) -> tuple[Floats, Floats]:
        """See `Growth.grow`: the distance at which the curve has the present spread, moved on by the way."""
        way_m = carried_m_s * dt_s
        table = np.geomspace(1e-2, _LONGEST_M, 2000)
        new: list[Floats] = []
        for sigma_m, curve in ((sigma_y_m, self.sigma_y_m), (sigma_z_m, self.sigma_z_m)):
            distance_m = np.exp(np.interp(np.log(sigma_m), np.log(curve(table)), np.log(table)))
            new.append(curve(distance_m + way_m))
        calm = calm_share(speed_m_s)
        lateral = _SIGMA_V_CALM_M_S * averaging_factor(self.averaging_time_s, 3600.0)
        grown_y = np.maximum(new[0], sigma_y_m + calm * lateral * dt_s)
        grown_z = np.maximum(new[1], sigma_z_m + calm * _SIGMA_W_CALM_M_S[self.stability] * dt_s)
        return grown_y, grown_z


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
        1.9635
    """
    excess = max(density_kg_m3 - air_density_kg_m3, 0.0) / air_density_kg_m3
    return float(
        (GRAVITY_M_S2 * airborne_kg_s / density_kg_m3 / width_m * excess) ** (1 / 3) / wind_speed_m_s
    )
