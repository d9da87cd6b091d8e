# Reference values of metrics.h, computed once with scikit-learn 1.9.1 and SciPy 1.17.1:
#   python -m venv venv && venv/bin/pip install scikit-learn==1.9.1 && venv/bin/python make_metrics.py > metrics.json
# Neither Python nor this script is needed to build or to test.
import json
import warnings

import numpy as np
from scipy.stats import spearmanr
from sklearn import metrics
from sklearn.calibration import calibration_curve

warnings.simplefilter("error")
rng = np.random.default_rng(3)
n, classes = 150, 3
truth = rng.choice(classes, n, p=[0.2, 0.5, 0.3])
logits = rng.normal(size=(n, classes)) + 1.4 * np.eye(classes)[truth]
p = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
p[:, :2] = np.round(p[:, :2], 2)  # many ties
p[:, 2] = 1 - p[:, 0] - p[:, 1]
p = np.round(np.clip(p, 0, 1), 2)
predicted = p.argmax(1)
confidence, right = p.max(1), (p.argmax(1) == truth).astype(int)

accuracy_of_bin, confidence_of_bin = calibration_curve(right, confidence, n_bins=15)
counts = np.bincount(np.searchsorted(np.linspace(0, 1, 16)[1:-1], confidence), minlength=15)
weights = counts[counts > 0] / n
curves = [metrics.roc_curve(truth == c, p[:, c], drop_intermediate=False) for c in range(classes)]

a, b = rng.random((9, 11)) < 0.5, rng.random((9, 11)) < 0.6
x, y = rng.integers(0, 12, 40), rng.integers(0, 12, 40) + np.arange(40) // 4
print(json.dumps({
    "truth": truth.tolist(), "predicted": predicted.tolist(), "probabilities": p.tolist(),
    "confusion": metrics.confusion_matrix(truth, predicted).tolist(),
    "sensitivity": metrics.recall_score(truth, predicted, average=None).tolist(),
    "ppv": metrics.precision_score(truth, predicted, average=None).tolist(),
    "accuracy": metrics.accuracy_score(truth, predicted),
    "balanced_accuracy": metrics.balanced_accuracy_score(truth, predicted),
    "auroc": [metrics.roc_auc_score(truth == c, p[:, c]) for c in range(classes)],
    "roc_x": [c[0].tolist() for c in curves], "roc_y": [c[1].tolist() for c in curves],
    "bin_images": counts.tolist(), "bin_accuracy": accuracy_of_bin.tolist(),
    "bin_confidence": confidence_of_bin.tolist(),
    "calibration_error": float((weights * np.abs(accuracy_of_bin - confidence_of_bin)).sum()),
    "brier": float(((p - np.eye(classes)[truth]) ** 2).sum(1).mean()),
    "a": a.astype(int).tolist(), "b": b.astype(int).tolist(),
    "dice": metrics.f1_score(a.ravel(), b.ravel()),
    "iou": metrics.jaccard_score(a.ravel(), b.ravel()),
    "x": x.tolist(), "y": y.tolist(), "spearman": spearmanr(x, y).statistic,
    "quantile_05_of_x": float(np.quantile(x, 0.05)), "median_of_x": float(np.median(x)),
}))
