"""A folder of kinds is the registry: one file is one kind, its name is the word that users write."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Iterator, Mapping
from functools import cached_property
from importlib.metadata import entry_points
from typing import Generic, TypeVar

Kind = TypeVar("Kind")


class Registry(Mapping[str, Kind], Generic[Kind]):
    """All kinds of one sort, found by looking into their folder (and at installed entry points).

    Each module of `package` defines exactly one subclass of `base`; one instance of it answers to the
    module's name. Packages outside offer theirs under the entry point group `formwork.<last part of package>`.
    """

    def __init__(self, package: str, base: type[Kind]) -> None:
        self.package = package
        self.base = base

    def __getitem__(self, name: str) -> Kind:
        return self._kinds[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._kinds)

    def __len__(self) -> int:
        return len(self._kinds)

    @cached_property
    def _kinds(self) -> dict[str, Kind]:
        folder = importlib.import_module(self.package)
        modules = {
            found.name: f"{self.package}.{found.name}"
            for found in pkgutil.iter_modules(folder.__path__)
            if not found.name.startswith("_")
        }
        group = f"formwork.{self.package.rpartition('.')[2]}"
        modules |= {entry.name: entry.value for entry in entry_points(group=group)}
        return {name: self._kind_in(module, name) for name, module in sorted(modules.items())}

    def _kind_in(self, module_name: str, name: str) -> Kind:
        module = importlib.import_module(module_name)
        classes = [
            member
            for member in vars(module).values()
            if inspect.isclass(member)
            and issubclass(member, self.base)
            and member.__module__ == module.__name__
            and not member.__name__.startswith("_")
        ]
        if len(classes) != 1:
            raise TypeError(f"{module_name} must define exactly one {self.base.__name__}, not {len(classes)}")
        kind = classes[0]()
        kind.name = name  # type: ignore[attr-defined]
        return kind
