"""Running the code of a Python model so that an error names the model's own file and line."""

from __future__ import annotations

import linecache
import sys
import traceback
import types
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from dbt_common.exceptions import DbtRuntimeError


class PythonModelError(DbtRuntimeError):
    """A Python model raised: the message says where in the model's file."""

    CODE = 10003
    MESSAGE = "Python model failed"

    @property
    def type(self) -> str:
        return "Python model"


def find_source(parsed_model: dict[str, Any], folders: list[Path]) -> Path:
    """The file that the model was written in, or its path in the project if it is not there."""
    relative = Path(parsed_model["original_file_path"])
    return next(
        (folder / relative for folder in folders if (folder / relative).is_file()), relative
    )


def text_of(source: Path) -> str:
    try:
        return source.read_text(encoding="utf-8")
    except OSError:
        return ""


def lines_above(text: str) -> int:
    """Blank lines at the head of the file, which dbt strips from the code."""
    return text[: len(text) - len(text.lstrip())].count("\n")


@contextmanager
def running(
    parsed_model: dict[str, Any], compiled_code: str, source: Path
) -> Iterator[types.ModuleType]:
    """The compiled code as a module, for as long as the block lasts."""
    name = f"dbt_python_model_{parsed_model['alias']}"
    module = types.ModuleType(name)
    module.__file__ = str(source)
    text = text_of(source)
    code = "\n" * lines_above(text) + compiled_code.lstrip()
    # dataclasses, pickle and the like look a module up by its name
    sys.modules[name] = module
    linecache.checkcache(str(source))
    try:
        exec(compile(code, str(source), "exec"), module.__dict__)
        yield module
    except (KeyboardInterrupt, DbtRuntimeError):
        raise
    except BaseException as error:
        shown = parsed_model["original_file_path"]
        lines = text.count("\n") + 1 if text else code.count("\n")
        raise PythonModelError(describe(error, str(source), shown, lines)) from error
    finally:
        sys.modules.pop(name, None)


def describe(error: BaseException, source: str, shown: str, lines: int) -> str:
    """What was raised and where in the model, then the way there from the model on.

    What dbt adds to the code follows the `lines` of the model, and is of no interest.
    """
    if isinstance(error, SyntaxError) and error.filename == source:
        return f"{type(error).__name__}: {error.msg}\nin {shown}, line {error.lineno}"
    frames = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if frame.filename != source or (frame.lineno or 0) <= lines
    ]
    own = [index for index, frame in enumerate(frames) if frame.filename == source]
    raised = "".join(traceback.format_exception_only(error)).strip()
    if not own:
        return f"{raised}\nin what {shown} returned"
    where = frames[own[-1]]
    way = "".join(traceback.format_list(frames[own[0] :])).rstrip()
    return f"{raised}\nin {shown}, line {where.lineno}: {where.line}\n{way}"
