"""Write the demo company: `python -m crm_segmentation.demo --output DIR`.

The committed seeds are made by

    python -m crm_segmentation.demo --output seeds/demo --truth tests/python/data/demo_truth
"""

from __future__ import annotations

import argparse
from pathlib import Path

from crm_segmentation.demo.clock import history
from crm_segmentation.demo.company import make_company
from crm_segmentation.demo.scale import Scale, write_scale
from crm_segmentation.demo.truth import write_truth
from crm_segmentation.demo.write import write_tables


def parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m crm_segmentation.demo", description=__doc__)
    parser.add_argument("--accounts", type=int, default=2000, help="customers in the world")
    parser.add_argument("--years", type=int, default=2, help="years of history")
    parser.add_argument("--seed", type=int, default=20240101)
    parser.add_argument("--format", choices=("csv", "parquet"), default="csv")
    parser.add_argument("--output", type=Path, required=True, help="folder to write to")
    parser.add_argument("--truth", type=Path, help="folder of the truth (default: OUTPUT/truth)")
    parser.add_argument(
        "--order-lines",
        type=int,
        metavar="N",
        help="write only orders and N order lines of --accounts customers, typed, as Parquet",
    )
    chosen = parser.parse_args(arguments)
    if chosen.accounts < 100:
        parser.error(f"too few customers in --accounts: got {chosen.accounts}; allowed: from 100")
    if not 1 <= chosen.years <= 20:
        parser.error(f"years out of range in --years: got {chosen.years}; allowed: 1 to 20")
    if chosen.order_lines is not None and chosen.format != "parquet":
        parser.error("--order-lines writes Parquet only: add --format parquet")
    if chosen.order_lines is not None and chosen.order_lines < 1:
        parser.error(f"no rows in --order-lines: got {chosen.order_lines}; allowed: from 1")
    return chosen


def main(arguments: list[str] | None = None) -> None:
    chosen = parse(arguments)
    if chosen.order_lines is not None:
        span = history(chosen.years)
        write_scale(chosen.output, Scale(chosen.seed, chosen.order_lines, chosen.accounts, span))
        return
    company = make_company(chosen.seed, chosen.accounts, chosen.years)
    write_tables(chosen.output, company.tables, chosen.format)
    write_truth(chosen.truth or chosen.output / "truth", company)


if __name__ == "__main__":
    main()
