"""Kinds of scipy, scikit-learn, numba and xarray values, and of records: dataclasses, attrs, pydantic, enums."""

import dataclasses
import enum
import functools
import pickle

import attrs
import networkx as nx
import numba
import numpy as np
import pydantic
import xarray as xr
from library_kinds import kind, same_repr
from scipy import sparse, stats
from sklearn.cluster import KMeans
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

SMALL = (0, 1, 2)


def same_sparse(left, right):
    """Equal formats, shapes and values."""
    alike = (type(left), left.shape, left.dtype) == (type(right), right.shape, right.dtype)
    return alike and abs(left.tocsr() - right.tocsr()).sum() == 0


FORMATS = (sparse.csr_matrix, sparse.csc_matrix, sparse.coo_matrix, sparse.csr_array, sparse.dok_matrix)
FORMATS = (*FORMATS, sparse.lil_matrix, sparse.bsr_array)


@kind("scipy sparse", same_sparse, FORMATS, ("f8", "i4"), *[SMALL] * 4)
def sparse_matrix(noise, form, dtype, *values):
    dense = np.array(values, dtype=dtype).reshape(2, 2)
    made = form(dense)
    if noise.random() < 0.5 and made.format in {"csr", "csc"}:
        rows = sparse.coo_array(dense)
        order = np.argsort([noise.random() for _ in rows.data])
        made = form(sparse.coo_array((rows.data[order], tuple(part[order] for part in rows.coords)), shape=(2, 2)))
        made.has_sorted_indices  # noqa: B018 - remembered
        made.sum_duplicates()
    return made


def same_distribution(left, right):
    """Equal families and arguments."""
    return type(left.dist) is type(right.dist) and (left.args, left.kwds) == (right.args, right.kwds)


FAMILIES = (stats.norm, stats.gamma, stats.uniform, stats.poisson, stats.t)


@kind("scipy distribution", same_distribution, FAMILIES, (1, 2, 2.5), (1, 3), weight=2)
def distribution(noise, family, first, second):
    made = family(first, second)
    if noise.random() < 0.5:
        made.rvs(), np.random.random()  # noqa: NPY002 - of the process
        made.cdf(0.5), made.mean(), made.expect() if family is stats.norm else None
    return made


def same_estimator(left, right):
    """Equal parameters, and equal fitted attributes by name."""
    if type(left) is not type(right) or repr(left) != repr(right):
        return False
    fitted = [{name: value for name, value in vars(one).items() if name.endswith("_")} for one in (left, right)]
    if fitted[0].keys() != fitted[1].keys():
        return False
    arrays = {name for name, value in fitted[0].items() if isinstance(value, np.ndarray) and value.dtype != object}
    if not all(np.array_equal(fitted[0][name], fitted[1][name]) for name in arrays):
        return False
    return all(np.array_equal(part.predict(FEATURES), other.predict(FEATURES)) for part, other in [(left, right)])


FEATURES = np.arange(12.0).reshape(6, 2) % 5
LABELS = (np.array([0, 0, 0, 1, 1, 1]), np.array([0, 1, 0, 1, 0, 1]))
ESTIMATORS = (
    lambda k: LogisticRegression(C=k),
    lambda k: DecisionTreeClassifier(max_depth=k, random_state=0),
    lambda k: RandomForestClassifier(k, random_state=0),
    KNeighborsClassifier,
    lambda k: KNeighborsClassifier(k, algorithm="kd_tree"),
    lambda k: KMeans(k, n_init=1, random_state=0),
    lambda k: make_pipeline(StandardScaler(), LogisticRegression(C=k)),
    lambda k: SVC(C=k),
)


@kind("scikit-learn", same_estimator, ESTIMATORS, (1, 2), LABELS, weight=1)
def estimator(noise, make, k, labels):
    made = make(k).fit(FEATURES, labels)
    if noise.random() < 0.5:
        made.predict(FEATURES[:2])
        made.get_params(), repr(made)
    return made


@dataclasses.dataclass
class Station:
    name: str
    height: object

    @functools.cached_property
    def slug(self):
        return self.name.lower()


@attrs.frozen(cache_hash=True, slots=False)
class City:
    name: str
    height: object


@attrs.define(slots=True)
class Town:
    name: str
    height: object = None

    @functools.cached_property
    def slug(self):
        return self.name.lower()


class Config(pydantic.BaseModel):
    name: str
    height: float | int | bool | None = None
    _seen: int = pydantic.PrivateAttr(0)

    @pydantic.computed_field
    @functools.cached_property
    def slug(self) -> str:
        return self.name.lower()


class Open(pydantic.BaseModel, extra="allow"):
    name: str


VALUES = (None, 0, 1, 1.0, True)


@kind("dataclass", same_repr, ("a", "b", "A"), VALUES)
def station(noise, name, height):
    made = Station(name, height)
    if noise.random() < 0.5:
        made.slug  # noqa: B018 - remembered
    return made


@kind("attrs", same_repr, (City, Town), ("a", "b"), VALUES)
def city(noise, cls, name, height):
    made = cls(name, height)
    if noise.random() < 0.5:
        hash(made) if cls is City else made.slug
    return made


@kind("pydantic", same_repr, ("a", "b"), VALUES)
def config(noise, name, height):
    made = Config(name=name) if height is None and noise.random() < 0.5 else Config(name=name, height=height)
    if noise.random() < 0.5:
        made.slug  # noqa: B018 - remembered
    return made


@kind("pydantic extra", same_repr, ("a", "b"), ("x", "y"), VALUES)
def open_model(noise, name, extra, value):
    return Open(name=name, **{extra: value})


class Level(enum.Enum):
    LOW = 1
    HIGH = 2
    TOP = ("a", 2)


class Right(enum.Flag):
    READ = 1
    WRITE = 2


@kind("enum", same_repr, (*Level, Right.READ, Right.WRITE, Right.READ | Right.WRITE, Right(0)), weight=1)
def member(_, value):
    return value


def same_graph(left, right):
    """Equal nodes, edges and attributes."""
    return nx.utils.graphs_equal(left, right)


@kind("networkx", same_graph, *[((0, 1), (1, 2), (0, 2))] * 3, (1, 2), weight=2)
def graph(noise, *parts):
    *edges, weight = parts
    made = nx.Graph()
    made.add_nodes_from(range(3))
    made.add_edges_from(noise.sample(edges, len(edges)), weight=weight)
    if noise.random() < 0.5:
        nx.shortest_path_length(made), made.adj, made.degree
    return made


def same_labelled(left, right):
    """Equal by the library, and of equal dtypes."""
    if type(left) is not type(right) or not left.identical(right):
        return False
    if isinstance(left, xr.Dataset):
        return all(left[name].dtype == right[name].dtype for name in left.variables)
    return left.dtype == right.dtype


@kind(
    "xarray",
    same_labelled,
    (xr.DataArray, xr.Dataset),
    ("f8", "i8"),
    ("x", "y"),
    ("n", None),
    ({}, {"u": 1}),
    *[SMALL] * 2,
)
def labelled(noise, cls, dtype, *parts):
    dim, name, attributes, *values = parts
    made = xr.DataArray(np.array(values, dtype), dims=[dim], coords={dim: [10, 20]}, name=name, attrs=attributes)
    if cls is xr.Dataset:
        made = xr.Dataset({name or "v": made.rename(name or "v")}, attrs=attributes)
    if noise.random() < 0.5:
        made.mean(), made.sel({dim: 10}), made.copy(deep=True)
    return made.isel({dim: slice(None)}) if noise.random() < 0.5 else made


def plus(x):
    return x + 1


def minus(x):
    return x - 1


def same_compiled(left, right):
    """The same source and options."""
    return (left.py_func, left.targetoptions) == (right.py_func, right.targetoptions)


@kind("numba", same_compiled, (plus, minus), (False, True), weight=1)
def compiled(noise, body, fast):
    made = numba.njit(body, fastmath=fast)
    return pickle.loads(pickle.dumps(made)) if noise.random() < 0.5 else made
