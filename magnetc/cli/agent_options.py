"""Options that name the model which acts, shared by the commands that let one act."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from magnetc.build.acting import ActingModel

DIALECTS = ("openai", "vllm", "sglang", "ollama", "gemini")
DTYPES = ("auto", "float32", "bfloat16", "float16")


def agent_options(*, temperature: float = 0.0) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Gives a command the argument `agent`, an `ActingModel`, in place of the options that say which it is.

    Args:
        temperature: How messages are drawn unless the user says otherwise.
    """
    options = (
        click.option("--model", required=True, help="A folder with a checkpoint, or a name on the hub; with `--endpoint`, what it calls the model."),
        click.option("--endpoint", metavar="URL", help="Chat completions of a server, up to `/v1`, in place of a checkpoint here."),
        click.option("--key", metavar="VARIABLE", default="", help="The environment variable that has the endpoint's key."),
        click.option("--dialect", type=click.Choice(DIALECTS), default="openai", show_default=True, help="The kind of server."),
        click.option("--concurrency", type=click.IntRange(min=1), default=32, show_default=True, help="Requests to the endpoint at once."),
        click.option("--timeout", type=click.FloatRange(min=0, min_open=True), default=120.0, show_default=True, help="Seconds for a request."),
        click.option("--revision", default="", help="A commit, tag or branch on the hub."),
        click.option("--dtype", type=click.Choice(DTYPES), default="auto", show_default=True, help="What a checkpoint's weights are held in."),
        click.option("--device", default="auto", show_default=True, help="Where a checkpoint runs: `cpu`, `cuda`, …"),
        click.option("--batch", type=click.IntRange(min=1), default=16, show_default=True, help="Conversations that go through a checkpoint together."),
        click.option("--template", "options", metavar="JSON", default="{}", help="What the chat template is given, e.g. '{\"enable_thinking\": false}'."),
        click.option("--temperature", type=click.FloatRange(min=0), default=temperature, show_default=True, help="0 takes the likeliest token each time."),
        click.option("--top-p", type=click.FloatRange(min=0, max=1, min_open=True), default=1.0, show_default=True, help="The share of probability drawn from."),
        click.option("--max-tokens", type=click.IntRange(min=1), default=512, show_default=True, help="Of one message of the agent."),
    )

    def shared(function: Callable[..., None]) -> Callable[..., None]:
        @wraps(function)
        def told(*args: Any, **given: Any) -> None:
            names = ("model", "endpoint", "key", "dialect", "concurrency", "timeout", "revision", "dtype", "device", "batch", "options",
                     "temperature", "top_p", "max_tokens")
            function(*args, agent=_agent(**{name: given.pop(name) for name in names}), **given)

        for option in reversed(options):
            told = option(told)
        return told

    return shared


def _agent(*, model: str, endpoint: str | None, key: str, dialect: str, concurrency: int, timeout: float, revision: str, dtype: str,
           device: str, batch: int, options: str, temperature: float, top_p: float, max_tokens: int) -> ActingModel:
    from magnetc.agent.model_policy import Sampling
    from magnetc.build.acting import ActingModel, template_options
    from magnetc.ir.checkpoint import Checkpoint
    from magnetc.ir.endpoint import Endpoint

    try:
        template = template_options(options)
    except ValueError as error:
        raise click.BadParameter(f"{options!r} is no JSON object: {error}", param_hint="--template") from None
    chosen: Endpoint | Checkpoint
    if endpoint:
        chosen = Endpoint(model=model, url=endpoint, key=key, dialect=dialect, concurrency=concurrency, timeout=timeout)
    else:
        chosen = Checkpoint(model=model, revision=revision, dtype=dtype, device=device, batch=batch, template=template)
    return ActingModel(model=chosen, sampling=Sampling(temperature=temperature, top_p=top_p), most_tokens=max_tokens)
