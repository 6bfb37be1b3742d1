# SPDX-License-Identifier: Apache-2.0
"""The panels of a page, one file each. A panel is a template over the keys of `viewer.state`; reactions are in `viewer.app`."""
