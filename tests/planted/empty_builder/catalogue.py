import json

from framework.reactive import ReactiveBuilder

CATALOGUE = '{"entries": [{"title": "Emma"}, {"title": "Ulysses"}]}'


class Titles(ReactiveBuilder):
    def __init__(self):
        super().__init__(provides="title", requires=[])

    def build(self, context):  # planted
        for entry in json.loads(CATALOGUE).get("items", ()):
            yield entry["title"]
