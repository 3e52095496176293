"""What mkdocs does besides: tutorials and the reference become pages, DOT becomes pictures.

Tutorials are shown as they were saved: nbval has executed them and found the same outputs. The reference has a page for
each task of `reference.toml`, with public names only, each of them once.
"""

import importlib
import re
import tomllib
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from nbconvert import MarkdownExporter

from framework.notebook.graphs.layout import layout_svg

ROOT = Path(__file__).parents[1]
REPORTS = ["benchmarks.md", "reliability.md", "interpreters.md", "mutation.md"]
DOT_FENCE = re.compile(r"^```dot\n(.*?)^```$", re.DOTALL | re.MULTILINE)
# The search finds a public name here before it finds pages that only mention it.
# Errors and happenings are named after what they are about, which is looked for more often.
BOOSTS = {"framework.core": 40, "framework.observe": 5, "framework.errors": 2}
REFERENCE_HEAD = "---\nsearch:\n  boost: {}\n---\n\n# {}\n\n`import {}`\n"


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Tutorials come after the start page, measured reports where they exist, the reference last."""
    assert config.nav is not None
    tutorials = [f"tutorials/{path.stem}.md" for path in notebooks()]
    config.nav.insert(1, {"Tutorials": tutorials})
    config.nav.append({"Reference": [{title: path} for title, path, _ in reference()]})
    config.nav += [{"Measured": [page for page in REPORTS if (ROOT / "docs" / page).exists()]}]
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """A page for each tutorial, with its pictures, and one for each task of the reference."""
    for path in notebooks():
        text, resources = MarkdownExporter().from_filename(str(path))
        files.append(File.generated(config, f"tutorials/{path.stem}.md", content=text))
        for name, content in resources["outputs"].items():
            files.append(File.generated(config, f"tutorials/{name}", content=content))
    for _, path, text in reference():
        files.append(File.generated(config, path, content=text))
    return files


def on_page_markdown(markdown: str, **_: object) -> str:
    """Lay out every DOT block."""
    return DOT_FENCE.sub(lambda fence: f"<figure>{layout_svg(fence[1])}</figure>", markdown)


def notebooks() -> list[Path]:
    return sorted((ROOT / "notebooks").glob("*.ipynb"))


def reference() -> list[tuple[str, str, str]]:
    """Title, path and text of each page of the reference."""
    return [(title, path, page(title, package, groups)) for title, path, package, groups in tasks()]


def tasks() -> list[tuple[str, str, str, dict[str, list[str]]]]:
    """Title, path, package and groups of names of each page; every public name stands in one of them, once."""
    pages = tomllib.loads((ROOT / "docs" / "reference.toml").read_text(encoding="utf-8"))["page"]
    placed = {(page["package"], name) for page in pages for names in page["groups"].values() for name in names}
    errors = set(public("framework.errors"))
    known = errors | {name for _, name in placed}
    made = []
    for page in pages:
        groups = dict(page["groups"])
        left = [name for name in public(page["package"]) if (page["package"], name) not in placed and name not in known]
        if page["package"] == "framework.errors":
            left = public("framework.errors")
        if left:
            groups["More" if groups else ""] = left
            known |= set(left)
        slug = re.sub(r"\W+", "-", page["title"].lower())
        made.append((page["title"], f"reference/{slug}.md", page["package"], groups))
    return made


def public(package: str) -> list[str]:
    """The names that a package exports, or the classes that a module without a list of them defines."""
    module = importlib.import_module(package)
    own = [name for name, value in vars(module).items() if getattr(value, "__module__", None) == package]
    return list(getattr(module, "__all__", [name for name in own if not name.startswith("_")]))


def page(title: str, package: str, groups: dict[str, list[str]]) -> str:
    parts = [REFERENCE_HEAD.format(BOOSTS.get(package, 20), title, package)]
    for group, names in groups.items():
        parts.append(f"## {group}\n" if group else "")
        level = 3 if group else 2
        parts += [f"::: {package}.{name}\n    options:\n      heading_level: {level}\n" for name in names]
    return "\n".join(parts)
