"""`python -m benchmarks.ablation`."""

from .run import main

raise SystemExit(main())
