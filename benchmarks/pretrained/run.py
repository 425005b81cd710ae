"""What data does for a pretrained model: its base, and LoRA on offline, restyled, teacher and the user's own conversations at equal trained tokens.

    python -m benchmarks.pretrained.run --base Qwen/Qwen3-0.6B --recipe examples/travel --trust --set 'template={enable_thinking: false}'

Everything is done by command lines that are printed before they run, as anybody would type them; --plan lists them with an estimate and runs nothing. Said
again, the command does what is left: nothing that was done from the same is done twice. README.md here says how to read what comes of it.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Sequence
from pathlib import Path

from magnetc.cli.report import announce, diagnosed, fail
from magnetc.diagnostics import Sink
from magnetc.eval.heldout import TRAINED
from magnetc.frontend import load
from magnetc.ir.spec import Recipe
from magnetc.run.record import Record
from magnetc.source.write_whole import write_whole
from magnetc.tools.importers import IMPORTERS
from magnetc.train.run.settings import read_settings

from .estimate import estimate, parameters
from .found import figures, table
from .steps import LORA, Plan, Step, steps, write_restyler
from .work import environment, spawned, undone, work

FIXED = ("base", "seed", "sft.steps", "mdpo.steps", "sft.epochs", "mdpo.epochs")
"""Settings that the comparison gives by itself: each row of an arm is trained once, and the tokens say how often it is among them."""

LIKE = ("seed", "paths", "partitions", "held_out")
"""What the teacher's recipe has as the other, so that what is held out of one is held out of both."""


def main(arguments: Sequence[str] | None = None, run: Callable[[Step], int] = spawned) -> int:
    options = _options(arguments)
    sink = Sink()
    with diagnosed(sink):
        plan, paths = _plan(options, sink)
        record = Record.of(plan.folder)
        if options.plan:
            return _show(plan, paths, record, options)
        plan.folder.mkdir(parents=True, exist_ok=True)
        if plan.restyler is None:
            write_restyler(plan)
        made = list(steps(plan))
        for line in estimate(plan, paths, _size(options), options.tflops, options.batch):
            announce(line)
        if undone(made, record):
            _note_machine(record)
        work(made, record, run)
        _write(plan, record, [step.shown for step in made])
    return 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--base", required=True, help="an instruction-tuned model of 0.6 to 4B parameters: a name on the hub, or a folder")
    parser.add_argument("--recipe", type=Path, default=Path("examples/travel"), help="what is built offline, and whose held-out conversations are played")
    parser.add_argument("--teacher", type=Path, help="a recipe like it whose `teacher` is a model; it writes the data of the arm `teacher`")
    parser.add_argument("--restyler", type=Path, help="a recipe whose teacher restyles; the base itself by default")
    parser.add_argument("--own", type=Path, help="your conversations: JSONL of TRL, OpenAI or ShareGPT, or a folder of it")
    parser.add_argument("--folder", type=Path, default=Path("out/pretrained"))
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--paths", type=int, help="as of `magnetc build`")
    parser.add_argument("--tokens", type=int, help="trained tokens of each SFT; one pass over the offline data by default")
    parser.add_argument("--pair-tokens", type=int, help="the same of the mDPO stage")
    parser.add_argument("--set", dest="changes", action="append", default=[], metavar="KEY=VALUE", help="as of `magnetc train`, for every arm")
    parser.add_argument("--no-mdpo", action="store_true", help="SFT alone")
    parser.add_argument("--conversations", type=int, help="held-out conversations that are played of each set; all by default")
    parser.add_argument("--max-tokens", type=int, default=512, help="of one message of the agent")
    parser.add_argument("--bfcl", action="append", default=[], metavar="CATEGORY", help="also `magnetc eval bfcl -c CATEGORY`")
    parser.add_argument("--toolquery", action="store_true", help="also `magnetc eval toolquery`")
    parser.add_argument("--batch", type=int, default=32, help="conversations that go through a model together")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--keep", action="store_true", help="keep all trained models; without it each is removed once it is judged")
    parser.add_argument("--trust", action="store_true", help="run the recipe's code, whether it is trusted or not")
    parser.add_argument("--plan", action="store_true", help="list the commands with an estimate, and run nothing")
    parser.add_argument("--parameters", type=float, help="of the base, in thousands of millions, where its name does not tell")
    parser.add_argument("--tflops", type=float, default=150, help="the GPU's dense bfloat16 peak, for the estimate: 165 for an RTX 4090, 312 for an A100")
    return parser.parse_args(arguments)


def _plan(options: argparse.Namespace, sink: Sink) -> tuple[Plan, int]:
    """What is to be compared, and how many paths the recipe has. What is wrong with recipes or settings is told before anything is made."""
    fixed = [change for change in options.changes if change.partition("=")[0].strip() in FIXED]
    if fixed:
        raise SystemExit(f"--set {fixed[0]}: that is given by the comparison; `--tokens`, `--pair-tokens` and `--seeds` say how much is trained")
    if options.seeds < 1 or any(value is not None and value < 1 for value in (options.tokens, options.pair_tokens, options.paths)):
        raise SystemExit("--seeds, --tokens, --pair-tokens and --paths are at least 1")
    settings = read_settings({}, (f"base={json.dumps(options.base)}", *LORA, *options.changes), sink)
    spec = load(options.recipe, sink, IMPORTERS)
    if settings is None or spec is None or sink.has_errors:
        fail(sink, folder=options.recipe)
    if settings.lora is None:
        raise SystemExit("--set lora: adapters are what is compared")
    own = spec.recipe
    if not own.held_out and not {name for name, share in own.partitions if share} - set(TRAINED):
        raise SystemExit(f"{options.recipe}: it holds nothing out that a model could be judged by; give `test` a share in its `partitions`")
    _asked(options.restyler, sink)
    taught = _asked(options.teacher, sink)
    other = next((name for name in LIKE if taught and getattr(taught, name) != getattr(own, name)), None)
    if other:
        raise SystemExit(f"{options.teacher}: its `{other}` is not that of {options.recipe}; a recipe that extends it, and says `teacher` alone, is like it")
    if options.own and not options.own.exists():
        raise SystemExit(f"--own {options.own}: there is no such file or folder")
    plan = Plan(base=options.base, recipe=options.recipe, folder=options.folder, seeds=options.seeds, restyler=options.restyler, teacher=options.teacher,
                own=options.own, preference=bool(own.negatives) and not options.no_mdpo, paths=options.paths, tokens=options.tokens,
                pair_tokens=options.pair_tokens, changes=tuple(options.changes), template=settings.template, trust=options.trust, played=options.conversations,
                max_tokens=options.max_tokens, bfcl=tuple(options.bfcl), toolquery=options.toolquery, keep=options.keep,
                aside=("--batch", str(options.batch), "--device", options.device))
    return plan, options.paths or sum(count for _, count in own.paths)


def _asked(folder: Path | None, sink: Sink) -> Recipe | None:
    """The recipe whose teacher is asked, if one is named."""
    if folder is None:
        return None
    spec = load(folder, sink, IMPORTERS)
    if spec is None or sink.has_errors:
        fail(sink, folder=folder)
    if spec.recipe.model is None:
        raise SystemExit(f"{folder}: its `teacher` is no model; docs/teachers.md says how one is named")
    return spec.recipe


def _size(options: argparse.Namespace) -> float | None:
    return options.parameters * 1e9 if options.parameters else parameters(options.base)


def _note_machine(record: Record) -> None:
    """Keep on what machine figures are made; one run may be done on several."""
    machines = (record.told("machines", None) or {"machines": []})["machines"]
    here = environment()
    record.done("machines", None, {"machines": [*(each for each in machines if each != here), here]})


def _show(plan: Plan, paths: int, record: Record, options: argparse.Namespace) -> int:
    made = list(steps(plan))
    due = {step.name for step in undone(made, record)}
    for arm, reason in plan.left_out.items():
        print(f"left out: {arm}, since {reason}")
    for step in made:
        print(f"{'to do' if step.name in due else 'done '}  {step.name}\n       $ {step.shown}")
    print(f"\n{len(made)} steps, {len(due)} to do. By arithmetic, for all of them:")
    for line in estimate(plan, paths, _size(options), options.tflops, options.batch):
        print(line)
    return 0


def _write(plan: Plan, record: Record, commands: list[str]) -> None:
    told = {name: step["told"] for name, step in record.steps.items() if step.get("told")}
    seconds = {name: each["seconds"] for name, each in told.items() if "seconds" in each}
    found = {**figures(plan), **told["machines"], "settings": [*LORA, *plan.changes], "commands": commands, "seconds": seconds}
    write_whole(plan.folder / "results.json", json.dumps(found, indent=1, ensure_ascii=False) + "\n")
    text = table(found)
    write_whole(plan.folder / "results.md", text)
    print(text)
    announce(f"{plan.folder / 'results.md'} and results.json; {sum(seconds.values()) / 3600:.2f} hours in all")


if __name__ == "__main__":
    raise SystemExit(main())
