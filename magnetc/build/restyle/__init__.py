"""Words of a dataset said otherwise: calls, results and values stay, and every proof is made again."""
