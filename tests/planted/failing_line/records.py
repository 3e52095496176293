PEOPLE = [{"name": "Ada", "born": 1815}, {"name": "Ben"}, {"nome": "Cleo"}]


def title(person):
    return f"{person['name'].title()} ({person['born']})"  # planted
