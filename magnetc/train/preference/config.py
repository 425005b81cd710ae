"""Settings of the MDPOTrainer."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from transformers import TrainingArguments


@dataclass
class MDPOConfig(TrainingArguments):
    """TrainingArguments, and what multi-turn preference optimisation adds to them. Defaults are Magnet's (§4, appendix).

    Attributes:
        beta: How far the policy may move from the reference; Magnet tries 0.01, 0.1 and 0.3.
        preference_weight: λ of L = L_SFT + λ · L_mDPO.
        likelihood_weight: Weight of L_SFT on the chosen trajectory; 0 leaves the preference alone.
        credit: Where the preference acts: `span`, `message`, `turn` or `rest`; see `magnetc.train.preference.credit`.
        discount: γ of DMPO, by message after the fault; None weighs all alike.
        floor: λ of DPO-Positive: a penalty on chosen log-probabilities below the reference's; None for none.
        max_length: Tokens of the longer side of a pair; None for no limit.
        over: What becomes of longer pairs: `drop`, or `cut` at the end of a user turn.
        attention: `auto`, `blocks`, `flex` or `mask`; see `magnetc.train.scoring.tree_attention`.
        share_prefix: Whether the prompt is computed once for both sides; `auto` unless the model's layers forbid it.
        reference_cache: A folder for reference log-probabilities, so that they are computed once; `output_dir` by default.
        chat_template_kwargs: What the chat template takes beside messages and tools, such as `enable_thinking`.
    """

    learning_rate: float = field(default=5e-7)
    warmup_steps: float = field(default=0.1)
    logging_steps: float = field(default=10)
    report_to: str | list[str] | None = field(default="none")
    remove_unused_columns: bool = field(default=False)
    beta: float = field(default=0.1)
    preference_weight: float = field(default=1.0)
    likelihood_weight: float = field(default=1.0)
    credit: str = field(default="turn")
    discount: float | None = field(default=None)
    floor: float | None = field(default=None)
    max_length: int | None = field(default=8192)
    over: str = field(default="drop")
    attention: str = field(default="auto")
    share_prefix: str = field(default="auto")
    reference_cache: str | None = field(default=None)
    chat_template_kwargs: dict[str, Any] = field(default_factory=dict)
