"""What Formwork is made of, as a list that scanners read: every package of the locks, its version, hashes and licence.

`make sbom` writes it to `sbom.json` (CycloneDX). The same locks give the same list: no time and no number is in it.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
SPDX = {
    "MIT License": "MIT",
    "BSD License": "BSD-3-Clause",
    "Apache Software License": "Apache-2.0",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
}
_PINNED = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^]]*\])?==(\S+)", re.M)


@dataclass(frozen=True)
class Package:
    """One package; `licence` as SPDX writes it, None for one that is not for this system."""

    name: str
    version: str
    kind: str  # pypi | npm
    hashes: tuple[tuple[str, str], ...]
    licence: str | None

    def component(self) -> dict[str, Any]:
        """As CycloneDX has it."""
        name = self.name.replace("@", "%40", 1) if self.kind == "npm" else self.name
        found: dict[str, Any] = {
            "type": "library",
            "name": self.name,
            "version": self.version,
            "purl": f"pkg:{self.kind}/{name}@{self.version}",
            "scope": "required" if self.licence else "excluded",
            "hashes": [{"alg": alg, "content": content} for alg, content in self.hashes],
        }
        return found | ({"licenses": [{"expression": self.licence}]} if self.licence else {})


def packages() -> list[Package]:
    """All that is installed with Formwork, and what its pages bring to browsers."""
    return [*_of_python(), *_of_browsers()]


def document() -> dict[str, Any]:
    """The whole list."""
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": {"type": "application", "name": "formwork", "version": metadata.version("formwork")}},
        "components": [one.component() for one in packages()],
    }


def _of_python() -> Iterator[Package]:
    _comment, *parts = _PINNED.split((ROOT / "requirements.lock").read_text("utf-8"))
    for name, version, rest in zip(parts[0::3], parts[1::3], parts[2::3], strict=True):
        hashes = tuple(("SHA-256", one) for one in re.findall(r"sha256:([0-9a-f]{64})", rest))
        yield Package(name, version, "pypi", hashes, _licence_of(name))


def _licence_of(name: str) -> str | None:
    try:
        about = metadata.metadata(name)
    except metadata.PackageNotFoundError:
        return None
    if "License-Expression" in about:
        return about["License-Expression"]
    classified = [one.rpartition(" :: ")[2] for one in about.get_all("Classifier") or () if one.startswith("License")]
    said = [SPDX.get(one, one) for one in classified or about.get_all("License") or ["unknown"]]
    return " OR ".join(sorted(said))


def _of_browsers() -> Iterator[Package]:
    lock = json.loads((ROOT / "web" / "package-lock.json").read_text("utf-8"))
    for place, one in lock["packages"].items():
        if place:
            digest = base64.b64decode(one["integrity"].removeprefix("sha512-")).hex()
            name = place.removeprefix("node_modules/")
            yield Package(name, one["version"], "npm", (("SHA-512", digest),), one["license"])


if __name__ == "__main__":
    (ROOT / "sbom.json").write_text(json.dumps(document(), indent=1) + "\n", "utf-8")
    print(f"sbom.json lists {len(packages())} packages")
