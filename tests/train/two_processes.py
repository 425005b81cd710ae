"""Run by `torchrun`, and in one process: four preference steps, the weights and figures of which are saved."""

import sys
from pathlib import Path

import torch
from safetensors.torch import save_file
from small import Data, config, weights

from magnetc.train import MDPOTrainer


def main(out: Path, folder: Path, accumulation: int, processes: int) -> None:
    torch.set_num_threads(1)
    data = Data(out)
    trainer = MDPOTrainer(data.model(1), config(folder, max_steps=4, per_device_train_batch_size=1, optim="sgd",
                                                learning_rate=0.1, gradient_accumulation_steps=accumulation,
                                                ddp_find_unused_parameters=False),
                          train_dataset=data.pairs[:16], eval_dataset=data.pairs[16:19], processing_class=data.tokenizer)
    assert trainer.accelerator.num_processes == processes
    trainer.train()
    found = trainer.evaluate()
    if trainer.is_world_process_zero():
        figures = [entry["margin"] for entry in trainer.state.log_history if "margin" in entry]
        figures += [found["eval_loss"], found["eval_margin"], found["eval_chosen"]]
        model = trainer.accelerator.unwrap_model(trainer.model)
        save_file({**{name: value.clone() for name, value in weights(model).items()}, "figures": torch.tensor(figures)},
                  folder / "weights.safetensors")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]))
