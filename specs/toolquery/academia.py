"""Academia: papers that cite each other, authors who write together. A net is read once it is loaded."""

from __future__ import annotations

from itertools import combinations
from typing import Any

from papers import AUTHORS, CITATIONS, PAPERS

Result = dict[str, Any]
BY_TITLE = {paper[0]: paper for paper in PAPERS}
ORGANIZATIONS = dict(AUTHORS)


class Academia:
    loaded: tuple[str, ...]

    def loadPaperNet(self) -> str:
        self._load("PaperNet")
        return "PaperNet is loaded."

    def loadAuthorNet(self) -> str:
        self._load("AuthorNet")
        return "AuthorNet is loaded."

    def neighbourCheck(self, graph: str, node: str) -> Result:
        """Of a paper, what it cites; of an author, with whom they have written."""
        if graph == "PaperNet":
            self._node(graph, node, BY_TITLE)
            return {"neighbors": [cited for citing, cited, *_ in CITATIONS if citing == node]}
        if graph != "AuthorNet":
            raise ValueError(f"{graph} is no net; there are PaperNet and AuthorNet.")
        self._node(graph, node, ORGANIZATIONS)
        return {"neighbors": [other for other, _ in AUTHORS if other != node and _together(node, other)]}

    def paperNodeCheck(self, node: str) -> Result:
        self._node("PaperNet", node, BY_TITLE)
        _, authors, year, venue, citations, keywords, kind = BY_TITLE[node]
        return {"authors": list(authors), "year": year, "venue": venue, "n_citation": citations, "keywords": list(keywords), "doc_type": kind}

    def authorNodeCheck(self, node: str) -> Result:
        self._node("AuthorNet", node, ORGANIZATIONS)
        return {"name": node, "org": ORGANIZATIONS[node]}

    def authorEdgeCheck(self, node1: str, node2: str) -> Result:
        for node in (node1, node2):
            self._node("AuthorNet", node, ORGANIZATIONS)
        papers = _together(node1, node2) if node1 != node2 else []
        if not papers:
            raise ValueError(f"There is no edge between {node1} and {node2}.")
        return {"papers": papers}

    def paperEdgeCheck(self, node1: str, node2: str) -> Result:
        for node in (node1, node2):
            self._node("PaperNet", node, BY_TITLE)
        for citing, cited, section, mentions in CITATIONS:
            if (citing, cited) == (node1, node2):
                return {"section": section, "mentions": mentions}
        raise ValueError(f"There is no edge between {node1} and {node2}.")

    @staticmethod
    def _paper_titles() -> list[Result]:
        return [{"title": paper[0]} for paper in PAPERS]

    @staticmethod
    def _author_names() -> list[Result]:
        return [{"name": name} for name, _ in AUTHORS]

    @staticmethod
    def _author_pairs() -> list[Result]:
        """Authors who have written together."""
        return [{"first": first, "second": second} for (first, _), (second, _) in combinations(AUTHORS, 2) if _together(first, second)]

    @staticmethod
    def _paper_pairs() -> list[Result]:
        return [{"citing": citing, "cited": cited} for citing, cited, *_ in CITATIONS]

    @staticmethod
    def _nodes_with_neighbors() -> list[Result]:
        citing = {citing for citing, *_ in CITATIONS}
        return [*({"net": "PaperNet", "name": paper[0]} for paper in PAPERS if paper[0] in citing),
                *({"net": "AuthorNet", "name": name} for name, _ in AUTHORS if any(_together(name, other) for other, _ in AUTHORS if other != name))]

    def _load(self, net: str) -> None:
        self.loaded = tuple(sorted({*self.loaded, net}))

    def _node(self, net: str, node: str, nodes: dict[str, Any]) -> None:
        if net not in self.loaded:
            raise ValueError(f"Please load the {net} first.")
        if node not in nodes:
            raise ValueError(f"There is no node named {node} in the {net}.")


def _together(first: str, second: str) -> list[str]:
    return [title for title, authors, *_ in PAPERS if first in authors and second in authors]
