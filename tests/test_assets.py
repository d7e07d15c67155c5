"""What the browser gets from others: complete, built without a network when nothing changed, and nothing half-done."""

from __future__ import annotations

import gettext
import json
import os
import re
import shutil
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from pathlib import Path

import pytest

from web import build_assets
from web.build_assets import FILES, ICONS, WEB, build, icon_names, sprite

VENDOR = WEB / "static" / "vendor"
SVG = "{http://www.w3.org/2000/svg}"
OUTLINE = """<svg\n  fill="none"\n  class="icon"\n>
  <path stroke="none" d="M0 0h24v24H0z" fill="none" />
  <path d="M3 21l18 0" />\n  <path d="M9 8l1 0" />\n</svg>"""

# `icon("name")` and `icon="name"` in a page, `icon = "name"` in a kind, `"icon": "name"` in a definition.
NAMED = re.compile(r"""\bicon["']?\s*(?:[(=:]|:\s*\w+\s*=)\s*["']([a-z][a-z0-9-]*)["']""")


@pytest.fixture
def web(tmp_path: Path) -> Path:
    """A small folder like `web`, whose node_modules was already fetched."""
    modules = tmp_path / "node_modules"
    for source in (*FILES, f"{ICONS}/outline/building.svg", f"{ICONS}/filled/star.svg"):
        file = modules / source.replace("*", "latin")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(OUTLINE if file.suffix == ".svg" else f"content of {source}")
        package = Path(*file.relative_to(modules).parts[: 2 if source.startswith("@") else 1])
        (modules / package / "package.json").write_text('{"version": "1.2.3", "license": "MIT"}')
        (modules / package / "LICENSE").write_text(f"Terms of {package}")
    (tmp_path / "package-lock.json").write_text("{}")
    (tmp_path / "icons.txt").write_text("building\nstar-filled\n")
    (modules / ".fetched").write_text("44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a")  # of "{}"
    return tmp_path


def test_everything_was_built() -> None:
    for name in FILES.values():
        files = list((VENDOR / name).iterdir()) if name.endswith("/") else [VENDOR / name]
        assert files
        assert all(file.stat().st_size > 500 for file in files)
    drawn = [symbol.get("id") for symbol in ElementTree.parse(VENDOR / "icons.svg").getroot()]
    assert drawn == icon_names(WEB)


def test_the_font_of_the_style_is_there() -> None:
    named = re.findall(r"url\(\./(files/[^)]+)\)", (VENDOR / "inter" / "inter.css").read_text())
    assert sorted(named) == sorted(f"files/{file.name}" for file in (VENDOR / "inter" / "files").iterdir())


@pytest.mark.parametrize("style", ["tabler.min.css", "inter/inter.css"])
def test_a_style_asks_no_other_machine(style: str) -> None:
    css = (VENDOR / style).read_text()
    assert "@import" not in css
    assert not re.search(r"""url\((?!["']?(?:data:|\./))""", css)


def test_every_icon_that_is_named_is_in_the_sprite() -> None:
    unknown = {f"{place}: {name}" for place, name in _named_icons() if name not in icon_names(WEB)}
    assert not unknown, "add them to web/icons.txt (names as in Tabler Icons) and run make"


def test_the_list_of_icons_is_in_order() -> None:
    assert icon_names(WEB) == sorted(set(icon_names(WEB)))


def test_a_symbol_is_drawn_in_the_colour_of_the_text(web: Path) -> None:
    drawn = ElementTree.fromstring(sprite(["building", "star-filled"], web / "node_modules" / ICONS))
    outline, filled = drawn.findall(f"{SVG}symbol")
    assert (outline.get("id"), outline.get("fill"), outline.get("stroke")) == ("building", "none", "currentColor")
    assert (filled.get("id"), filled.get("fill"), filled.get("stroke")) == ("star-filled", "currentColor", "none")
    assert [path.get("d") for path in outline] == ["M3 21l18 0", "M9 8l1 0"]


def test_a_build_takes_the_files_and_their_terms(web: Path) -> None:
    build(web)
    vendor = web / "static" / "vendor"
    assert (vendor / "htmx.min.js").read_text() == "content of htmx.org/dist/htmx.min.js"
    assert (vendor / "inter/files/inter-latin-wght-normal.woff2").is_file()
    licences = (vendor / "LICENSES.txt").read_text()
    assert "@tabler/icons 1.2.3, MIT\n\nTerms of @tabler/icons" in licences
    assert "sortablejs 1.2.3" in licences


def test_a_second_build_needs_neither_packages_nor_npm(web: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    build(web)
    shutil.rmtree(web / "node_modules")
    monkeypatch.setattr(build_assets, "npm", lambda *_words: pytest.fail("npm was called"))
    build(web)
    assert (web / "static/vendor/htmx.min.js").is_file()


def test_a_new_icon_is_drawn_without_fetching(web: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    build(web)
    monkeypatch.setattr(build_assets, "npm", lambda *_words: pytest.fail("npm was called"))
    (web / "icons.txt").write_text("building\n")
    build(web)
    assert "star-filled" not in (web / "static/vendor/icons.svg").read_text()


def test_a_new_lock_is_fetched(web: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    build(web)
    asked: list[tuple[str, ...]] = []
    monkeypatch.setattr(build_assets, "npm", lambda _web, *words: asked.append(words))
    (web / "package-lock.json").write_text('{"packages": {}}')
    build(web)
    assert asked == [("ci", "--ignore-scripts", "--omit=dev", "--omit=peer")]


def test_a_build_that_breaks_off_leaves_the_old_files(web: Path) -> None:
    build(web)
    (web / "icons.txt").write_text("building\nno-such-icon\nnor-this\n")
    with pytest.raises(SystemExit, match="no-such-icon, nor-this"):
        build(web)
    assert 'id="star-filled"' in (web / "static/vendor/icons.svg").read_text()


def test_a_missing_file_is_named(web: Path) -> None:
    (web / "node_modules/sortablejs/Sortable.min.js").unlink()
    with pytest.raises(SystemExit, match=r"sortablejs/Sortable\.min\.js is not in the packages"):
        build(web)


def test_a_catalog_is_compiled_when_it_changed(web: Path) -> None:
    catalog = web / "locales/zh/LC_MESSAGES/messages.po"
    catalog.parent.mkdir(parents=True)
    for say, time in (("添加", 1), ("新增", 2)):
        catalog.write_text(
            f'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n\nmsgid "Add"\nmsgstr "{say}"\n'
        )
        newer = catalog.with_suffix(".mo").stat().st_mtime + time if time > 1 else time
        os.utime(catalog, (newer, newer))
        build(web)
        with catalog.with_suffix(".mo").open("rb") as compiled:
            assert gettext.GNUTranslations(compiled).gettext("Add") == say


def test_the_lock_names_no_registry() -> None:
    packages = json.loads((WEB / "package-lock.json").read_text())["packages"]
    assert all("resolved" not in package for package in packages.values())
    assert all("integrity" in package for name, package in packages.items() if name)


def _named_icons() -> Iterator[tuple[str, str]]:
    root = WEB.parent
    for pattern in (
        "engine/**/*.py",
        "web/**/*.py",
        "web/html/**/*.html",
        "web/static/js/*.js",
        "templates_catalog/*/app.json",
    ):
        for file in root.glob(pattern):
            if "node_modules" not in file.parts:
                for name in NAMED.findall(file.read_text()):
                    yield str(file.relative_to(root)), name
