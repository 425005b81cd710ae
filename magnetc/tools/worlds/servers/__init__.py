"""Worlds of servers, however they are spoken to: processes in a private directory, set back by its files or by starting anew."""
