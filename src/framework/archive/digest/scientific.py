"""How `digest` writes values of scipy, scikit-learn, numba and xarray; none of these is imported here."""

from __future__ import annotations

from types import MethodType
from typing import Any

import numpy as np

from framework.archive.digest.arrays import encode_array
from framework.archive.digest.objects import name_of, refusal
from framework.archive.digest.walk import Encoder, Walk

_COUNTERS = slice(7, 11)
"""Of trims, leaves, splits and calls in the state of a search tree."""
_DERIVED = frozenset({"_random_state", "__doc__"})


def encoder(kind: type) -> Encoder | None:
    """Return the encoder for a type of these libraries; None where `__reduce_ex__` tells it well."""
    names = {f"{base.__module__.partition('.')[0]}.{base.__name__}" for base in kind.__mro__}
    return next((encode for name, encode in _KINDS.items() if name in names), None)


def _sparse(walk: Walk, matrix: Any) -> None:
    """Emit a sparse array by its entries in order; what it knows about itself, sorted or not, does not count."""
    entries = matrix.tocoo(copy=True)
    entries.sum_duplicates()
    walk.emit(b"SP")
    walk.text(name_of(type(matrix)))
    walk.walk((matrix.shape, getattr(matrix, "blocksize", None)))
    for places in entries.coords:
        encode_array(walk, places.astype("i8"))
    encode_array(walk, entries.data)


def _frozen_distribution(walk: Walk, frozen: Any) -> None:
    walk.emit(b"FD")
    walk.text(name_of(type(frozen)))
    walk.walk((frozen.args, frozen.kwds))
    walk.walk(frozen.dist)


def _distribution(walk: Walk, distribution: Any) -> None:
    """Emit a distribution by what it was made with; the state of its random numbers is mostly that of the process."""
    state = {name: value for name, value in vars(distribution).items() if not _is_derived(name, value)}
    parameters = state.pop("_ctor_param", {})
    walk.emit(b"RV")
    walk.text(name_of(type(distribution)))
    walk.attributes(state)
    walk.attributes({name: value for name, value in parameters.items() if name != "seed"})


def _random_variable(walk: Walk, variable: Any) -> None:
    """Emit a random variable by its family and parameters, without the moments that it has computed."""
    kept = {"_tol", "_validation_policy", "_original_parameters", "_dist"} & vars(variable).keys()
    walk.emit(b"RX")
    walk.text(name_of(type(variable)))
    walk.text(repr(variable).partition("(")[0])  # classes made by make_distribution have one name
    walk.attributes({name: _set(getattr(variable, name)) for name in kept})


def _set(value: Any) -> Any:
    return None if type(value) is object else value  # a mark for: not given


def _is_derived(name: str, value: Any) -> bool:
    return name in _DERIVED or isinstance(value, np.vectorize | MethodType)


def _search_tree(walk: Walk, tree: Any) -> None:
    """Emit a KDTree or BallTree without its counters of searches."""
    state = tree.__getstate__()
    walk.emit(b"BT")
    walk.text(name_of(type(tree)))
    walk.walk((*state[: _COUNTERS.start], *state[_COUNTERS.stop :]))


def _compiled(walk: Walk, function: Any) -> None:
    """Emit a compiled function by its source function and its options; what it was compiled for does not count."""
    walk.emit(b"NB")
    walk.text(name_of(type(function)))
    walk.walk(function.py_func)
    walk.walk(function.targetoptions)
    walk.walk({name: str(kind) for name, kind in function.locals.items()})


def _universal(walk: Walk, function: Any) -> None:
    maker = function.gufunc_builder if hasattr(function, "gufunc_builder") else function._dispatcher  # noqa: SLF001
    walk.emit(b"NU")
    walk.text(name_of(type(function)))
    walk.walk(maker.py_func)
    walk.walk((function.signature, function.identity, getattr(maker, "targetoptions", {})))


def _callback(walk: Walk, function: Any) -> None:
    walk.emit(b"NC")
    walk.walk(function.__wrapped__)
    walk.text(str(function._sig))  # noqa: SLF001 - not told otherwise


def _stencil(_: Walk, value: Any) -> None:
    raise refusal(value, "numba keeps it compiled only")


def _variable(walk: Walk, variable: Any) -> None:
    walk.emit(b"XV")
    walk.text(type(variable).__name__)
    walk.walk((variable.dims, str(variable.dtype)))
    walk.walk(variable.values)
    walk.walk(variable.attrs)


def _data_array(walk: Walk, array: Any) -> None:
    walk.emit(b"XD")
    walk.text(name_of(type(array)))
    walk.walk(array.name)
    _variable(walk, array.variable)
    _variables(walk, array.coords)
    walk.walk(sorted(map(str, array.xindexes)))


def _dataset(walk: Walk, dataset: Any) -> None:
    walk.emit(b"XS")
    walk.text(name_of(type(dataset)))
    _variables(walk, dataset.variables)
    walk.walk(sorted(map(str, dataset.coords)))
    walk.walk(sorted(map(str, dataset.xindexes)))
    walk.walk(dataset.attrs)


def _variables(walk: Walk, variables: Any) -> None:
    walk.mapping({name: getattr(variable, "variable", variable) for name, variable in variables.items()})


_KINDS = {
    "scipy._spbase": _sparse,
    "scipy.rv_frozen": _frozen_distribution,
    "scipy.rv_generic": _distribution,
    "scipy.multi_rv_generic": _distribution,
    "scipy.UnivariateDistribution": _random_variable,
    "sklearn.BinaryTree64": _search_tree,
    "sklearn.BinaryTree32": _search_tree,
    "numba.Dispatcher": _compiled,
    "numba.DUFunc": _universal,
    "numba.GUFunc": _universal,
    "numba.CFunc": _callback,
    "numba.StencilFunc": _stencil,
    "xarray.Dataset": _dataset,
    "xarray.DataArray": _data_array,
    "xarray.Variable": _variable,
}
