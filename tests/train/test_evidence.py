import numpy as np
import pytest

from keras_residual.train.data import ArraySource, Dataset
from keras_residual.train.objective import class_weights, metrics
from keras_residual.train.pipeline import Steps
from keras_residual.train.recipe import Recipe
from keras_residual.train.report.evidence import Labels, Targets, sigmoid

RNG = np.random.default_rng(0)
TRUTH = RNG.normal([1e25, 3, 7], [1e24, 2, 0], (40, 3))
ANSWERS = TRUTH + RNG.normal(0, [4e23, 0.7, 0], (40, 3))
HOLDS = RNG.random((50, 4)) < [0.5, 0.2, 0.8, 0]
SHARES = np.clip(0.6 * HOLDS + 0.5 * RNG.random((50, 4)), 0, 0.99)


def dataset(task, labels):
    part = ArraySource(np.zeros((len(labels), 2), np.float32), labels)
    names = tuple("abcd"[: labels.shape[-1] if labels.ndim > 1 else labels.max() + 1])
    return Dataset("x", "table", names, part, part, "", task=task)


def test_targets_are_judged_as_scikit_learn_does():
    sklearn = pytest.importorskip("sklearn.metrics")
    found = Targets(ANSWERS, TRUTH)
    kind = {"multioutput": "raw_values"}
    assert found.r2 == pytest.approx(sklearn.r2_score(TRUTH, ANSWERS, **kind))
    assert found.mae == pytest.approx(
        sklearn.mean_absolute_error(TRUTH, ANSWERS, **kind)
    )
    assert Targets(TRUTH + 1, TRUTH).r2[2] == 0  # it never varies, and is missed


def test_the_largest_errors_are_ranked_in_each_targets_own_size():
    off = np.zeros((4, 2))
    off[1], off[3] = (1e9, 0.5), (1e9, -1.5)
    assert Targets(off, np.zeros((4, 2))).largest_errors(3) == [(3, 1), (1, 0), (3, 0)]


def test_labels_are_judged_as_scikit_learn_does():
    sklearn = pytest.importorskip("sklearn.metrics")
    found = Labels(SHARES, HOLDS.astype(np.float32))
    given = SHARES > 0.5
    expected = sklearn.precision_recall_fscore_support(HOLDS, given, zero_division=0)
    for ours, theirs in zip(
        (found.precision, found.recall, found.f1, found.support), expected, strict=True
    ):
        assert ours == pytest.approx(theirs)
    assert found.exact == pytest.approx(sklearn.accuracy_score(HOLDS, given))
    assert found.counts["missed"].tolist() == (HOLDS & ~given).sum(0).tolist()


def test_the_most_confident_wrong_label_comes_first():
    shares = np.array([[0.9, 0.2], [0.7, 0.99], [0.4, 0.05]])
    holds = np.array([[0, 0], [1, 1], [0, 1]])
    found = Labels(shares, holds).mistakes(9)
    assert [(one.number, one.label, one.named) for one in found] == [
        (2, 1, 0),
        (0, 0, 1),
    ]
    assert found[0].probability == 0.95


def test_sigmoid_holds_for_huge_logits():
    assert sigmoid(np.array([[-1e4, 0.0, 1e4]])).tolist() == [[0.0, 0.5, 1.0]]


def counted(dataset, labels, answers):
    """Returns what the metrics of training say, seen in two batches."""
    found = {}
    for metric in metrics(dataset):
        for part in (slice(0, 15), slice(15, None)):
            metric.update_state(labels[part], answers[part])
        found[metric.name] = float(metric.result())
    return found


def test_metrics_of_training_are_those_of_the_report():
    few = TRUTH[:, 1:2].astype(np.float32)
    off = few + RNG.normal(0, 0.7, few.shape).astype(np.float32)
    unit = few.std()
    found = counted(dataset("regression", few), few / unit, off / unit)
    judged = Targets(off.astype("f8"), few.astype("f8"))
    assert found["mae"] == pytest.approx(judged.mae.mean(), rel=1e-4)
    assert found["r2"] == pytest.approx(judged.r2.mean(), abs=1e-4)
    holds = HOLDS.astype(np.float32)
    logits = np.log(SHARES / (1 - SHARES)).astype(np.float32)
    found = counted(dataset("multilabel", holds), holds, logits)
    judged = Labels(SHARES, holds)
    assert found["f1"] == pytest.approx(judged.f1.mean(), abs=1e-5)
    assert found["exact"] == pytest.approx(judged.exact)


def test_the_score_of_a_target_that_never_varies_is_no_hole():
    flat = np.full((20, 1), 0.5, np.float32)
    assert counted(dataset("regression", flat), flat, flat)["r2"] == 1


def test_balanced_weights_give_every_class_the_same_say():
    labels = np.array([0] * 12 + [1] * 3 + [2], np.int32)
    few = dataset("classification", labels)
    weights = class_weights(Recipe(class_weight="balanced"), few)
    assert weights is not None
    assert weights == pytest.approx(16 / (3 * np.array([12, 3, 1])))
    assert class_weights(Recipe(), few) is None
    steps = Steps(few.train, batch_size=16, epochs=1, seed=0, weights=weights)
    _, seen, given = steps[0]
    assert given.tolist() == weights[seen].tolist()
