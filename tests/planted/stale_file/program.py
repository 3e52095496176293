import os

from stale_file.reading import Files, Words

from framework.core import Pipeline


def run(folder):
    page = folder / "page.txt"
    for text, at in (("one two", 0), ("one two three", 60)):
        page.write_text(text)
        now = page.stat().st_mtime + at
        os.utime(page, (now, now))
        pipeline = Pipeline([Files(folder), Words()], history=True, workspace=folder / "results")
        pipeline.resolve("words")
        report = pipeline.run()
    return report.findings
