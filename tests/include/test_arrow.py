"""pyarrow makes arrays without pandas, and still finds it where a data frame is asked for."""

import subprocess
import sys

_PROGRAM = """
import sys
import pyarrow as pa
from cca.arrow import without_pandas
without_pandas()
table = pa.table({"a": pa.array(["x", None])})
assert "pandas" not in sys.modules
assert list(table.to_pandas()["a"])[0] == "x"
import pandas
assert pa.array(pandas.Series([1, 2])).to_pylist() == [1, 2]
"""


def test_arrays_need_no_pandas_and_data_frames_find_it() -> None:
    subprocess.run([sys.executable, "-c", _PROGRAM], check=True, timeout=120)
