"""Does what the image is for; whatever does not work ends it with a traceback."""

import tempfile
from pathlib import Path

import nbformat
import papermill

import airstrip_pods

_CODE = """
import matplotlib.pyplot as plt
import pandas as pd
pd.DataFrame({"rides": range(days)}).plot()
plt.savefig(picture)
print("days:", days)
"""

notebook = nbformat.v4.new_notebook()
notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
parameters = nbformat.v4.new_code_cell("days = 1\npicture = ''")
parameters.metadata["tags"] = ["parameters"]
notebook.cells = [parameters, nbformat.v4.new_code_cell(_CODE)]
with tempfile.TemporaryDirectory() as name:
    folder = Path(name)
    nbformat.write(notebook, folder / "in.ipynb")
    given = {"days": 7, "picture": str(folder / "rides.png")}
    papermill.execute_notebook(folder / "in.ipynb", folder / "out.ipynb", given, progress_bar=False)
    assert "days: 7" in (folder / "out.ipynb").read_text()
    assert (folder / "rides.png").read_bytes().startswith(b"\x89PNG")
print("papermill-basic works:", f"papermill {papermill.__version__}, airstrip_pods {airstrip_pods.__version__}")
