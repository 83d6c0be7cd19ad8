"""Read every picture of a folder or of a Parquet column by Ray: ``python -m deploy.ray.classify``."""

import argparse
import os
import sys
import time
from pathlib import PurePath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ray.data import Dataset

BATCH = 64
"""Pictures that a process takes at a time, as many as one run of the network takes."""


def main() -> int:
    """Classify, write, and say how many and how quickly."""
    parser = argparse.ArgumentParser(prog="python -m deploy.ray.classify", description=__doc__)
    parser.add_argument(
        "source", help="a folder of picture files, a Parquet file, or with --column a folder of them"
    )
    parser.add_argument(
        "--output", required=True, help="a new folder for Parquet: digit, confidence, is_digit, error"
    )
    parser.add_argument(
        "--column", help="Parquet's column with picture files (image); the other columns are kept"
    )
    parser.add_argument("--model", default="lenet5")
    parser.add_argument("--processes", type=int, help="most of them; default: as many as there is room for")
    options = parser.parse_args()
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    # Ray reads its variables when it is imported.
    import ray
    from ray.data import ActorPoolStrategy, DataContext, SaveMode, read_parquet
    from ray.data.expressions import col

    from deploy.ray.classifier import Classifier

    # RAY_ADDRESS names a cluster; without it this machine is one until the work is done.
    ray.init(include_dashboard=False, log_to_driver=False)
    DataContext.get_current().enable_progress_bars = sys.stderr.isatty()
    began = time.perf_counter()
    _pictures(options.source, options.column).map_batches(
        Classifier,
        fn_constructor_args=(options.model,),
        batch_size=BATCH,
        batch_format="pyarrow",
        num_cpus=1,
        compute=ActorPoolStrategy(min_size=1, max_size=options.processes),
    ).write_parquet(options.output, mode=SaveMode.ERROR)
    seconds = time.perf_counter() - began
    written = read_parquet(options.output).select_columns(["error"])
    number = written.count()
    unread = written.filter(expr=col("error").is_not_null()).count()
    print(f"{number} pictures in {seconds:.1f} s, {number / seconds:.0f}/s; {unread} could not be read")
    ray.shutdown()
    return 0


def _pictures(source: str, column: str | None) -> "Dataset":
    """Give picture files in the column that the classifier reads, and what tells them apart beside it."""
    from ray.data import read_binary_files, read_parquet

    from deploy.ray.classifier import IMAGE

    if column is None and PurePath(source).suffix != ".parquet":
        return read_binary_files(source, include_paths=True).rename_columns({"bytes": IMAGE})
    table = read_parquet(source)
    return table if column in {None, IMAGE} else table.rename_columns({column: IMAGE})


if __name__ == "__main__":
    sys.exit(main())
