"""A site in which every page links to ten others."""


def links_of(page):
    return [(page * 7 + n) % 400 for n in range(10)]
