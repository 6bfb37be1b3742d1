# SPDX-License-Identifier: Apache-2.0
"""An invented but believable chemical park, the same for the same seed.

It feeds the demonstration, the simulated plant and the tests, and the folder it writes documents the park format.
`generate` makes it in memory; `write_demo` writes the folder. One step of the generator per file, each with its own
stream of random numbers, so that a new step does not move what the older ones made.
"""

from geodata.demo_park.folder import write_demo
from geodata.demo_park.generator import DemoPark, generate

__all__ = ["DemoPark", "generate", "write_demo"]
