# SPDX-License-Identifier: Apache-2.0
"""Draws layers off screen with VTK. Runs in a process of its own (`python -m viewer.still_drawing`): without a working GL
library VTK does not raise, it kills the process.

Reads a pickled `StillJob` from standard input and writes a PNG to standard output.
"""

from __future__ import annotations

import io
import pickle
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import vtk
from numpy.typing import NDArray
from PIL import Image
from vtk.util.numpy_support import numpy_to_vtk, numpy_to_vtkIdTypeArray, vtk_to_numpy

from viewer.layers.ground_image import SUN
from viewer.layers.message import SceneLayer
from viewer.still_ground import GroundHeights, far_colours, near_colours
from viewer.still_labels import Placed, annotate
from viewer.still_shapes import expand

Floats = NDArray[np.float64]
_SKY_TOP, _SKY_LOW = (0.03, 0.08, 0.17), (0.10, 0.20, 0.32)
_MARKER_PX = 9.0
FINE = 2
"""Drawn so many times larger and averaged: smooth edges without multisampling, which is slow in software."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StillJob:
    """What to draw, from where, how large."""

    layers: Sequence[SceneLayer]
    target_m: tuple[float, float]
    distance_m: float
    azimuth_deg: float
    elevation_deg: float
    size: tuple[int, int]
    movers: Mapping[str, tuple[NDArray[Any], NDArray[np.uint8]]] = field(default_factory=dict)
    """Positions [N, 2] and states [N] of movers layers by id."""
    caption: str = ""


def draw(job: StillJob) -> bytes:
    """The picture as PNG."""
    window = vtk.vtkRenderWindow()
    window.SetOffScreenRendering(1)
    window.SetMultiSamples(0)
    window.SetSize(*(side * FINE for side in job.size))
    renderer = vtk.vtkRenderer()
    renderer.SetBackground(*_SKY_LOW)
    renderer.SetBackground2(*_SKY_TOP)
    renderer.GradientBackgroundOn()
    window.AddRenderer(renderer)
    _lights(renderer)
    flat = [
        (part, layer.drape or part.drape) for layer in job.layers if layer.visible for part in layer.walk()
    ]
    ground = GroundHeights(next((part for part, _ in flat if part.kind == "ground"), None))
    labels: list[tuple[Floats, str, int]] = []
    for part, drape in flat:
        _add(renderer, part, ground, drape, job, labels)
    _aim(renderer, job, ground)
    window.Render()
    picture = _grab(window)
    annotate(picture, [_placed(renderer, picture.height, *label) for label in labels], job.caption)
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


def _lights(renderer: Any) -> None:
    renderer.RemoveAllLights()
    renderer.AutomaticLightCreationOff()
    for place, strength, colour in (
        (SUN, 0.62, (1, 1, 1)),
        ((0.5, -0.6, 0.9), 0.34, (0.7, 0.82, 1.0)),
        ((0, 0, 1), 0.20, (0.8, 0.9, 1.0)),
    ):
        light = vtk.vtkLight()
        light.SetLightTypeToSceneLight()
        light.SetPositional(False)
        light.SetPosition(*place)
        light.SetFocalPoint(0, 0, 0)
        light.SetIntensity(strength)
        light.SetColor(*colour)
        renderer.AddLight(light)
    head = vtk.vtkLight()
    head.SetLightTypeToHeadlight()
    head.SetIntensity(0.28)
    head.SetColor(0.85, 0.92, 1.0)
    renderer.AddLight(head)


def _aim(renderer: Any, job: StillJob, ground: GroundHeights) -> None:
    azimuth, elevation = np.radians(job.azimuth_deg), np.radians(job.elevation_deg)
    x, y = job.target_m
    z = float(ground.z(np.array([[x, y]]))[0])
    flat = np.cos(elevation) * job.distance_m
    camera = renderer.GetActiveCamera()
    camera.SetFocalPoint(x, y, z)
    camera.SetPosition(
        x - np.sin(azimuth) * flat, y - np.cos(azimuth) * flat, z + np.sin(elevation) * job.distance_m
    )
    camera.SetViewUp(0, 0, 1)
    camera.SetViewAngle(40)
    renderer.ResetCameraClippingRange()


def _add(
    renderer: Any,
    part: SceneLayer,
    ground: GroundHeights,
    drape: bool,
    job: StillJob,
    labels: list[tuple[Floats, str, int]],
) -> None:
    data = part.data
    if part.kind == "ground":
        _add_ground(renderer, data)
    elif part.kind == "mesh" and len(data["indices"]):
        alpha = {"pad": 0.3, "fence": 0.35}.get(data["material"], 1.0)
        _add_mesh(renderer, data["positions"], data["indices"], data["colours"][:, :3], alpha)
    elif part.kind == "instances":
        if data["primitive"] == "glow":
            _add_points(
                renderer, data["positions"], data["colours"][:, :3], 2.5 if job.distance_m < 1200 else 1.0
            )
        else:
            _add_mesh(renderer, *expand(data), 1.0)
    elif part.kind == "lines" and data.get("style") != "road" and len(data["points"]):
        points = ground.drape(data["points"]) if drape else np.asarray(data["points"], dtype=np.float64)
        _add_lines(
            renderer,
            points,
            data["starts"],
            data["colours"],
            1.0 if data.get("thin") else data["width_px"] * 0.7,
        )
    elif part.kind == "markers" and len(data["positions"]):
        heads = ground.drape(data["positions"])
        heads[:, 2] += data["stems"]
        _add_points(renderer, heads, data["colours"][:, :3], _MARKER_PX)
    elif part.kind == "movers" and part.id in job.movers:
        xy, states = job.movers[part.id]
        at = ground.drape(np.column_stack([xy, np.full(len(xy), 1.2)]))
        _add_points(
            renderer,
            at,
            data["colours"][np.minimum(states, len(data["colours"]) - 1)],
            4.0 if data["primitive"] == "person" else 10.0,
        )
    elif part.kind == "plume":
        _add_plume(renderer, data, ground)
    elif part.kind == "labels":
        at = ground.drape(data["positions"])
        for place, text, priority, far in zip(
            at, data["texts"], data["priorities"], data["far"], strict=True
        ):
            if not far or job.distance_m < far:
                labels.append((place, text, int(priority)))


def _poly(points: NDArray[Any], triangles: NDArray[Any]) -> Any:
    poly = vtk.vtkPolyData()
    holder = vtk.vtkPoints()
    holder.SetData(numpy_to_vtk(np.ascontiguousarray(points, dtype=np.float32), deep=True))
    poly.SetPoints(holder)
    cells = vtk.vtkCellArray()
    flat = np.column_stack([np.full(len(triangles), 3), triangles]).astype(np.int64).ravel()
    cells.SetCells(len(triangles), numpy_to_vtkIdTypeArray(flat, deep=True))
    poly.SetPolys(cells)
    return poly


def _actor(renderer: Any, poly: Any, alpha: float = 1.0) -> Any:
    mapper = vtk.vtkPolyDataMapper()
    mapper.SetInputData(poly)
    actor = vtk.vtkActor()
    actor.SetMapper(mapper)
    actor.GetProperty().SetOpacity(alpha)
    actor.GetProperty().SetAmbient(0.32)
    renderer.AddActor(actor)
    return actor


def _tint(poly: Any, colours: NDArray[Any]) -> None:
    tint = numpy_to_vtk(np.ascontiguousarray(colours, dtype=np.uint8), deep=True)
    tint.SetName("colour")
    poly.GetPointData().SetScalars(tint)


def _add_mesh(
    renderer: Any, points: NDArray[Any], triangles: NDArray[Any], colours: NDArray[Any], alpha: float
) -> None:
    if not len(triangles):
        return
    poly = _poly(points, triangles)
    _tint(poly, colours)
    _actor(renderer, poly, alpha).GetProperty().SetInterpolationToFlat()


def _add_points(renderer: Any, points: NDArray[Any], colours: NDArray[Any], size_px: float) -> None:
    if not len(points):
        return
    poly = vtk.vtkPolyData()
    holder = vtk.vtkPoints()
    holder.SetData(numpy_to_vtk(np.ascontiguousarray(points, dtype=np.float32), deep=True))
    poly.SetPoints(holder)
    cells = vtk.vtkCellArray()
    ids = np.column_stack([np.ones(len(points)), np.arange(len(points))]).astype(np.int64).ravel()
    cells.SetCells(len(points), numpy_to_vtkIdTypeArray(ids, deep=True))
    poly.SetVerts(cells)
    _tint(poly, colours)
    actor = _actor(renderer, poly)
    actor.GetProperty().SetPointSize(size_px * FINE)
    actor.GetProperty().RenderPointsAsSpheresOn()
    actor.GetProperty().LightingOff()


def _add_lines(
    renderer: Any, points: Floats, starts: NDArray[Any], colours: NDArray[Any], width_px: float
) -> None:
    poly = vtk.vtkPolyData()
    holder = vtk.vtkPoints()
    holder.SetData(numpy_to_vtk(np.ascontiguousarray(points, dtype=np.float32), deep=True))
    poly.SetPoints(holder)
    cells = vtk.vtkCellArray()
    tint = np.zeros((len(points), 3), dtype=np.uint8)
    for number in range(len(starts) - 1):
        first, last = int(starts[number]), int(starts[number + 1])
        cells.InsertNextCell(last - first)
        for k in range(first, last):
            cells.InsertCellPoint(k)
        tint[first:last] = colours[min(number, len(colours) - 1), :3]
    poly.SetLines(cells)
    _tint(poly, tint)
    actor = _actor(renderer, poly)
    actor.GetProperty().SetLineWidth(width_px * FINE)
    actor.GetProperty().LightingOff()


def _add_ground(renderer: Any, data: Mapping[str, Any]) -> None:
    near, far = data["near"], data["far"]
    xs, ys = data["xs"].astype(np.float64), data["ys"].astype(np.float64)
    z = data["z"].astype(np.float64).reshape(len(ys), len(xs))
    for box, picture in ((far, far_colours(data)), (near, near_colours(data))):
        i = np.flatnonzero((xs >= box[0] - 1e-3) & (xs <= box[2] + 1e-3))
        j = np.flatnonzero((ys >= box[1] - 1e-3) & (ys <= box[3] + 1e-3))
        gx, gy = np.meshgrid(xs[i], ys[j])
        points = np.column_stack([gx.ravel(), gy.ravel(), z[np.ix_(j, i)].ravel()])
        a = (np.arange(len(j) - 1)[:, None] * len(i) + np.arange(len(i) - 1)).ravel()
        triangles = np.concatenate(
            [np.column_stack([a, a + 1, a + len(i) + 1]), np.column_stack([a, a + len(i) + 1, a + len(i)])]
        )
        if box is far:
            middle = points[triangles].mean(axis=1)
            inside = (
                (middle[:, 0] > near[0])
                & (middle[:, 0] < near[2])
                & (middle[:, 1] > near[1])
                & (middle[:, 1] < near[3])
            )
            triangles = triangles[~inside]
        poly = _poly(points, triangles)
        uv = np.column_stack(
            [(gx.ravel() - box[0]) / (box[2] - box[0]), (gy.ravel() - box[1]) / (box[3] - box[1])]
        )
        poly.GetPointData().SetTCoords(numpy_to_vtk(uv.astype(np.float32), deep=True))
        image = vtk.vtkImageData()
        image.SetDimensions(picture.shape[1], picture.shape[0], 1)
        image.GetPointData().SetScalars(
            numpy_to_vtk(np.ascontiguousarray(picture[::-1]).reshape(-1, 3), deep=True)
        )
        texture = vtk.vtkTexture()
        texture.SetInputData(image)
        texture.InterpolateOn()
        texture.MipmapOn()
        actor = _actor(renderer, poly)
        actor.SetTexture(texture)
        actor.GetProperty().LightingOff()


def _add_plume(renderer: Any, data: Mapping[str, Any], ground: GroundHeights) -> None:
    nx, ny = int(data["nx"]), int(data["ny"])
    if nx < 2 or ny < 2:
        return
    value = data["log10"].astype(np.float64)
    sigma = data["sigma"].astype(np.float64)
    gx, gy = np.meshgrid(data["x0"] + data["cell"] * np.arange(nx), data["y0"] + data["cell"] * np.arange(ny))
    level_ground = ground.z(np.column_stack([gx.ravel(), gy.ravel()])) + 0.8
    a = (np.arange(ny - 1)[:, None] * nx + np.arange(nx - 1)).ravel()
    triangles = np.concatenate(
        [np.column_stack([a, a + 1, a + nx + 1]), np.column_stack([a, a + nx + 1, a + nx])]
    )
    for level in data["levels"]:
        over = np.maximum(value - level["log10"], 0.0)
        for height, alpha in ((sigma * np.sqrt(2 * np.log(10) * over), 0.26), (np.zeros(len(value)), 0.30)):
            if data["style"] == "bands" and alpha == 0.26:
                continue
            poly = _poly(np.column_stack([gx.ravel(), gy.ravel(), level_ground + height]), triangles)
            poly.GetPointData().SetScalars(numpy_to_vtk(value, deep=True))
            clip = vtk.vtkClipPolyData()
            clip.SetInputData(poly)
            clip.SetValue(level["log10"])
            clip.Update()
            shell = clip.GetOutput()
            shell.GetPointData().SetScalars(None)
            actor = _actor(renderer, shell, alpha)
            actor.GetProperty().SetColor(*(part / 255 for part in level["colour"]))
            actor.GetProperty().SetAmbient(0.5)
        edge = vtk.vtkContourFilter()
        flat = _poly(np.column_stack([gx.ravel(), gy.ravel(), level_ground + 0.6]), triangles)
        flat.GetPointData().SetScalars(numpy_to_vtk(value, deep=True))
        edge.SetInputData(flat)
        edge.SetValue(0, level["log10"])
        edge.Update()
        line = edge.GetOutput()
        line.GetPointData().SetScalars(None)
        actor = _actor(renderer, line)
        actor.GetProperty().SetColor(*(min(part / 255 * 0.8 + 0.2, 1.0) for part in level["colour"]))
        actor.GetProperty().SetLineWidth(2.0 * FINE)
        actor.GetProperty().LightingOff()


def _grab(window: Any) -> Image.Image:
    grab = vtk.vtkWindowToImageFilter()
    grab.SetInput(window)
    grab.SetInputBufferTypeToRGB()
    grab.ReadFrontBufferOff()
    grab.Update()
    image = grab.GetOutput()
    width, height, _ = image.GetDimensions()
    pixels = vtk_to_numpy(image.GetPointData().GetScalars()).reshape(height, width, 3)
    return Image.fromarray(np.ascontiguousarray(pixels[::-1])).reduce(FINE)


def _placed(renderer: Any, height: int, place: Floats, text: str, priority: int) -> Placed:
    renderer.SetWorldPoint(*place, 1.0)
    renderer.WorldToDisplay()
    x, y, depth = renderer.GetDisplayPoint()
    return (x / FINE, height - y / FINE, depth), text, priority


if __name__ == "__main__":
    sys.stdout.buffer.write(draw(pickle.load(sys.stdin.buffer)))  # noqa: S301 - from our own parent process
