# SPDX-License-Identifier: Apache-2.0
"""The crowd: people who are warned or notice gas, hesitate, walk to a muster point or shelter, and breathe on
the way.

Orders given between ticks are applied at the next tick's start. A tick (1-5 s) moves everybody through the
queues of the walking network, samples the hazard where they are and updates what they have taken up. All
arrays; nobody is an object. Not modelled: groups, helpers of the incapacitated, vehicles. Those who left by a
park gate stay at it and go on breathing there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from agents.breathing import DYING_S, Breathing, Toxicity
from agents.destinations import Destinations
from agents.people import DEAD, INCAPACITATED, MOVING, NORMAL, REACTING, SAFE, SHELTERING, STATES, People
from agents.queue_flow import ARRIVED, NO_WAY, WAITING, QueueFlow
from twin.errors import did_you_mean, problem
from twin.fields import HazardField
from twin.park import Park

if TYPE_CHECKING:
    from geodata.network import Network

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Order = Literal["evacuate", "shelter"]

NONE, EVACUATE, SHELTER = 0, 1, 2
ORDERS = {"evacuate": EVACUATE, "shelter": SHELTER}
CHANNEL_MEAN_S = {"siren": 30.0, "radio": 60.0, "phone": 180.0, "direct": 0.0}
"""Mean time until a person has heard and understood, exponentially spread. Assumptions of ours, to be
replaced by drill data."""
REPLAN_S = 60.0
"""Guided people are given new ways this often."""
SPACING_M = 0.9
"""Distance between people who wait at a muster point, who stand in a sunflower pattern."""
SETTLED_S = 300.0
"""Nobody walks longer than this from a destination's node to their spot at it."""
GOLDEN_ANGLE = 2.399963229728653


class Crowd:
    """Everybody in the park during an event.

    Shapes: all arrays [N] in the order of `people`.
    """

    def __init__(
        self,
        park: Park,
        network: Network,
        people: People,
        *,
        substance_n: float | None = None,
        rng: np.random.Generator,
        probit: tuple[float, float] | None = None,
        aegl_ppm: dict[int, dict[int, float]] | None = None,
        notice_ppm: float | None = None,
    ) -> None:
        """`probit` = (a, b) for loads in ppm^substance_n min; `notice_ppm` defaults to AEGL-1 for 10 minutes.

        Raises: InputProblems when the park has neither a shelter nor an open gate to go to.
        """
        self.people = people
        self.network = network
        self.state = people.state
        toxicity = Toxicity(
            n=1.0 if substance_n is None else substance_n,
            probit=probit,
            aegl_ppm=aegl_ppm,
            notice_ppm=notice_ppm,
        )
        count = len(people)
        share_before, self._hearing = rng.random((2, count))
        self.destinations = Destinations(park, network, toxicity.noticed_ppm)
        self.breathing = _breathing(toxicity, people, self.destinations, share_before)
        self.flow = QueueFlow(network, people.speed_m_s)
        self.flow.table = self.destinations.table
        self._clock_started = False
        self.order = np.zeros(count, dtype=np.uint8)
        self.guided = np.zeros(count, dtype=bool)
        self._next_order = np.zeros(count, dtype=np.uint8)
        self._next_guided = np.zeros(count, dtype=bool)
        self._hear_s = np.full(count, np.inf)
        self._act_s = np.full(count, np.inf)
        self._replan_s = -np.inf
        self._row = np.full(count, -1, dtype=np.int64)
        self._xy_m = people.xy_m.copy()
        self._from_m = people.xy_m.copy()
        self._spot_m = people.xy_m.copy()
        self._arrivals = np.zeros(self.destinations.rows, dtype=np.int64)
        self._t_s = 0.0

    @property
    def toxic_load(self) -> Floats:
        """ppm^n min taken up so far."""
        return self.people.toxic_load

    def warn(
        self,
        t_s: float,
        who: Ints | None = None,
        order: Order = "evacuate",
        *,
        channel: str = "siren",
        guided: bool = False,
    ) -> None:
        """Warn people (all, or those of the given rows) at a time; takes effect from the next tick on.

        A later order replaces an earlier one. `guided` evacuation leads people round the gas as it spreads.

        Raises: InputProblems for an order or channel that does not exist.
        """
        if order not in ORDERS:
            raise problem(
                f"people cannot be ordered to '{order}'", did_you_mean(order, list(ORDERS)), field="order"
            )
        if channel not in CHANNEL_MEAN_S:
            raise problem(
                f"there is no channel '{channel}'",
                did_you_mean(channel, list(CHANNEL_MEAN_S)),
                field="channel",
            )
        rows = np.arange(len(self.state)) if who is None else np.asarray(who, dtype=np.int64)
        heard = t_s - CHANNEL_MEAN_S[channel] * np.log1p(-self._hearing[rows])
        self._hear_s[rows] = np.minimum(self._hear_s[rows], heard)
        self._next_order[rows] = ORDERS[order]
        self._next_guided[rows] = guided

    def step(
        self,
        t_s: float,
        dt_s: float,
        field: HazardField | None,
        ppm_per_kg_m3: float,
        *,
        forecast: HazardField | None = None,
    ) -> None:
        """Live from t_s to t_s + dt_s in a concentration field [kg/m3]; `forecast` is what guides see
        ahead."""
        if not self._clock_started:
            self.flow.t_s, self._clock_started = float(t_s), True
        end_s = t_s + dt_s
        self._hear(end_s)
        if end_s >= self._replan_s:
            self._replan(end_s, forecast or field, ppm_per_kg_m3)
        self._act(end_s)
        self.flow.table = self.destinations.table
        self.flow.advance(end_s)
        self._arrive()
        self._t_s = end_s
        self._place(end_s)
        self.breathing.step(self._xy_m, self.state != DEAD, t_s, dt_s, field, ppm_per_kg_m3)
        self._suffer(end_s)
        self._notice(end_s)

    def _hear(self, end_s: float) -> None:
        """People understand an order that reached them."""
        who = np.flatnonzero(self._hear_s <= end_s)
        if not len(who):
            return
        heard_s = self._hear_s[who]
        self._hear_s[who] = np.inf
        able = self.state[who] < INCAPACITATED
        who, heard_s = who[able], heard_s[able]
        same = self.order[who] == self._next_order[who]
        self.order[who] = self._next_order[who]
        self.guided[who] = self._next_guided[who]
        idle = np.isin(self.state[who], (NORMAL, SHELTERING)) & ~(same & (self.state[who] == SHELTERING))
        self.state[who[idle]] = REACTING
        self._act_s[who[idle]] = heard_s[idle] + self.people.delay_s[who[idle]]
        turned = who[(self.state[who] == MOVING) & ~same]
        self._send(turned, self.flow.next_node(turned), None)

    def _notice(self, t_s: float) -> None:
        """People who smell or feel the gas act by themselves: indoors they shut the windows, outdoors they
        leave.

        Those at an open muster point are led on to another.
        """
        noticing = self.breathing.noticing
        indoors = self.breathing.room >= 0
        again = noticing & (self.state == SAFE) & ~indoors & (self.destinations.count > 1)
        fresh = noticing & (self.state == NORMAL)
        self.destinations.abandon(self._row[again])
        self.order[fresh & indoors] = SHELTER
        self.order[(fresh & ~indoors) | again] = EVACUATE
        self.guided[again] = True
        self.state[fresh | again] = REACTING
        self._act_s[fresh | again] = t_s + self.people.delay_s[fresh | again]

    def _act(self, end_s: float) -> None:
        """The hesitation is over."""
        who = np.flatnonzero((self.state == REACTING) & (self._act_s <= end_s))
        if not len(who):
            return
        self.people.node[who] = np.where(self._row[who] >= 0, self.flow.next_node(who), self.people.node[who])
        stay = (self.order[who] == SHELTER) & (self.breathing.room[who] >= 0)
        self.state[who[stay]] = SHELTERING
        self.breathing.close(np.unique(self.breathing.room[who[stay]]))
        go = who[~stay]
        self._from_m[go] = self._xy_m[go]
        self._send(go, self.people.node[go], self._act_s[go])

    def _send(self, who: Ints, node: Ints, act_s: Floats | None) -> None:
        """Give people a destination; those who set out (`act_s`) first walk from where they are to their
        node."""
        if not len(who):
            return
        out = self.order[who] == EVACUATE
        row = np.full(len(who), self.destinations.indoors_row, dtype=np.int64)
        chosen = self.destinations.choose(node[out], self.guided[who[out]])
        row[out] = np.where(
            chosen >= 0, chosen, self.destinations.indoors_row
        )  # no room anywhere: into a building
        self._row[who] = row
        self.state[who] = MOVING
        if act_s is None:
            self.flow.steer(who, row)
            return
        self.breathing.room[who] = -1
        apart = np.hypot(*(self.network.xy_m[node] - self._from_m[who]).T)
        self.flow.depart(who, node, row, act_s + apart / self.people.speed_m_s[who])

    def _replan(self, t_s: float, field: HazardField | None, ppm_per_kg_m3: float) -> None:
        """Guides look where the gas goes and lead those who are on the way, and those who will be, round
        it."""
        evacuating = (self.order == EVACUATE) & self.guided
        if not (evacuating & ((self.state == MOVING) | (self.state == REACTING))).any():
            return
        self._replan_s = t_s + REPLAN_S
        self.destinations.look_ahead(t_s, field, ppm_per_kg_m3)
        who = np.flatnonzero(evacuating & (self.state == MOVING))
        if len(who):
            self._row[who] = self.destinations.reconsider(self.flow.next_node(who), self._row[who])
            self.flow.steer(who, self._row[who])

    def _arrive(self) -> None:
        moving = self.state == MOVING
        stranded = np.flatnonzero(moving & (self.flow.status == NO_WAY))
        self.destinations.release(self._row[stranded])
        self.state[stranded] = REACTING  # they look for another place
        self._act_s[stranded] = self._t_s
        who = np.flatnonzero(moving & (self.flow.status == ARRIVED))
        if not len(who):
            return
        who = who[np.argsort(self.flow.arrived_s[who], kind="stable")]
        row = self._row[who]
        node = self.flow.next_node(who)
        room = self.destinations.room_at(row, node)
        self._from_m[who] = self.network.xy_m[node]
        rank = np.empty(len(who))
        for k, r in enumerate(row.tolist()):
            rank[k] = self._arrivals[r]
            self._arrivals[r] += 1
        angle = GOLDEN_ANGLE * rank
        away = np.where(room >= 0, 0.4 + np.mod(rank, 40.0) * 0.1, SPACING_M * np.sqrt(rank + 0.5))
        centre = self.destinations.centre_m(row, node)
        self._spot_m[who] = centre + away[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)
        self.breathing.room[who] = room
        inside = row == self.destinations.indoors_row
        self.state[who] = np.where(inside, SHELTERING, SAFE)
        self.breathing.close(np.unique(room[room >= 0]))

    def _suffer(self, t_s: float) -> None:
        """Those who have taken up what kills them fall where they are, block nobody, and die."""
        down = self.breathing.fallen & (self.state < INCAPACITATED)
        self.flow.remove(np.flatnonzero(down & (self.state == MOVING)))
        self.state[down] = INCAPACITATED
        self._act_s[down] = t_s + DYING_S
        self.state[(self.state == INCAPACITATED) & (self._act_s <= t_s)] = DEAD

    def _place(self, t_s: float) -> None:
        """Where everybody is: on the way to the network, on it, or walking to their spot at the
        destination."""
        xy_m, status = self._xy_m, self.flow.status
        moving = self.state == MOVING
        who = np.flatnonzero(moving & (status == WAITING))
        if len(who):
            node = self.flow.next_node(who)
            self._walk(
                who,
                self._from_m[who],
                self.network.xy_m[node],
                self.flow.people["depart"][who] - t_s,
                ahead=True,
            )
        self.flow.locate(xy_m, t_s)
        who = np.flatnonzero((self.state == SAFE) | (self.state == SHELTERING))
        who = who[t_s - self.flow.arrived_s[who] < SETTLED_S]
        if len(who):
            self._walk(who, self._from_m[who], self._spot_m[who], t_s - self.flow.arrived_s[who], ahead=False)

    def _walk(self, who: Ints, start_m: Floats, end_m: Floats, time_s: Floats, *, ahead: bool) -> None:
        """Straight walk of which `time_s` is left (ahead) or has passed."""
        apart = np.maximum(np.hypot(*(end_m - start_m).T), 1e-6)
        part = np.clip(time_s * self.people.speed_m_s[who] / apart, 0.0, 1.0)
        part = 1.0 - part if ahead else part
        self._xy_m[who] = start_m + part[:, None] * (end_m - start_m)

    def positions(self) -> NDArray[np.float32]:
        """Where everybody is, park frame. Shapes: -> [N, 2]."""
        return self._xy_m.astype(np.float32)

    def counts(self) -> dict[str, int]:
        """People by state name."""
        return dict(zip(STATES, np.bincount(self.state, minlength=len(STATES)).tolist(), strict=True))

    @property
    def expected_deaths(self) -> float:
        """See `Breathing.expected_deaths`."""
        return self.breathing.expected_deaths

    def casualties(self) -> dict[str, float | int]:
        """The fields of `twin.events.CasualtiesCounted`."""
        return {
            "exposed": int(self.breathing.exposed.sum()),
            "above_aegl2": int(self.breathing.above(2).sum()),
            "above_aegl3": int(self.breathing.above(3).sum()),
            "expected_deaths": self.expected_deaths,
            "deaths": int((self.state == DEAD).sum()),
        }


def _breathing(
    toxicity: Toxicity, people: People, destinations: Destinations, share_before: Floats
) -> Breathing:
    """Rooms: the park's buildings and indoor shelters, then one for everybody indoors elsewhere (homes,
    areas)."""
    known = {name: k for k, name in enumerate(destinations.room_ids)}
    room_of_place = np.array([known.get(name, -1) for name in people.places], dtype=np.int64)
    room = np.where(people.indoors, room_of_place[people.place], -1)
    homes = np.flatnonzero(people.indoors & (room < 0))
    room[homes] = len(known) + np.arange(len(homes))
    return Breathing(
        toxicity,
        people.toxic_load,
        share_before,
        room,
        np.concatenate([destinations.rooms_xy_m, people.xy_m[homes]]),
        np.concatenate([destinations.rooms_air_changes_1_h, people.air_changes_1_h[homes]]),
    )
