"""Answers pip's question for metadata with the least there can be; builds nothing."""

import os
import pathlib
import sys

__legacy__ = sys.modules[__name__]  # pip's name for packages without a pyproject.toml


def prepare_metadata_for_build_wheel(folder, _settings=None):
    name, version = os.environ["CAPSTAN_SOURCE_PACKAGE"].split("==")
    made = pathlib.Path(folder) / f"{name}-{version}.dist-info"
    made.mkdir()
    (made / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n", encoding="utf-8")
    return made.name
