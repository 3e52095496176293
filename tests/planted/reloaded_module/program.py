import importlib

from reloaded_module import shapes
from reloaded_module.drawing import Draw

from framework.core import Pipeline


def run(_folder):
    importlib.reload(shapes)
    pipeline = Pipeline([Draw()], history=True)
    for radius in range(4):
        pipeline.submit(shapes.Circle("circle", radius=radius))
    return pipeline.run().findings
