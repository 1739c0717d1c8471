"""Does what the image is for; whatever does not work ends it with a traceback."""

import tempfile
from pathlib import Path

import joblib
import pandas as pd
import sklearn
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import train_test_split

import airstrip_pods

table = pd.DataFrame({"size": range(200), "is_large": [size >= 100 for size in range(200)]})
learn, test = train_test_split(table, random_state=0)
model = RandomForestClassifier(n_estimators=10, random_state=0).fit(learn[["size"]], learn["is_large"])
with tempfile.TemporaryDirectory() as name:
    file = Path(name) / "model.joblib"
    joblib.dump(model, file)
    score = joblib.load(file).score(test[["size"]], test["is_large"])
assert score > 0.95, score
print("ml-basic works:", f"scikit-learn {sklearn.__version__}, score {score:.2f},")
print("airstrip_pods", airstrip_pods.__version__)
