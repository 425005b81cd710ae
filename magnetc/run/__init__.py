"""From a recipe to an evaluated model, in one run: build, SFT, mining, mDPO, evaluation."""
