"""One question a row through a peer, for `teacher.py`: run by the interpreter of an environment that has the peer and not magnetc.

    python3 -m venv peers/distilabel && peers/distilabel/bin/pip install "distilabel[openai]==1.5.3" requests
    python3 -m venv peers/designer && peers/designer/bin/pip install "data-designer==0.9.6" "typer<0.16"
"""

from __future__ import annotations

import json
import sys
import tempfile

QUESTION = "How many characters has this text?\n\n"


def distilabel(url: str, texts: list[str], concurrency: int) -> int:
    from distilabel.models.llms import OpenAILLM  # pyright: ignore[reportMissingImports]
    from distilabel.pipeline import Pipeline  # pyright: ignore[reportMissingImports]
    from distilabel.steps import LoadDataFromDicts  # pyright: ignore[reportMissingImports]
    from distilabel.steps.tasks import TextGeneration  # pyright: ignore[reportMissingImports]

    with Pipeline(name="count") as pipeline:
        load = LoadDataFromDicts(data=[{"instruction": f"{QUESTION}{text}\n"} for text in texts], batch_size=concurrency)
        model = OpenAILLM(model="small", base_url=url, api_key="none", generation_kwargs={"temperature": 0.5, "max_new_tokens": 20})
        load >> TextGeneration(llm=model, input_batch_size=concurrency)
    return len(pipeline.run(use_cache=False)["default"]["train"])


def data_designer(url: str, texts: list[str], concurrency: int) -> int:
    import data_designer.config as dd  # pyright: ignore[reportMissingImports]
    import pandas as pd  # pyright: ignore[reportMissingImports]
    from data_designer.interface import DataDesigner  # pyright: ignore[reportMissingImports]

    provider = dd.ModelProvider(name="here", endpoint=url, provider_type="openai", api_key="none")
    parameters = dd.ChatCompletionInferenceParams(temperature=0.5, max_tokens=20, max_parallel_requests=concurrency)
    model = dd.ModelConfig(alias="small", model="small", provider="here", skip_health_check=True, inference_parameters=parameters)
    config = dd.DataDesignerConfigBuilder(model_configs=[model])
    config.with_seed_dataset(dd.DataFrameSeedSource(df=pd.DataFrame({"text": texts})))
    config.add_column(dd.LLMTextColumnConfig(name="count", model_alias="small", prompt=QUESTION + "{{ text }}\n"))
    with tempfile.TemporaryDirectory() as folder:
        made = DataDesigner(artifact_path=folder, model_providers=[provider]).create(config, num_records=len(texts), dataset_name="count")
        return len(made.load_dataset())


PEERS = {"distilabel": distilabel, "data_designer": data_designer}

if __name__ == "__main__":
    name, url, rows, concurrency, filler = sys.argv[1:]
    made = PEERS[name](url, [f"{row} {filler}" for row in range(int(rows))], int(concurrency))
    if made != int(rows):
        raise SystemExit(json.dumps({"rows": made}))
