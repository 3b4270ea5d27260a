"""The table of docs/export.md: which models of the zoo become a `.tflite`, and which do not and why.

python tests/models/table.py        writes it into the page
"""

import pathlib

import zoo

PAGE = pathlib.Path(__file__).parents[2] / "docs" / "export.md"
BEGIN, END = "<!-- zoo -->\n", "<!-- end of zoo -->\n"


def table():
    """One row a model."""
    rows = ["| model | | `.tflite` |", "|---|---|---|"]
    for name, specimen in zoo.every().items():
        result = f"no: {specimen.refused}" if specimen.refused else "yes, with `step`" if specimen.streams else "yes"
        rows.append(f"| `{name}` | {specimen.title} | {result} |")
    return "\n".join(rows) + "\n"


def parts(text):
    """(what stands before the table, the table, what stands behind it) of the page."""
    before, _, rest = text.partition(BEGIN)
    inside, _, behind = rest.partition(END)
    return before, inside, behind


def main():
    before, _, behind = parts(PAGE.read_text("utf-8"))
    PAGE.write_text(f"{before}{BEGIN}{table()}{END}{behind}", "utf-8")


if __name__ == "__main__":
    main()
