"""Worlds of MCP servers for the conformance suite, and what they are made of."""

from __future__ import annotations

import json

from cases import NOW, Case

from magnetc.ir.spec import WorldSpec
from magnetc.source import Origin
from magnetc.tools.worlds.protocol import Ref, Step


def mcp_spec(**settings: object) -> WorldSpec:
    return WorldSpec(kind="mcp", settings=json.dumps(settings), now=NOW, origin=Origin("recipe.yaml", "/world"))


GIT = {"command": ["mcp-server-git"], "packages": ["mcp-server-git==2026.10.19"], "holds": "files",
       "env": {"GIT_AUTHOR_NAME": "Ada", "GIT_AUTHOR_EMAIL": "ada@example.com", "GIT_COMMITTER_NAME": "Ada",
               "GIT_COMMITTER_EMAIL": "ada@example.com"}}
FILES = {"command": ["mcp-server-filesystem", "{dir}"], "npm": ["@modelcontextprotocol/server-filesystem@2026.8.31"], "holds": "files"}
MEMORY = {"command": ["mcp-server-memory"], "npm": ["@modelcontextprotocol/server-memory@2026.8.31"], "holds": "files",
          "env": {"MEMORY_FILE_PATH": "{dir}/memory.jsonl"}}
TIME = {"command": ["mcp-server-time"], "packages": ["mcp-server-time==2026.10.19"], "holds": "nothing"}
SETUP = [["git", "init", "-q", "-b", "main", "site"], ["git", "-C", "site", "add", "-A"], ["git", "-C", "site", "commit", "-q", "-m", "Start"]]
TIMES = {"tool": "get_file_info", "match": "^(created|modified|accessed): .*$", "to": r"\1: {now}"}
TODAY = [{"at": "/datetime", "to": "{now}"}, {"at": "/day_of_week", "to": "Monday"}, {"at": "/source/datetime", "match": "^.{10}", "to": "{date}"},
         {"at": "/target/datetime", "match": "^.{10}", "to": "{date}"}, {"at": "/*/day_of_week", "to": "Monday"}]
_ENTITY = {"entityType": "person", "observations": ["knows git"]}

MCP = (
    Case(
        name="git",
        spec=mcp_spec(servers={"git": GIT}, seeds=["desk"], setup=[*SETUP, ["cp", "memory.jsonl", "site/people.jsonl"]]),
        read=Step(call="git_log", args={"repo_path": "/workspace/site", "max_count": 3}),
        wrong=Step(call="git_checkout", args={"repo_path": "/workspace/site", "branch_name": "none"}),
        chain=(Step(call="git_status", args={"repo_path": "/workspace/site"}),
               Step(call="git_add", args={"repo_path": "/workspace/site", "files": ["people.jsonl"]}),
               Step(call="git_commit", args={"repo_path": "/workspace/site"}, refs={"/message": Ref(step=0, at="/text")})),
        write=Step(call="git_create_branch", args={"repo_path": "/workspace/site", "branch_name": "fix"}),
        other=Step(call="git_add", args={"repo_path": "/workspace/site", "files": ["people.jsonl"]}),
        pattern="/paths/*",
    ),
    Case(
        name="filesystem",
        spec=mcp_spec(servers={"files": FILES}, seeds=["desk"], normalise=[TIMES]),
        read=Step(call="get_file_info", args={"path": "/workspace/site/index.html"}),
        wrong=Step(call="read_text_file", args={"path": "/workspace/none.txt"}),
        chain=(Step(call="read_text_file", args={"path": "/workspace/site/index.html"}),
               Step(call="write_file", args={"path": "/workspace/copy.html"}, refs={"/content": Ref(step=0, at="/content")})),
        write=Step(call="write_file", args={"path": "/workspace/site/index.html", "content": "<p>new</p>\n"}),
        other=Step(call="create_directory", args={"path": "/workspace/drafts/old"}),
        pattern="/paths/*",
    ),
    Case(
        name="memory",
        spec=mcp_spec(servers={"memory": MEMORY}, seeds=["desk"]),
        read=Step(call="search_nodes", args={"query": "Zoë"}),
        wrong=Step(call="add_observations", args={"observations": [{"entityName": "Nobody", "contents": ["x"]}]}),
        chain=(Step(call="search_nodes", args={"query": "Zoë"}),
               Step(call="open_nodes", args={"names": []}, refs={"/names/0": Ref(step=0, at="/entities/*/name")})),
        write=Step(call="create_entities", args={"entities": [{"name": "Ada", **_ENTITY}]}),
        other=Step(call="delete_entities", args={"entityNames": ["Zoë"]}),
        pattern="/lines/memory.jsonl/*/name",
    ),
    Case(
        name="time",
        spec=mcp_spec(servers={"time": TIME}, normalise=TODAY),
        read=Step(call="convert_time", args={"source_timezone": "Asia/Tokyo", "time": "09:30", "target_timezone": "Asia/Kolkata"}),
        wrong=Step(call="get_current_time", args={"timezone": "Mars/Base"}),
        chain=(Step(call="get_current_time", args={"timezone": "Asia/Tokyo"}),
               Step(call="convert_time", args={"time": "09:30", "target_timezone": "Asia/Kolkata"},
                    refs={"/source_timezone": Ref(step=0, at="/timezone")})),
    ),
    Case(
        name="all-in-processes",
        spec=mcp_spec(servers={name: {**server, "holds": "process"} for name, server in (("git", GIT), ("memory", MEMORY))},
                      seeds=["desk"], setup=SETUP),
        read=Step(call="search_nodes", args={"query": "Zoë"}),
        wrong=Step(call="git_checkout", args={"repo_path": "/workspace/site", "branch_name": "none"}),
        chain=(Step(call="search_nodes", args={"query": "Zoë"}),
               Step(call="open_nodes", args={"names": []}, refs={"/names/0": Ref(step=0, at="/entities/*/name")})),
        write=Step(call="create_entities", args={"entities": [{"name": "Ada", **_ENTITY}]}),
        other=Step(call="git_create_branch", args={"repo_path": "/workspace/site", "branch_name": "fix"}),
        pattern="/paths/*",
    ),
)
