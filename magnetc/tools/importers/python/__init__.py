"""Tools of Python code: functions of a module, or methods of a class. The code is read, never run."""

from magnetc.tools.importers.python.functions import import_python

__all__ = ["import_python"]
