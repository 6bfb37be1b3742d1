# SPDX-License-Identifier: Apache-2.0
"""Everything that can happen in a world, as immutable tagged records.

A timeline is a sequence of these; `TwinState` is their fold. High-rate data are batches: the event names the rows of a
store or the index of an array chunk and carries the digest of its bytes, never the data.
All times are UTC seconds. Floats are finite; absent numbers are None.
"""

from __future__ import annotations

import math
from typing import Literal, TypeAlias

import msgspec

Level = Literal["blue", "yellow", "orange", "red"]
"""The four warning levels, lowest first."""
LEVELS: tuple[Level, ...] = ("blue", "yellow", "orange", "red")


class Event(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", forbid_unknown_fields=True):
    """Something that happened at `t_s`."""

    t_s: float
    cause: int | None = None
    """Sequence number of the event that led to this one."""

    def __post_init__(self) -> None:
        _only_finite(self, type(self).__name__)


def _only_finite(value: object, where: str) -> None:
    if type(value) in (str, int, bool, type(None)):
        return
    if isinstance(value, float) and type(value) is float:
        if not math.isfinite(value):
            raise ValueError(f"{where} holds {value}; a timeline holds finite numbers only")
        return
    if isinstance(value, msgspec.Struct):
        for name in value.__struct_fields__:
            _only_finite(getattr(value, name), f"{where}.{name}")
        return
    if isinstance(value, tuple):
        for item in value:
            _only_finite(item, where)
        return
    if isinstance(value, dict):
        for key, item in value.items():
            _only_finite(item, f"{where}.{key}")
        return
    raise TypeError(
        f"{where} holds {type(value).__module__}.{type(value).__name__}; convert it to a plain Python value"
    )


# --- the world ---------------------------------------------------------------------------------------------------
class WorldStarted(Event, frozen=True, kw_only=True, tag="world_started"):
    """First event of every timeline."""

    world: Literal["live", "run", "drill", "replay"]
    park_id: str
    park_sha256: str = ""
    title: str = ""
    seed: int | None = None
    parent: str = ""
    """Timeline this one was forked from, and where: 'name@seq'."""
    exercise: bool = False


class WorldEnded(Event, frozen=True, kw_only=True, tag="world_ended"):
    reason: str = "finished"


class Note(Event, frozen=True, kw_only=True, tag="note"):
    """A milestone for the timeline bar, or a caveat of a model that everybody must see."""

    kind: Literal["milestone", "caveat", "problem"]
    text_key: str
    """Key of the interface catalogue, e.g. 'event.release_started'; numbers for it in `values`."""
    values: dict[str, str | float | int] = {}


# --- sensors -----------------------------------------------------------------------------------------------------
class SensorSeen(Event, frozen=True, kw_only=True, tag="sensor_seen"):
    """A sensor that the park folder does not list was registered (a replayed stream, a new device)."""

    sensor: str
    name: str
    kind: str
    quantity: str
    unit: str
    substance: str = ""
    x_m: float | None = None
    y_m: float | None = None
    height_m: float = 1.5
    range_min: float | None = None
    range_max: float | None = None
    device: str = ""


class ReadingBatch(Event, frozen=True, kw_only=True, tag="reading_batch"):
    """Rows first_row..last_row (inclusive) were added to the store's readings."""

    first_row: int
    last_row: int
    sha256: str


class LinkChanged(Event, frozen=True, kw_only=True, tag="link_changed"):
    """A device or adapter connected, went silent or came back."""

    link: str
    state: Literal["up", "silent", "down"]
    detail: str = ""


class WindObserved(Event, frozen=True, kw_only=True, tag="wind_observed"):
    """Mean wind of a mast over `averaging_s`, from its readings."""

    mast: str
    speed_m_s: float
    from_deg: float
    averaging_s: float
    temperature_K: float | None = None
    stability: str = ""


# --- alarms ------------------------------------------------------------------------------------------------------
class AlarmRaised(Event, frozen=True, kw_only=True, tag="alarm_raised"):
    """An alarm began. `alarm` is unique within the timeline."""

    alarm: str
    level: Level
    rule: str
    source: str
    """Id of the sensor or thing."""
    value: float | None = None
    unit: str = ""
    limit: float | None = None
    x_m: float | None = None
    y_m: float | None = None
    text_key: str = "alarm.threshold"
    values: dict[str, str | float | int] = {}
    exercise: bool = False


class AlarmChanged(Event, frozen=True, kw_only=True, tag="alarm_changed"):
    alarm: str
    level: Level
    value: float | None = None


class AlarmCleared(Event, frozen=True, kw_only=True, tag="alarm_cleared"):
    alarm: str
    value: float | None = None


class AlarmAcknowledged(Event, frozen=True, kw_only=True, tag="alarm_acknowledged"):
    alarm: str
    by: str


# --- hazards -----------------------------------------------------------------------------------------------------
class ReleaseStarted(Event, frozen=True, kw_only=True, tag="release_started"):
    release: str
    source: str
    """Id of the tank or pipe."""
    substance: str
    x_m: float
    y_m: float
    z_m: float
    hole_diameter_m: float
    phase: Literal["liquid", "gas", "two_phase"]
    rate_kg_s: float
    flash_fraction: float = 0.0
    rain_out_fraction: float = 0.0


class ReleaseChanged(Event, frozen=True, kw_only=True, tag="release_changed"):
    """Discharge of a running release: what leaves the vessel, and what becomes airborne."""

    release: str
    rate_kg_s: float
    airborne_kg_s: float
    released_kg: float
    pressure_Pa: float
    level_fraction: float


class ReleaseEnded(Event, frozen=True, kw_only=True, tag="release_ended"):
    release: str
    reason: Literal["isolated", "empty", "equalised", "study_end"]
    released_kg: float


class FieldFrame(Event, frozen=True, kw_only=True, tag="field_frame"):
    """Chunk `index` of a field was written; `field` is the array's name in the run's fields folder."""

    field: str
    index: int
    sha256: str
    maximum: float
    unit: str
    averaging_time_s: float


class ZoneChanged(Event, frozen=True, kw_only=True, tag="zone_changed"):
    """Reach of a named threshold at this time: farthest distance from the source and area on the ground."""

    zone: str
    """e.g. 'AEGL-2', 'AEGL-3', 'toxic load LC01'."""
    field: str = "concentration"
    """Field of the run that the threshold is compared with; same unit, same averaging time."""
    threshold: float
    unit: str
    averaging_time_s: float
    reach_m: float
    area_m2: float


# --- people and responders ---------------------------------------------------------------------------------------
class PeopleFrame(Event, frozen=True, kw_only=True, tag="people_frame"):
    """Chunk `index` of the people arrays was written."""

    index: int
    sha256: str
    counts: dict[str, int]
    """People by state name (see agents.people.STATES)."""


class OrderIssued(Event, frozen=True, kw_only=True, tag="order_issued"):
    order: str
    kind: Literal["evacuate", "shelter", "dispatch", "isolate", "close_road", "all_clear"]
    target: str
    by: str = ""
    exercise: bool = False


class CrewDispatched(Event, frozen=True, kw_only=True, tag="crew_dispatched"):
    crew: str
    kind: str
    people: int
    destination: str


class RouteAssigned(Event, frozen=True, kw_only=True, tag="route_assigned"):
    """A crew's route as a polyline with times; positions between are linear in time."""

    crew: str
    kind: Literal["fastest", "lowest_dose", "balanced"]
    points_m: tuple[tuple[float, float], ...]
    times_s: tuple[float, ...]
    toxic_load: float
    toxic_load_unit: str
    length_m: float


class CrewArrived(Event, frozen=True, kw_only=True, tag="crew_arrived"):
    crew: str
    place: str


class IsolationDone(Event, frozen=True, kw_only=True, tag="isolation_done"):
    source: str
    by: str


class CasualtiesCounted(Event, frozen=True, kw_only=True, tag="casualties_counted"):
    """Consequences for people so far; expected numbers are sums of probabilities."""

    exposed: int
    above_aegl2: int
    above_aegl3: int
    expected_deaths: float
    deaths: int
    """Sampled with the run's seed."""


AnyEvent: TypeAlias = (
    WorldStarted
    | WorldEnded
    | Note
    | SensorSeen
    | ReadingBatch
    | LinkChanged
    | WindObserved
    | AlarmRaised
    | AlarmChanged
    | AlarmCleared
    | AlarmAcknowledged
    | ReleaseStarted
    | ReleaseChanged
    | ReleaseEnded
    | FieldFrame
    | ZoneChanged
    | PeopleFrame
    | OrderIssued
    | CrewDispatched
    | RouteAssigned
    | CrewArrived
    | IsolationDone
    | CasualtiesCounted
)

_encoder = msgspec.json.Encoder(order="deterministic")
_decoder = msgspec.json.Decoder(AnyEvent)


def encode(event: Event) -> bytes:
    """Canonical JSON of an event: sorted keys, no blanks; equal events give equal bytes."""
    return _encoder.encode(event)


def decode(line: bytes | str) -> AnyEvent:
    """The event of a JSON text.

    Raises: msgspec.ValidationError when it is none.
    """
    event: AnyEvent = _decoder.decode(line)
    return event
