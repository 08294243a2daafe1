"""Checks of a method's scores: one finite double per image, of that image alone, larger for more in-distribution."""

from __future__ import annotations

import numpy as np

from bench.extraction.outputs import Outputs
from bench.metrics import auroc

from .check import CheckSkipped, check
from .method_subject import Array, MethodSubject, restored_random_state, same, seed_all
from .trials import Trial, copied

SEPARATED = 0.6
"""The AUROC that the tiny pair must be told apart by; chance is 0.5."""

MOST_TIES = 0.01
"""The share of images that may have the score of another; above it a row of a table carries a warning."""

PART = 8


@check
def runs(subject: MethodSubject) -> None:
    """The method can be fitted and gives scores, on the tiny images and with what it says that it needs."""
    if subject.trouble not in {"", "shape"}:
        raise subject.failure("fit and score without an error", subject.trouble)


@check
def shape(subject: MethodSubject) -> None:
    """`score` gives an array with one number for each image, `(N,)`, also where there is one image alone."""
    if subject.trouble not in {"", "shape"}:
        raise CheckSkipped("nothing to look at before the check runs is mended")
    trial = subject.trials(subject.cls())
    for count in (len(trial.id), 1):
        scores = trial.method.score(trial.id.take(slice(0, count)))
        if not isinstance(scores, np.ndarray) or scores.shape != (count,):
            raise subject.failure(
                f"a numpy array of shape ({count},) for {count} images",
                f"{type(scores).__name__} of shape {np.shape(scores)}",
                f"print(one.method.score(one.id.take(slice(0, {count}))))",
            )


@check
def dtype(subject: MethodSubject) -> None:
    """Scores are float64: in float32 many probabilities round to 1 and tie."""
    trial = subject.trial()
    found = np.asarray(trial.method.score(trial.id)).dtype
    if found != np.float64:
        raise subject.failure("float64", str(found), "print(one.method.score(one.id).dtype)")


@check
def finite(subject: MethodSubject) -> None:
    """No score is NaN or infinite: neither of ID and OOD images, nor of black, grey and white ones."""
    trial = subject.trial()
    for name in ("id", "ood", "blank"):
        scores = np.asarray(trial.method.score(getattr(trial, name)))
        bad = np.flatnonzero(~np.isfinite(scores))
        if len(bad):
            raise subject.failure(
                "a finite number for every image",
                f"{scores[bad[0]]} for image {bad[0]} of '{name}' ({len(bad)} of {len(scores)} are not finite)",
                f"print(one.{name}.take(slice({bad[0]}, {bad[0] + 1})))",
            )


@check
def batch_size(subject: MethodSubject) -> None:
    """An image's score does not depend on how many images are scored together."""
    subject.require_steady()
    trial = subject.trial()
    whole = np.asarray(trial.method.score(trial.id))
    starts = range(0, len(trial.id), PART)
    parts = np.concatenate([trial.method.score(trial.id.take(slice(start, start + PART))) for start in starts])
    if not subject.close(parts, whole):
        raise subject.failure(
            f"the same scores from parts of {PART} images as from all {len(whole)} together",
            f"scores that differ by up to {_most(parts, whole):.3g}. Does it use a mean or a rank in the batch?",
            f"part = one.id.take(slice(0, {PART}))\nprint(one.method.score(part), one.method.score(one.id)[:{PART}])",
        )


@check
def order(subject: MethodSubject) -> None:
    """An image's score does not depend on the order in which images are scored."""
    subject.require_steady()
    trial = subject.trial()
    whole = np.asarray(trial.method.score(trial.id))
    places = np.random.default_rng(1).permutation(len(whole))
    shuffled = np.asarray(trial.method.score(trial.id.take(places)))
    if not subject.close(shuffled, whole[places]):
        raise subject.failure(
            "shuffled images get the scores that they got before, in the new order",
            f"scores that differ by up to {_most(shuffled, whole[places]):.3g}. Does an image see its neighbours?",
            "import numpy as np\nplaces = np.arange(len(one.id))[::-1]",
            "print(one.method.score(one.id.take(places))[::-1] - one.method.score(one.id))",
        )


@check
def orientation(subject: MethodSubject) -> None:
    """Scores are larger for in-distribution images: on a pair that is easily told apart, ID images are on top."""
    trial = subject.trial()
    of_id, of_ood = (np.asarray(trial.method.score(one), np.float64) for one in (trial.id, trial.ood))
    kept = [scores[np.isfinite(scores)] for scores in (of_id, of_ood)]
    if not all(len(scores) for scores in kept):
        raise CheckSkipped("no score is finite")
    area = auroc(*kept)
    if area < SEPARATED:
        raise subject.failure(
            f"an AUROC of at least {SEPARATED} on the tiny pair",
            f"{area:.3f}{'. The sign is the wrong way round: negate the score.' if area < 1 - SEPARATED else ''}",
            "print(one.method.score(one.id).mean(), one.method.score(one.ood).mean())",
        )


@check
def tie_share(subject: MethodSubject) -> None:
    """Different images get different scores, but for a share of 1 %: tied images cannot be ranked."""
    subject.require_runs()
    trial = subject.trial()
    scores = np.asarray(trial.method.score(trial.id))
    scores = scores[np.isfinite(scores)]
    _, counts = np.unique(scores, return_counts=True)
    share = float(counts[counts > 1].sum() / max(1, len(scores)))
    if share > MOST_TIES:
        raise subject.failure(
            f"at most {MOST_TIES:.0%} of the images with the score of another",
            f"{share:.0%} of {len(scores)} images. Does something round, clip or saturate, as a softmax in float32?",
            "import numpy as np\nprint(np.unique(one.method.score(one.id), return_counts=True))",
        )


@check
def determinism(subject: MethodSubject) -> None:
    """The same images give the same scores, bit for bit, whatever other instances fitted and scored before."""
    subject.require_runs()
    first, second = subject.seeded_scores
    if not same(first, second):
        raise subject.failure(
            "equal scores from two instances, each fitted on the same training images",
            f"scores that differ by up to {_most(second, first):.3g}. Seed what is random from a parameter, and keep "
            "what is learnt in the instance.",
            f"two = trial({subject.spelling!r})\nprint(one.method.score(one.id) - two.method.score(two.id))",
        )


@check
def scoring_changes_nothing(subject: MethodSubject) -> None:
    """`score` leaves a fitted method as it is: asked again it says the same, and it has learnt nothing new."""
    subject.require_runs()
    if not same(*subject.seeded_scores):
        raise CheckSkipped("scores differ from time to time, so that comparing them says nothing")
    trial = subject.trial()
    names = set(vars(trial.method))
    with restored_random_state():
        before = _seeded(trial, trial.id)
        _seeded(trial, trial.ood)
        after = _seeded(trial, trial.id)
    added = set(vars(trial.method)) - names
    if added or not same(before, after):
        found = f"new attributes {sorted(added)}" if added else f"scores that moved by up to {_most(after, before):.3g}"
        raise subject.failure(
            "equal scores of ID images before and after OOD images were scored, and no new attributes",
            found,
            "before = one.method.score(one.id)\none.method.score(one.ood)\nprint(one.method.score(one.id) - before)",
        )


def _seeded(trial: Trial, outputs: Outputs) -> Array:
    seed_all(0)
    return np.asarray(trial.method.score(copied(outputs)))


def _most(found: Array, expected: Array) -> float:
    return float(np.nanmax(np.abs(found - expected), initial=0))


CHECKS = (
    runs, shape, dtype, finite, batch_size, order, orientation, tie_share, determinism, scoring_changes_nothing,
)  # fmt: skip
