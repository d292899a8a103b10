"""All benchmarks, one after the other: `python -m benchmarks`."""

from benchmarks import generation, mlp, ops, tokenizer, transformer

if __name__ == "__main__":
    ops.main()
    mlp.main()
    tokenizer.main()
    transformer.main()
    generation.main()
