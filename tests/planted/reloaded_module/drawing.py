from reloaded_module.shapes import *

from framework.core import AbstractProcessor


class Draw(AbstractProcessor):
    def __init__(self):
        super().__init__()
        self.drawn = []

    def process(self, context, event):
        match event:
            case Circle(radius=radius):  # planted
                self.drawn.append(radius)
            case Square(side=side):
                self.drawn.append(side)
