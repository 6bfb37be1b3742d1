# SPDX-License-Identifier: Apache-2.0
"""A leaking tank from the hole to the concentration at a nose: vessel, flash, pool, puffs, stepped together.

`advance(t_s)` moves everything on; the cloud at that time is a `HazardField`. Mass: what has left the vessel is what is in the
air plus what lies in the pool. The cloud is passive (no dense-gas model yet); `caveats` say where that matters.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from scenarios.hazards.flash import Flashed, air_density_kg_m3, flash
from scenarios.hazards.growth import Briggs, Growth, Similarity
from scenarios.hazards.pool import Pool
from scenarios.hazards.puff import PuffCloud
from scenarios.hazards.stability import SurfaceLayer, richardson_number
from scenarios.hazards.vessel import Outflow, Vessel
from twin.assets import Tank
from twin.caveat import caveat
from twin.errors import InputProblems, OutOfRange, Problem
from twin.fields import FieldInfo, Grid
from twin.substances import Substance
from twin.weather import Weather, Wind

Floats = NDArray[np.float64]
DENSE_FROM = 1.0 / 6.0
_VAPOUR = Flashed(flash_fraction=1.0, rain_out_fraction=0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class LeakState:
    """A leak at one time. Rates are means of the last step; masses are since the start."""

    rate_kg_s: float
    """Leaves the vessel."""
    airborne_kg_s: float
    """Enters the air: vapour, drops that stay up, evaporation of the pool."""
    released_kg: float
    airborne_kg: float
    rained_out_kg: float
    """Lies in the pool now; released = airborne + rained out."""
    pressure_Pa: float
    level_fraction: float
    temperature_K: float
    phase: Literal["liquid", "gas", "two_phase"]
    """What comes out; two_phase = liquid that flashes outside."""
    flash_fraction: float
    rain_out_fraction: float
    ended: Literal["isolated", "empty", "equalised"] | None


class ToxicLeak:
    """A hole in a tank and the cloud it makes. Same inputs and same calls give the same numbers."""

    def __init__(
        self,
        tank: Tank,
        substance: Substance,
        *,
        hole_diameter_m: float,
        hole_height_m: float | None = None,
        weather: Weather,
        wind: Wind,
        start_s: float,
        isolation_s: float | None = None,
        roughness_m: float | None = None,
        averaging_time_s: float = 60.0,
        puff_interval_s: float = 5.0,
        bund_area_m2: float | None = None,
        pipe_length_m: float = 0.0,
        dispersion: Literal["similarity", "briggs_rural", "briggs_urban"] = "similarity",
    ) -> None:
        """A leak that begins at `start_s`.

        hole_height_m is above ground; None = at the bottom of the tank. isolation_s is after the start.

        Raises: InputProblems listing everything that cannot be (hole larger than the tank, outside its height ...).
        """
        roughness_m = weather.roughness_m if roughness_m is None else roughness_m
        low_m = tank.base_m
        high_m = low_m + (tank.diameter_m if tank.kind in ("bullet", "sphere") else tank.height_m)
        if hole_height_m is None:
            hole_height_m = low_m + min(0.5 * hole_diameter_m, 0.1)
        problems = [
            Problem(
                layer="tanks", id=tank.id, field=field, what=what, expected=expected, remedy="Correct it."
            )
            for wrong, field, what, expected in (
                (
                    not 0 < hole_diameter_m <= 0.5 * tank.diameter_m,
                    "hole_diameter",
                    f"the hole is {hole_diameter_m:g} m wide",
                    f"more than 0, at most half the tank's {tank.diameter_m:g} m",
                ),
                (
                    not low_m <= hole_height_m <= high_m,
                    "hole_height",
                    f"the hole is {hole_height_m:g} m above ground",
                    f"{low_m:g} to {high_m:g} m, where {tank.id} has a wall",
                ),
                (
                    isolation_s is not None and isolation_s < 0,
                    "isolation",
                    f"isolation {isolation_s} s",
                    "0 or more",
                ),
                (
                    averaging_time_s <= 0,
                    "averaging_time",
                    f"averaging time {averaging_time_s:g} s",
                    "more than 0 s",
                ),
                (
                    puff_interval_s <= 0,
                    "puff_interval",
                    f"puff interval {puff_interval_s:g} s",
                    "more than 0 s",
                ),
            )
            if wrong
        ]
        if problems:
            raise InputProblems(problems)
        self.tank = tank
        self.substance = substance
        self.weather = weather
        self.wind = wind
        self.start_s = start_s
        self.time_s = start_s
        self.hole_height_m = hole_height_m
        self.averaging_time_s = averaging_time_s
        self.source_m = (*tank.xy_m, hole_height_m)
        self._isolation_s = None if isolation_s is None else start_s + isolation_s
        try:
            self.vessel = Vessel(
                tank,
                substance,
                hole_diameter_m=hole_diameter_m,
                hole_above_bottom_m=hole_height_m - low_m,
                outside_Pa=weather.pressure_Pa,
                pipe_length_m=pipe_length_m,
            )
            self.pool: Pool | None = None
            if self.vessel.regime != "gas":
                self.pool = Pool(
                    substance,
                    air_K=weather.temperature_K,
                    outside_Pa=weather.pressure_Pa,
                    bund_area_m2=bund_area_m2,
                )
        except OutOfRange as error:
            what = Problem(
                layer="tanks",
                id=tank.id,
                field="temperature_K",
                what=f"{tank.temperature_K:g} K, {tank.pressure_Pa:g} Pa: {error}",
                remedy="Correct the tank's temperature, pressure or substance.",
            )
            raise InputProblems([what]) from None
        layer = SurfaceLayer.of(weather, roughness_m)
        growth: Growth
        if dispersion == "similarity":
            growth = Similarity(
                layer=layer, averaging_time_s=averaging_time_s, sigma_v_m_s=weather.sigma_v_m_s
            )
        else:
            terrain: Literal["rural", "urban"] = "rural" if dispersion == "briggs_rural" else "urban"
            growth = Briggs(stability=weather.stability, terrain=terrain, averaging_time_s=averaging_time_s)
        self.cloud = PuffCloud(layer, growth, wind, step_s=puff_interval_s)
        self._dispersion = dispersion
        self._step_s = puff_interval_s
        self._released_kg = 0.0
        self._airborne_kg = 0.0
        self._rate_kg_s = 0.0
        self._airborne_kg_s = 0.0
        self._flashed = _VAPOUR
        self._phase: Literal["liquid", "gas", "two_phase"] = "gas"
        self._ended: Literal["isolated", "empty", "equalised"] | None = None
        self._largest_richardson = 0.0
        rate_kg_s, phase, velocity = self.vessel.flow()
        self._describe(
            Outflow(mass_kg=0.0, phase=phase, velocity_m_s=velocity, temperature_K=tank.temperature_K)
        )
        self._rate_kg_s = rate_kg_s
        self._airborne_kg_s = rate_kg_s * self._flashed.airborne_fraction
        self._first_size(self._airborne_kg_s, 0.0)

    def _describe(self, outflow: Outflow) -> None:
        """Phase, flash and rain-out of what leaves."""
        if outflow.phase == "gas":
            self._phase, self._flashed = "gas", _VAPOUR
            return
        self._flashed = flash(
            self.substance,
            outflow.temperature_K,
            outflow.velocity_m_s,
            self.hole_height_m,
            self.weather.temperature_K,
            self.weather.pressure_Pa,
        )
        self._phase = "two_phase" if self._flashed.flash_fraction > 0 else "liquid"

    def _source_density_kg_m3(self) -> float:
        """Density of what leaves the vessel and stays in the air, at the outside pressure: vapour with the drops of a flash."""
        item = self.substance
        if self._phase == "gas" or self.pool is None:
            return item.gas_density_kg_m3(self.weather.temperature_K, self.weather.pressure_Pa)
        vapour_kg_m3 = item.gas_density_kg_m3(self.pool.temperature_K, self.weather.pressure_Pa)
        if self._phase == "liquid":
            return vapour_kg_m3
        airborne = max(self._flashed.airborne_fraction, 1e-9)
        vapour = min(max(self._flashed.flash_fraction, 1e-3) / airborne, 1.0)
        return 1 / (vapour / vapour_kg_m3 + (1 - vapour) / item.liquid_density_kg_m3(self.pool.temperature_K))

    def _first_size(self, jet_kg_s: float, pool_kg_s: float) -> tuple[float, float, float]:
        """First spread of a puff sideways and upwards, and its height.

        Upwards as wide as the undiluted gas: sigma = sqrt(V' / (pi u)) makes the axis of the plume start at the density of
        the source. Sideways the second moment of jet and pool disc (R^2 / 4), weighted with what they emit.
        """
        total_kg_s = jet_kg_s + pool_kg_s
        if total_kg_s <= 0:
            return 0.3, 0.3, self.hole_height_m
        here = np.array([self.source_m])
        u_m_s, v_m_s = np.asarray(self.wind.at(here, self.time_s), dtype=np.float64)[0]
        speed_m_s = max(math.hypot(u_m_s, v_m_s), 0.5)
        density_kg_m3 = self._source_density_kg_m3()
        flow_m3_s = jet_kg_s / density_kg_m3
        if pool_kg_s > 0 and self.pool is not None:
            item, weather = self.substance, self.weather
            flow_m3_s += pool_kg_s / item.gas_density_kg_m3(self.pool.temperature_K, weather.pressure_Pa)
        sigma_m = max(math.sqrt(flow_m3_s / (math.pi * speed_m_s)), 0.3)
        if jet_kg_s > 0:
            air_kg_m3 = air_density_kg_m3(self.weather.temperature_K, self.weather.pressure_Pa)
            number = richardson_number(jet_kg_s, density_kg_m3, air_kg_m3, 2 * sigma_m, speed_m_s)
            self._largest_richardson = max(self._largest_richardson, number)
        share = pool_kg_s / total_kg_s
        pool_m2 = self.pool.area_m2 if self.pool is not None else 0.0
        return (
            math.sqrt(sigma_m**2 + share * pool_m2 / (4 * math.pi)),
            sigma_m,
            (1 - share) * self.hole_height_m,
        )

    def isolate(self, t_s: float) -> None:
        """Close the valve at a time (now, when that time has passed)."""
        moment_s = max(t_s, self.time_s)
        self._isolation_s = moment_s if self._isolation_s is None else min(self._isolation_s, moment_s)

    def advance(self, t_s: float) -> None:
        """Move the leak and its cloud on to a time; earlier times do nothing. Steps of at most the puff interval."""
        while self.time_s < t_s - 1e-9:
            end_s = min(t_s, self.time_s + self._step_s)
            if self._isolation_s is not None and self.time_s < self._isolation_s < end_s:
                end_s = self._isolation_s
            self._step(end_s - self.time_s)
            self.time_s = end_s

    def _step(self, dt_s: float) -> None:
        released_kg = jet_kg = pool_kg = 0.0
        if self._ended is None and self._isolation_s is not None and self.time_s >= self._isolation_s - 1e-9:
            self._ended = "isolated"
        if self._ended is None:
            outflow = self.vessel.discharge(dt_s)
            self._ended = self.vessel.ended
            released_kg = outflow.mass_kg
            if released_kg > 0:
                self._describe(outflow)
            rained_kg = released_kg * self._flashed.rain_out_fraction
            jet_kg = released_kg - rained_kg
            if self.pool is not None:
                self.pool.add(rained_kg)
        if self.pool is not None:
            pool_kg = self.pool.evaporate(dt_s, self.weather.wind_speed_m_s)
        airborne_kg = jet_kg + pool_kg
        self._released_kg += released_kg
        self._airborne_kg += airborne_kg
        self._rate_kg_s = released_kg / dt_s
        self._airborne_kg_s = airborne_kg / dt_s
        sigma_m, sigma_z_m, height_m = self._first_size(jet_kg / dt_s, pool_kg / dt_s)
        place = (self.source_m[0], self.source_m[1], height_m)
        self.cloud.advance(self.time_s, dt_s, airborne_kg, place, sigma_m, sigma_z_m)

    @property
    def state(self) -> LeakState:
        """The leak now."""
        return LeakState(
            rate_kg_s=self._rate_kg_s,
            airborne_kg_s=self._airborne_kg_s,
            released_kg=self._released_kg,
            airborne_kg=self._airborne_kg,
            rained_out_kg=self.pool.mass_kg if self.pool is not None else 0.0,
            pressure_Pa=self.vessel.pressure_Pa,
            level_fraction=self.vessel.level_fraction,
            temperature_K=self.vessel.temperature_K,
            phase=self._phase,
            flash_fraction=self._flashed.flash_fraction,
            rain_out_fraction=self._flashed.rain_out_fraction,
            ended=self._ended,
        )

    def concentration(self, grid: Grid, height_m: float = 1.5) -> Floats:
        """Concentration on a grid now, kg/m3. Shapes: [y, x]."""
        return self.cloud.concentration(grid, height_m)

    def at(self, points_m: Floats, t_s: float) -> Floats:
        """Concentration at points now, kg/m3: `HazardField.at` at the current time, 0 before the leak began.

        Shapes: points_m [N, 3] (height above ground) -> [N].
        """
        if t_s < self.start_s:
            return np.zeros(len(points_m))
        return self.cloud.at(points_m)

    @property
    def richardson(self) -> float:
        """Largest Richardson number of the source so far (HJ 169-2018 G.2); dense from 1/6 on."""
        return self._largest_richardson

    @property
    def caveats(self) -> tuple[str, ...]:
        """What the user must know about these numbers, as `twin.caveat` keys."""
        found = list(self.vessel.caveats)
        if self._largest_richardson >= DENSE_FROM:
            found.append(caveat("dense_gas", ri=float(self._largest_richardson)))
        if self.weather.wind_speed_m_s < 1.0:
            found.append(caveat("calm_wind"))
        found.append(caveat("no_obstacles"))
        if self._flashed.rain_out_fraction < 1.0 and self._phase != "gas":
            found.append(caveat("drops_do_not_cool"))
        return tuple(found)

    @property
    def info(self) -> FieldInfo:
        """What the numbers of the field mean."""
        return FieldInfo(
            name="concentration",
            quantity="concentration",
            unit="kg/m3",
            averaging_time_s=self.averaging_time_s,
            height_m=1.5,
            model=f"Gaussian puffs, {self._dispersion.replace('_', ' ')}",
            substance=self.substance.id,
            caveats=self.caveats,
        )
