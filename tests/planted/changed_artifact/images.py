import numpy as np

from framework.reactive import ReactiveBuilder


class Images(ReactiveBuilder):
    def __init__(self):
        super().__init__(provides="image", requires=[])

    def build(self, context):
        for seed in range(3):
            yield np.random.default_rng(seed).random((64, 64))


class Normalised(ReactiveBuilder):
    def __init__(self):
        super().__init__(provides="normalised", requires=["image"])

    def build(self, context, image):
        image -= image.mean()  # planted
        yield image / image.std()


class Brightness(ReactiveBuilder):
    def __init__(self):
        super().__init__(provides="brightness", requires=["image"])

    def build(self, context, image):
        yield float(image.mean())
