"""Where does each k-mer of the reference occur?"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from pathlib import Path

from lab import say  # type: ignore[import-not-found, unused-ignore]


def read_fasta(path: Path) -> dict[str, str]:
    """Gene name to sequence."""
    genes: dict[str, str] = {}
    name = ""
    for line in path.read_text(encoding="ascii").splitlines():
        if line.startswith(">"):
            name = line[1:].split()[0]
            genes[name] = ""
        else:
            genes[name] += line.strip()
    return genes


def kmers(genes: dict[str, str], size: int) -> dict[str, list[tuple[str, int]]]:
    """Each k-mer with every (gene, position) where it starts."""
    places: dict[str, list[tuple[str, int]]] = defaultdict(list)
    for gene, sequence in genes.items():
        for start in range(len(sequence) - size + 1):
            places[sequence[start : start + size]].append((gene, start))
    return dict(places)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("reference", type=Path)
    parser.add_argument("output", type=Path)
    parser.add_argument("--kmer", type=int, required=True)
    args = parser.parse_args()

    genes = read_fasta(args.reference)
    places = kmers(genes, args.kmer)
    args.output.write_text(json.dumps({"kmer": args.kmer, "genes": genes, "places": places}), encoding="utf-8")
    say(f"{len(genes)} genes, {len(places)} k-mers of {args.kmer} bases")
