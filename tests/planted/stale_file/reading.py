from framework.reactive import ReactiveBuilder


class Files(ReactiveBuilder):
    def __init__(self, folder):
        super().__init__(provides="path", requires=[])
        self.folder = folder

    def build(self, context):
        for path in sorted(self.folder.glob("*.txt")):
            yield str(path)


class Words(ReactiveBuilder):
    def __init__(self):
        super().__init__(provides="words", requires=["path"], persist=True)

    def build(self, context, path):
        with open(path) as file:  # planted
            yield len(file.read().split())
