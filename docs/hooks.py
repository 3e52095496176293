"""What mkdocs does besides: tutorials and packages become pages, DOT becomes pictures.

Tutorials are shown as they were saved: nbval has executed them and found the same outputs.
"""

import ast
import re
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from nbconvert import MarkdownExporter

from framework.notebook.graphs.layout import layout_svg

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "src" / "framework"
REPORTS = ["guarantees.md", "benchmarks.md", "reliability.md"]
DOT_FENCE = re.compile(r"^```dot\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Tutorials come after the start page, measured reports where they exist, the reference last."""
    assert config.nav is not None
    tutorials = [f"tutorials/{path.stem}.md" for path in notebooks()]
    config.nav.insert(1, {"Tutorials": tutorials})
    config.nav += [page for page in REPORTS if (ROOT / "docs" / page).exists()]
    config.nav.append({"Reference": [{name: f"reference/{name}.md"} for name in modules()]})
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """A page for each tutorial, with its pictures, and one for each package that exports names."""
    for path in notebooks():
        text, resources = MarkdownExporter().from_filename(str(path))
        files.append(File.generated(config, f"tutorials/{path.stem}.md", content=text))
        for name, content in resources["outputs"].items():
            files.append(File.generated(config, f"tutorials/{name}", content=content))
    for name in modules():
        page = f"# {name}\n\n::: {name}\n"
        files.append(File.generated(config, f"reference/{name}.md", content=page))
    return files


def on_page_markdown(markdown: str, **_: object) -> str:
    """Lay out every DOT block."""
    return DOT_FENCE.sub(lambda fence: f"<figure>{layout_svg(fence[1])}</figure>", markdown)


def notebooks() -> list[Path]:
    return sorted((ROOT / "notebooks").glob("*.ipynb"))


def modules() -> list[str]:
    """The packages that export names, and the modules that stand alone."""
    packages = sorted(path.parent for path in PACKAGE.glob("*/__init__.py") if exports(path))
    return [*(f"framework.{path.name}" for path in packages), "framework.bridge", "framework.errors"]


def exports(path: Path) -> bool:
    body = ast.parse(path.read_text(encoding="utf-8")).body
    targets = [target for node in body if isinstance(node, ast.Assign) for target in node.targets]
    return any(isinstance(target, ast.Name) and target.id == "__all__" for target in targets)
