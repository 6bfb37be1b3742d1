# SPDX-License-Identifier: Apache-2.0
"""How a puff grows: in the turbulence of the surface layer, or along Briggs' curves.

`Similarity` (friction velocity, Obukhov length, measured sigma_v) is the default: it knows roughness and calm. `Briggs` gives
the rural or urban curves over distance, by virtual distance, so that a changing wind stays consistent. Horizontal spread
carries its averaging time.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from scenarios.hazards.stability import KARMAN, SurfaceLayer, averaging_factor, phi_h

Floats = NDArray[np.float64]
CALM_M_S = 0.5
"""Below it the wind carries nothing (HJ/T 2.2-93 calls it calm; memory)."""
BREEZE_M_S = 1.5
"""From it on calm does not matter; between the two it fades out linearly."""
_SIGMA_V_CALM_M_S = 0.5
_SIGMA_V_LEAST_M_S = 0.2
_SIGMA_W_CALM_M_S = {"A": 0.20, "B": 0.12, "C": 0.08, "D": 0.06, "E": 0.03, "F": 0.016}
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
        ground = np.minimum(shape * KARMAN * friction / phi_h(mean_m / layer.obukhov_m), sigma_w)
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
