# SPDX-License-Identifier: Apache-2.0
"""The small HTTP API beside the page."""
