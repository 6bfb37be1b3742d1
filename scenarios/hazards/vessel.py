# SPDX-License-Identifier: Apache-2.0
"""What is in a tank, and how it changes while it leaks: liquid and vapour mass, temperature, level, pressure.

Liquefied gas: saturated; leaving liquid makes room that liquid must evaporate into, leaving vapour is replaced by boiling,
and both cool what stays, so the pressure falls along the vapour pressure curve. Atmospheric tanks breathe and drain.
Gas: real gas (Peng-Robinson) at constant temperature. No heat from outside, no swell of a boiling level.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from scenarios.hazards import release
from twin.assets import Tank
from twin.caveat import caveat
from twin.errors import InputProblems, Problem
from twin.substances import Substance

Phase = Literal["liquid", "gas"]
Ended = Literal["empty", "equalised"]
_VENTED = ("fixed_roof", "floating_roof", "cryogenic")
_STEP_S = 1.0
_LEAST_STEP_S = 1e-3
_LARGEST_COOLING_K = 0.5
_LEAST_FLUX_KG_M2_S = 1e-3


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """Inside of a tank: a lying or standing cylinder, or a sphere. Walls are thin, heads are flat."""

    kind: Literal["lying", "standing", "sphere"]
    diameter_m: float
    length_m: float
    """Length of a lying, height of a standing cylinder; not used for a sphere."""
    scale: float = 1.0
    """Stated volume over that of the drawn body."""

    @property
    def height_m(self) -> float:
        return self.length_m if self.kind == "standing" else self.diameter_m

    @property
    def volume_m3(self) -> float:
        radius_m = self.diameter_m / 2
        if self.kind == "sphere":
            return self.scale * 4 / 3 * math.pi * radius_m**3
        return self.scale * math.pi * radius_m**2 * self.length_m

    def below_m3(self, level_m: float) -> float:
        """Volume below a level above the bottom."""
        level_m = min(max(level_m, 0.0), self.height_m)
        radius_m = self.diameter_m / 2
        if self.kind == "standing":
            volume_m3 = math.pi * radius_m**2 * level_m
        elif self.kind == "sphere":
            volume_m3 = math.pi * level_m**2 * (3 * radius_m - level_m) / 3
        else:
            height_m = radius_m - level_m
            segment = radius_m**2 * math.acos(height_m / radius_m)
            segment -= height_m * math.sqrt(max(radius_m**2 - height_m**2, 0.0))
            volume_m3 = segment * self.length_m
        return self.scale * volume_m3

    def level_m(self, volume_m3: float) -> float:
        """Level at which a volume is below; inverse of `below_m3`."""
        low_m, high_m = 0.0, self.height_m
        low, high = -volume_m3, self.volume_m3 - volume_m3
        if low >= 0 or high <= 0:
            return low_m if low >= 0 else high_m
        level_m, side = 0.0, 0
        for _ in range(60):  # regula falsi, Illinois variant: an end kept twice counts half
            level_m = (low_m * high - high_m * low) / (high - low)
            miss = self.below_m3(level_m) - volume_m3
            if abs(miss) < 1e-12 * self.volume_m3:
                break
            if miss * high > 0:
                high_m, high = level_m, miss
                low *= 0.5 if side > 0 else 1.0
                side = 1
            else:
                low_m, low = level_m, miss
                high *= 0.5 if side < 0 else 1.0
                side = -1
        return level_m

    @classmethod
    def of(cls, tank: Tank) -> Shape:
        """Inside of a tank of the park.

        Raises: InputProblems for a bullet without a length.
        """
        if tank.kind == "bullet":
            if tank.length_m is None:
                what = Problem(
                    layer="tanks",
                    id=tank.id,
                    field="length_m",
                    what="a bullet has no length",
                    remedy="Write its length in metres.",
                )
                raise InputProblems([what])
            body = cls(kind="lying", diameter_m=tank.diameter_m, length_m=tank.length_m)
        elif tank.kind == "sphere":
            body = cls(kind="sphere", diameter_m=tank.diameter_m, length_m=tank.diameter_m)
        else:
            body = cls(kind="standing", diameter_m=tank.diameter_m, length_m=tank.height_m)
        if tank.volume_m3 is None:
            return body
        scale = tank.volume_m3 / body.volume_m3
        return cls(kind=body.kind, diameter_m=body.diameter_m, length_m=body.length_m, scale=scale)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outflow:
    """What left in one step, and how it came out."""

    mass_kg: float
    phase: Phase
    velocity_m_s: float
    """Speed of the jet at the opening."""
    temperature_K: float


class Vessel:
    """Contents of a leaking tank. `discharge(dt_s)` lets it leak; everything else only tells."""

    def __init__(
        self,
        tank: Tank,
        substance: Substance,
        *,
        hole_diameter_m: float,
        hole_above_bottom_m: float,
        outside_Pa: float,
        pipe_length_m: float = 0.0,
    ) -> None:
        self.substance = substance
        self.shape = Shape.of(tank)
        self.outside_Pa = outside_Pa
        self.area_m2 = release.hole_area_m2(hole_diameter_m)
        self.hole_m = hole_above_bottom_m
        self.pipe_length_m = pipe_length_m
        self.temperature_K = tank.temperature_K
        self.caveats: list[str] = []
        self.ended: Ended | None = None
        self._pad_Pa = 0.0
        self._vented_Pa: float | None = None
        self.regime: Literal["liquefied", "liquid", "gas"]
        volume_m3 = self.shape.volume_m3
        liquid = tank.temperature_K < substance.critical_temperature_K and tank.fill_fraction > 0
        saturated_Pa = substance.vapour_pressure_Pa(tank.temperature_K) if liquid else math.inf
        if liquid and max(tank.pressure_Pa, outside_Pa) < 0.9 * saturated_Pa:
            self.caveats.append(
                caveat(
                    "pressure_below_vapour",
                    tank=tank.id,
                    given=tank.pressure_Pa / 1e3,
                    used=float(saturated_Pa) / 1e3,
                )
            )
        if not liquid:
            self.regime = "gas"
            z = substance.compressibility(tank.temperature_K, tank.pressure_Pa)
            self.liquid_kg = 0.0
            self.vapour_kg = volume_m3 * substance.gas_density_kg_m3(tank.temperature_K, tank.pressure_Pa, z)
        else:
            liquid_m3 = tank.fill_fraction * volume_m3
            self.liquid_kg = liquid_m3 * substance.liquid_density_kg_m3(tank.temperature_K)
            if tank.kind in _VENTED and saturated_Pa <= 1.1 * max(tank.pressure_Pa, outside_Pa):
                self.regime = "liquid"
                self.vapour_kg = 0.0
                self._vented_Pa = max(tank.pressure_Pa, outside_Pa)
            else:
                self.regime = "liquefied"
                self.vapour_kg = (volume_m3 - liquid_m3) * self._vapour_density(tank.temperature_K)
                self._pad_Pa = max(tank.pressure_Pa - 1.05 * saturated_Pa, 0.0)
                self._pad_m3 = max(volume_m3 - liquid_m3, 1e-3 * volume_m3)
        self.initial_kg = self.liquid_kg + self.vapour_kg

    @property
    def mass_kg(self) -> float:
        return self.liquid_kg + self.vapour_kg

    @property
    def level_m(self) -> float:
        """Liquid level above the bottom."""
        if self.liquid_kg <= 0:
            return 0.0
        return self.shape.level_m(self.liquid_kg / self.substance.liquid_density_kg_m3(self.temperature_K))

    @property
    def level_fraction(self) -> float:
        """Liquid volume over tank volume."""
        if self.liquid_kg <= 0:
            return 0.0
        density_kg_m3 = self.substance.liquid_density_kg_m3(self.temperature_K)
        return self.liquid_kg / (density_kg_m3 * self.shape.volume_m3)

    @property
    def pressure_Pa(self) -> float:
        """Absolute pressure of the vapour space."""
        return self._pressure(self.liquid_kg, self.vapour_kg, self.temperature_K)

    def _vapour_density(self, temperature_K: float) -> float:
        pressure_Pa = self.substance.vapour_pressure_Pa(temperature_K)
        z = self.substance.compressibility(temperature_K, pressure_Pa)
        return self.substance.gas_density_kg_m3(temperature_K, pressure_Pa, z)

    def _pressure(self, liquid_kg: float, vapour_kg: float, temperature_K: float) -> float:
        if self._vented_Pa is not None:
            return self._vented_Pa
        if self.regime == "gas" or liquid_kg <= 0:
            return self._gas_pressure(vapour_kg, temperature_K)
        pressure_Pa = self.substance.vapour_pressure_Pa(temperature_K)
        if self._pad_Pa:
            space_m3 = self.shape.volume_m3 - liquid_kg / self.substance.liquid_density_kg_m3(temperature_K)
            pressure_Pa += self._pad_Pa * self._pad_m3 / max(space_m3, self._pad_m3)
        return max(pressure_Pa, self.outside_Pa)  # below it, air comes in through the hole

    def _breathes(self, liquid_kg: float, vapour_kg: float, temperature_K: float) -> bool:
        """Whether air comes in through the hole, so that nothing has to evaporate to fill the room."""
        return self._pressure(liquid_kg, vapour_kg, temperature_K) <= self.outside_Pa

    def _gas_pressure(self, vapour_kg: float, temperature_K: float) -> float:
        """Pressure of a gas that fills the tank: fixed point of p = Z(p) rho R T / M (Peng-Robinson Z)."""
        density_kg_m3 = vapour_kg / self.shape.volume_m3
        ideal_Pa = density_kg_m3 / self.substance.gas_density_kg_m3(temperature_K, 1.0)
        pressure_Pa = ideal_Pa
        for _ in range(30):
            new_Pa = self.substance.compressibility(temperature_K, pressure_Pa) * ideal_Pa
            if abs(new_Pa - pressure_Pa) < 1e-9 * ideal_Pa:
                break
            pressure_Pa = new_Pa
        return pressure_Pa

    def flow(self) -> tuple[float, Phase, float]:
        """Mass flow through the hole now, its phase, and the speed of the jet at the opening."""
        return self._flow(self.liquid_kg, self.vapour_kg, self.temperature_K)

    def _flow(self, liquid_kg: float, vapour_kg: float, temperature_K: float) -> tuple[float, Phase, float]:
        pressure_Pa = self._pressure(liquid_kg, vapour_kg, temperature_K)
        over_Pa = pressure_Pa - self.outside_Pa
        if liquid_kg > 0:
            density_kg_m3 = self.substance.liquid_density_kg_m3(temperature_K)
            head_m = self.shape.level_m(liquid_kg / density_kg_m3) - self.hole_m
            if head_m > 0:
                if self.regime == "liquefied":
                    rate_kg_s = release.flashing_flow_kg_s(
                        self.area_m2, self.substance, temperature_K, over_Pa, head_m, self.pipe_length_m
                    )
                else:
                    rate_kg_s = release.liquid_flow_kg_s(self.area_m2, density_kg_m3, over_Pa, head_m)
                return rate_kg_s, "liquid", release.liquid_velocity_m_s(density_kg_m3, over_Pa, head_m)
        if self.regime == "liquid" or over_Pa <= 0:
            return 0.0, "gas", 0.0
        gamma = self.substance.gamma(temperature_K)
        z = self.substance.compressibility(temperature_K, pressure_Pa)
        molar_mass = self.substance.molar_mass_kg_mol
        rate_kg_s = release.gas_flow_kg_s(
            self.area_m2, pressure_Pa, temperature_K, self.outside_Pa, gamma, molar_mass, z
        )
        outside_kg_m3 = self.substance.gas_density_kg_m3(temperature_K, self.outside_Pa)
        return rate_kg_s, "gas", rate_kg_s / (self.area_m2 * outside_kg_m3)

    def _rates(self, liquid_kg: float, vapour_kg: float, temperature_K: float) -> tuple[float, float, float]:
        """d/dt of liquid mass, vapour mass, temperature.

        With e the mass that evaporates, V_v the vapour space and C the heat capacity of the contents:
        d(m_v)/dt = e - out_v = d(rho_v V_v)/dt, C dT/dt = -Hv e. References: mass and energy balance of a saturated
        vessel, TNO Yellow Book 3rd ed. section 2.5.2.4 (there as difference scheme), adiabatic.
        """
        rate_kg_s, phase, _ = self._flow(liquid_kg, vapour_kg, temperature_K)
        out_liquid = rate_kg_s if phase == "liquid" else 0.0
        out_vapour = rate_kg_s - out_liquid
        if (
            self.regime != "liquefied"
            or liquid_kg <= 0
            or self._breathes(liquid_kg, vapour_kg, temperature_K)
        ):
            return -out_liquid, -out_vapour, 0.0
        item = self.substance
        step_K = 0.05
        low_K, high_K = temperature_K - step_K, temperature_K + step_K
        vapour_slope = (self._vapour_density(high_K) - self._vapour_density(low_K)) / (2 * step_K)
        liquid_slope = (item.liquid_density_kg_m3(high_K) - item.liquid_density_kg_m3(low_K)) / (2 * step_K)
        liquid_density = item.liquid_density_kg_m3(temperature_K)
        vapour_density = self._vapour_density(temperature_K)
        space_m3 = max(self.shape.volume_m3 - liquid_kg / liquid_density, 0.0)
        heat_J_kg = item.heat_of_vaporisation_J_kg(temperature_K)
        capacity_J_K = liquid_kg * item.liquid_cp_J_kg_K(temperature_K)
        capacity_J_K += vapour_kg * item.gas_cp_J_kg_K(temperature_K)
        ratio = vapour_density / liquid_density
        growth = vapour_slope * space_m3 + vapour_density * liquid_kg * liquid_slope / liquid_density**2
        slope_K_s = (
            -heat_J_kg * (out_vapour + ratio * out_liquid) / (capacity_J_K * (1 - ratio) + heat_J_kg * growth)
        )
        evaporated = -capacity_J_K * slope_K_s / heat_J_kg
        return -out_liquid - evaporated, evaporated - out_vapour, slope_K_s

    def discharge(self, dt_s: float) -> Outflow:
        """Let it leak for a time; sub-steps of at most a second, second order (midpoint). Exact in mass."""
        before_kg = self.mass_kg
        _, phase, velocity = self.flow()
        temperature_K = self.temperature_K
        left_s = dt_s
        while left_s > 1e-9 and self.ended is None:
            rate_kg_s = self.flow()[0]
            if self._spent(rate_kg_s):
                break
            mass_kg = self.vapour_kg if self.regime == "gas" or self.liquid_kg <= 0 else self.liquid_kg
            step_s = min(left_s, _STEP_S, 0.02 * mass_kg / rate_kg_s + _LEAST_STEP_S)
            first = self._rates(self.liquid_kg, self.vapour_kg, self.temperature_K)
            if first[2]:
                step_s = min(step_s, _LARGEST_COOLING_K / abs(first[2]))
            while True:
                half = 0.5 * step_s
                middle = (
                    max(self.liquid_kg + half * first[0], 0.0),
                    max(self.vapour_kg + half * first[1], 0.0),
                    self.temperature_K + half * first[2],
                )
                if step_s < _LEAST_STEP_S or self._flow(*middle)[0] > 0:
                    break
                step_s *= 0.5  # the flow ends within the step: come close to that moment
            second = self._rates(*middle) if step_s >= _LEAST_STEP_S else first
            self.liquid_kg = max(self.liquid_kg + step_s * second[0], 0.0)
            self.vapour_kg = max(self.vapour_kg + step_s * second[1], 0.0)
            self.temperature_K += step_s * second[2]
            if self.liquid_kg < 1e-6 * self.initial_kg and self.regime != "gas":
                self.vapour_kg += self.liquid_kg if self.regime == "liquefied" else 0.0
                self.liquid_kg = 0.0
            if self._pad_Pa:
                self._lose_pad(step_s)
            left_s -= step_s
        return Outflow(
            mass_kg=before_kg - self.mass_kg, phase=phase, velocity_m_s=velocity, temperature_K=temperature_K
        )

    def _lose_pad(self, dt_s: float) -> None:
        """Padding gas leaves in proportion to the volume that leaves the vapour space."""
        rate_kg_s, phase, _ = self.flow()
        if phase == "gas" and rate_kg_s > 0:
            flow_m3_s = rate_kg_s / self._vapour_density(self.temperature_K)
            liquid_m3 = self.liquid_kg / self.substance.liquid_density_kg_m3(self.temperature_K)
            self._pad_Pa *= math.exp(-flow_m3_s * dt_s / max(self.shape.volume_m3 - liquid_m3, self._pad_m3))

    def _spent(self, rate_kg_s: float) -> bool:
        """Whether nothing more comes out; notes why."""
        if self.mass_kg <= 1e-5 * self.initial_kg or (self._pad_Pa and self.liquid_kg <= 0):
            self.ended = "empty"
        elif rate_kg_s <= _LEAST_FLUX_KG_M2_S * self.area_m2 or (
            self.regime != "liquid"
            and self.pressure_Pa < 1.002 * self.outside_Pa
            and (self.liquid_kg <= 0 or self.level_m <= self.hole_m)
        ):
            empty = self.regime == "liquid" and self.level_m < 0.02 * self.shape.height_m
            self.ended = "empty" if empty else "equalised"
        return self.ended is not None
