"""The offline teacher: complete conversations from templates, with no model and no network."""

from magnetc.teachers.offline.teacher import OfflineTeacher

__all__ = ["OfflineTeacher"]
