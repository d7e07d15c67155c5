"""One named change of a definition."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from typing import ClassVar

from engine.text import Text


@dataclass(frozen=True)
class Alteration(ABC):
    """One change of an app's definition. `lost` counts the values in real records that it takes away."""

    destroys: ClassVar[bool] = False
    app: str
    lost: int = 0

    @property
    @abstractmethod
    def says(self) -> Text:
        """What it does, in words for people."""

    def counted(self, lost: int) -> Alteration:
        """The same with the number of values lost."""
        return replace(self, lost=lost)
