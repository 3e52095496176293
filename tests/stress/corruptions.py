"""Ways to damage a workspace: inside of a file, and among files."""

from collections import defaultdict

BLOCKS = (1, 64, 512, 4096)


def flip(random, data):
    at = random.randrange(len(data))
    data[at] ^= 1 << random.randrange(8)


def cut(random, data):
    del data[random.randrange(len(data)) :]


def empty(random, data):
    data.clear()


def zeros(random, data):
    at, size = _block(random, data)
    data[at : at + size] = bytes(size)


def garbage(random, data):
    at, size = _block(random, data)
    data[at : at + size] = random.randbytes(size)


def leave_out(random, data):
    at, size = _block(random, data)
    del data[at : at + size]


def repeat(random, data):
    at, size = _block(random, data)
    data[at:at] = data[at : at + size]


def append(random, data):
    data += random.choice((random.randbytes, bytes))(random.randrange(1, 5000))


def _block(random, data):
    size = min(random.choice(BLOCKS), len(data))
    return random.randrange(len(data) - size + 1) // size * size, size


INSIDE = (flip, flip, flip, cut, empty, zeros, garbage, leave_out, repeat, append)


def gone(random, file, other):
    file.unlink()


def swap(random, file, other):
    kept = file.read_bytes()
    file.write_bytes(other.read_bytes())
    other.write_bytes(kept)


def replace(random, file, other):
    file.write_bytes(other.read_bytes())


def duplicate(random, file, other):
    """A copy whose name stands before, between or behind the files of its kind."""
    number = f"{random.choice((1, random.randrange(100), 999_999)):06}"
    name = f"MANIFEST-{number}" if file.name.startswith("MANIFEST") else number + file.suffix
    file.with_name(name).write_bytes(file.read_bytes())


AMONG = (gone, swap, replace, duplicate)


def corrupt(random, path):
    """Damage a workspace in one place, and say what was done to which file."""
    kinds = defaultdict(list)
    for file in sorted(file for file in path.rglob("*") if file.is_file()):
        kinds[file.suffix if file.suffix in {".log", ".sst"} else file.name.rstrip("-.0123456789")].append(file)
    kind = random.choice([*kinds.values()])
    file = random.choice(kind)
    if file.stat().st_size and random.random() < 0.75:
        damage, data = random.choice(INSIDE), bytearray(file.read_bytes())
        damage(random, data)
        file.write_bytes(data)
    else:
        damage = random.choice(AMONG)
        others = [other for other in random.choice([*kinds.values(), *[kind] * len(kinds)]) if other != file]
        damage(random, file, random.choice(others or [path / "mark"]))
    return f"{damage.__name__} {file.relative_to(path)}"
