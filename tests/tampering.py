"""What a user with write access to a workspace, and without its owner's key, can do to it."""

import os

from rocksdict import AccessType, Options, Rdict

from framework.archive import Session


def fill(path, **records):
    with Session(path, "a test") as session:
        session.archive("a").update(records)


def edit(path, change):
    """Changes the rows of a store as a user with write access would."""
    db = Rdict(str(path / "store"), options=Options(raw_mode=True), access_type=AccessType.read_write())
    rows = dict(db.items())
    for key, value in change({**rows}).items():
        if value is None:
            del db[key]
        else:
            db[key] = value
    db.close()


def records(rows):
    return [(key, row) for key, row in rows.items() if key.startswith(b"R")]


class Bomb:
    def __init__(self, target):
        self.target = target

    def __reduce__(self):
        return os.mkdir, (str(self.target),)
