"""The paper's ablation in miniature. PROTOCOL.md says what is measured and how, README.md how it is run."""
