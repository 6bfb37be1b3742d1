# SPDX-License-Identifier: Apache-2.0
"""The simulated plant: a client that measures an invented (or a simulated) reality and sends true HJ 212-2017 frames.

It knows of the twin only what a real plant would: which device has which factors (the park's sensor registry). With a truth,
its detectors see the concentration of a finished run. air and noise make weather and process noise, signal the readings,
minute the means, packet the frames, link the connection, run the whole.
"""

from live_sync.plant.run import PlantReport as PlantReport
from live_sync.plant.run import run_plant as run_plant
from live_sync.plant.run import run_plant_async as run_plant_async
