"""Files that are written as a whole or not at all."""

import stat

import pytest

from magnetc.source.write_whole import write_whole


def test_a_file_and_its_folder_are_made(tmp_path):
    path = tmp_path / "a" / "lock"
    write_whole(path, "é\r\n")
    assert path.read_bytes() == "é\r\n".encode()
    assert stat.S_IMODE(path.stat().st_mode) == 0o644
    write_whole(path, b"\0", 0o600)
    assert (path.read_bytes(), stat.S_IMODE(path.stat().st_mode)) == (b"\0", 0o600)
    assert [each.name for each in path.parent.iterdir()] == ["lock"]
    with pytest.raises(FileNotFoundError):
        write_whole(tmp_path / "nowhere" / "a" / "lock", "")


def test_what_fails_leaves_the_file_as_it_was(tmp_path):
    path = tmp_path / "lock"
    path.write_text("before")
    with pytest.raises(UnicodeEncodeError):
        write_whole(path, "after \ud800")
    (tmp_path / "folder" / "inside").mkdir(parents=True)
    with pytest.raises(OSError, match="folder"):
        write_whole(tmp_path / "folder", "after")
    assert path.read_text() == "before"
    assert sorted(each.name for each in tmp_path.iterdir()) == ["folder", "lock"]
