"""The two stages, each from a start to a model in its folder: what is trained on, how, and which checkpoint is kept."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from accelerate import PartialState
from transformers import TrainerState, set_seed
from trl import SFTConfig  # pyright: ignore[reportPrivateImportUsage]

from magnetc.diagnostics import MagnetError
from magnetc.models.chat import Chat
from magnetc.train.encode.tokenized import TokenizedPair, TokenizedRow
from magnetc.train.preference.config import MDPOConfig
from magnetc.train.preference.trainer import MDPOTrainer
from magnetc.train.run.base import computed_in, merged, weights
from magnetc.train.run.folder import STATE, StageFolder, is_last, replace_folder, write_json
from magnetc.train.run.progress import Progress
from magnetc.train.run.selection import Arena, Look, Selector, looks_in
from magnetc.train.run.settings import LoraSettings, StageSettings, TrainSettings, per_step
from magnetc.train.scoring.log_probs import ADAPTED, unsupported
from magnetc.train.sft_trainer import WeightedSFTTrainer


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """What both stages need: `start` is a model's name or folder, `arena` is None when no checkpoint is played."""

    name: str
    start: str
    folder: StageFolder
    settings: TrainSettings
    chat: Chat
    arena: Arena | None
    announce: Callable[[str], None]
    bar: bool

    @property
    def recall_margin(self) -> float | None:
        """What a checkpoint's call recall may fall by: SFT has nothing to fall below."""
        return self.settings.select.recall_margin if self.settings.select and self.name == "mdpo" else None

    def checkpoint(self) -> Path | None:
        """Where the stage stopped, the same in every process."""
        with PartialState().main_process_first():
            return self.folder.checkpoint()


def sft(stage: Stage, train: Sequence[TokenizedRow], validation: Sequence[TokenizedRow]) -> None:
    """Supervised fine-tuning through TRL, on the tokens of weight 1."""
    settings = stage.settings
    own = settings.sft
    set_seed(settings.seed)  # adapters are drawn before a trainer sets its own, whether a stage came before or not
    packed = settings.length if own.packing is True else max(int(own.packing), settings.length)
    trainer = WeightedSFTTrainer(
        weights(stage.start, settings),
        SFTConfig(**_arguments(stage, own, bool(validation)), packing=bool(own.packing), max_length=packed,
                  eval_packing=False),
        train_dataset=train, eval_dataset=validation or None, processing_class=stage.chat.tokenizer,
        peft_config=_adapter(settings.lora), chat_template_kwargs=settings.template)
    _run(trainer, stage)


def mdpo(stage: Stage, train: Sequence[TokenizedPair], validation: Sequence[TokenizedPair]) -> None:
    """Multi-turn preference optimisation, against the model that the stage starts from."""
    settings = stage.settings
    own = settings.mdpo
    set_seed(settings.seed)
    args = MDPOConfig(
        **_arguments(stage, own, bool(validation)), beta=own.beta, preference_weight=own.preference,
        likelihood_weight=own.likelihood, credit=own.credit, discount=own.discount, floor=own.floor,
        attention=own.attention, max_length=None, chat_template_kwargs=settings.template)
    trainer = MDPOTrainer(weights(stage.start, settings), args, train_dataset=train, eval_dataset=validation or None,
                          processing_class=stage.chat.tokenizer, peft_config=_adapter(settings.lora))
    _run(trainer, stage)


def _arguments(stage: Stage, own: StageSettings, evaluates: bool) -> dict[str, Any]:
    """TrainingArguments of a stage."""
    settings = stage.settings
    on_cpu = torch.device(PartialState().device or "cpu").type == "cpu"
    every = settings.select.every if settings.select else None
    found: dict[str, Any] = {
        "output_dir": str(stage.folder.folder),
        "num_train_epochs": own.epochs,
        "max_steps": own.steps or -1,
        "learning_rate": own.lr,
        "lr_scheduler_type": own.schedule,
        "warmup_steps": own.warmup,
        "weight_decay": own.weight_decay,
        "per_device_train_batch_size": own.micro_batch,
        "per_device_eval_batch_size": own.micro_batch,
        "gradient_accumulation_steps": per_step(own.batch, own.micro_batch, PartialState().num_processes),
        "gradient_checkpointing": settings.gradient_checkpointing,
        "bf16": computed_in(settings) == "bfloat16",
        "use_cpu": on_cpu,
        # Every forward uses every parameter that is trained.
        "ddp_find_unused_parameters": False,
        "seed": settings.seed,
        "data_seed": settings.seed,
        "save_strategy": "steps",
        "save_steps": every or 0.25,
        "save_total_limit": 2,
        "eval_strategy": "steps" if evaluates else "no",
        "eval_steps": every or 0.25,
        # The figures of the start are what those of the end are compared with.
        "eval_on_start": evaluates and stage.checkpoint() is None,
        "logging_steps": 0.02,
        "logging_first_step": True,
        "report_to": settings.report_to,
        "disable_tqdm": True,
        "dataloader_pin_memory": torch.cuda.is_available() and not on_cpu,
    }
    return found


def _adapter(lora: LoraSettings | None) -> Any:
    if lora is None:
        return None
    if "lm_head" in lora.targets:
        raise MagnetError(unsupported("`lora` puts an adapter on it", ADAPTED))
    from peft import LoraConfig

    return LoraConfig(task_type="CAUSAL_LM", r=lora.rank, lora_alpha=lora.alpha,  # pyright: ignore[reportArgumentType]
                      lora_dropout=lora.dropout, target_modules=lora.targets)


def _run(trainer: Any, stage: Stage) -> None:
    """Train from where the stage stopped, keep its history, and leave the chosen model in its folder."""
    from transformers.trainer_callback import PrinterCallback

    trainer.remove_callback(PrinterCallback)
    is_main = PartialState().is_main_process
    if is_main:
        trainer.add_callback(Progress(stage.name, stage.announce, stage.bar))
    selector = None
    if stage.arena is not None:
        every = stage.settings.select.every if stage.settings.select else None
        selector = Selector(stage.arena, every, stage.folder, stage.recall_margin, trainer.log, is_main)
        trainer.add_callback(selector)
    checkpoint = stage.checkpoint()
    if checkpoint is not None and is_last(checkpoint):
        _restore(trainer, checkpoint, selector)
    else:
        trainer.train(resume_from_checkpoint=None if checkpoint is None else str(checkpoint))
    if is_main:
        write_json(stage.folder.history, trainer.state.log_history)
        _keep(trainer, stage, selector)
    PartialState().wait_for_everyone()


def _restore(trainer: Any, checkpoint: Path, selector: Selector | None) -> None:
    """As training left it at its last step: asked to go on from there, transformers would take one step more."""
    trainer._load_from_checkpoint(str(checkpoint))
    trainer.state = TrainerState.load_from_json(str(checkpoint / STATE))
    if selector is not None:
        selector.looks = looks_in(trainer.state.log_history)


def _keep(trainer: Any, stage: Stage, selector: Selector | None) -> None:
    """The chosen weights, adapters merged, with all that is needed to load them."""
    model = _chosen(trainer, stage, selector)
    partial = stage.folder.model.with_name("model.partial")
    shutil.rmtree(partial, ignore_errors=True)
    model.save_pretrained(partial)
    stage.chat.tokenizer.save_pretrained(partial)
    replace_folder(partial, stage.folder.model)
    stage.folder.clear()


def _chosen(trainer: Any, stage: Stage, selector: Selector | None) -> Any:
    model = trainer.accelerator.unwrap_model(trainer.model)
    if selector is None:
        return model.merge_and_unload() if stage.settings.lora else model
    look: Look = selector.chosen()
    stage.announce(f"{stage.name}: keeping step {look.step}: success {look.success:.1%}, recall {look.recall:.1%}"
                   + ("" if look.step else ", the stage's start: no later checkpoint did better"))
    if not look.step:
        return weights(stage.start, stage.settings)
    best = stage.folder.best(look.step)
    return merged(stage.start, best, stage.settings) if stage.settings.lora else weights(best, stage.settings)
