"""Artifacts whose files are without sense, to try what happens to folders."""

from pipelines.shared.artifacts import layout, succession, versions


def sealed(path, content="content", keep=succession.KEPT, task="sentiment", number=None):
    """A save as that of a training: files with the content, an artifact in the place of the one before."""
    with succession.replacing(path, keep) as folder:
        fill(folder, content)
        number = versions.following(path) if number is None else number
        layout.seal(folder, {"task": task, "version": number, "last_version": number})
    return path


def fill(folder, content):
    for name in layout.CHECKED:
        (folder / name).parent.mkdir(exist_ok=True, parents=True)
        (folder / name).write_text(f"{content} of {name}")


def old(path, content, last_version=0, served=()):
    """An artifact of 0.1.0, which has no version, and its exports."""
    fill(path, content)
    layout.seal(path, {"task": "sentiment", "last_version": last_version})
    for number in served:
        (path / "serving" / str(number)).mkdir(parents=True)
    return path


def export(folder, number):
    (folder / "serving" / str(number)).mkdir(parents=True)


def content(folder):
    """The content of a whole artifact."""
    layout.opened(folder, "sentiment")
    return (folder / "model.keras").read_text().split()[0]


def contents(path):
    """{number: content} of all versions."""
    return {number: content(folder) for number, folder in versions.all_of(path).items()}
