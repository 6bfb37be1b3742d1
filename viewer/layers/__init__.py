# SPDX-License-Identifier: Apache-2.0
"""What the scene shows, as plain arrays: each module turns one part of the world into `SceneLayer`s."""
