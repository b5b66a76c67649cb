"""Trains the network of Where2Imagine on demonstrations."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
import optax
from numpy.typing import NDArray

from vlm_nav.geometry.arrays import FloatArray
from vlm_nav.imagination.where2imagine import POSES
from vlm_nav.training.network import Weights, apply, first_weights
from vlm_nav.training.pairs import Pairs

_COLOUR, _DEPTH = slice(0, 3), slice(3, None)
_WITHOUT_DEPTH = 0.2
_OTHERS = 0.1


@dataclass(frozen=True)
class TrainingSettings:
    """How long and how it is learned; `depth` False hides the depth from it."""

    epochs: int = 14
    batch: int = 64
    rate: float = 1e-3
    decay: float = 1e-3
    depth: bool = True
    seed: int = 0


@dataclass(frozen=True)
class Progress:
    """What an epoch came to: the mean errors of training and of held-out houses."""

    epoch: int
    training: float
    held_out: float


def train(
    pairs: Pairs,
    held_out: Pairs,
    settings: TrainingSettings = TrainingSettings(),
    tell: Callable[[Progress], None] = lambda progress: None,
) -> Weights:
    """Return the weights of the epoch that was best on the held-out pairs."""
    random = np.random.default_rng(settings.seed)
    steps = settings.epochs * max(1, len(pairs.poses) // settings.batch)
    optimiser = optax.adamw(
        optax.cosine_decay_schedule(settings.rate, steps), weight_decay=settings.decay
    )
    weights = first_weights(settings.seed)
    state = optimiser.init(weights)
    best, best_error = weights, np.inf

    @jax.jit
    def learn(weights: Weights, state: optax.OptState, pictures: jax.Array, wanted: jax.Array):  # type: ignore[no-untyped-def]  # noqa: ANN202
        error, slope = jax.value_and_grad(_error)(weights, pictures, wanted)
        update, state = optimiser.update(slope, state, weights)
        return optax.apply_updates(weights, update), state, error

    for epoch in range(settings.epochs):
        errors = []
        order = random.permutation(len(pairs.poses))
        for start in range(0, len(order) - settings.batch + 1, settings.batch):
            chosen = order[start : start + settings.batch]
            batch = _varied(pairs, chosen, random, depth=settings.depth)
            weights, state, error = learn(weights, state, *batch)
            errors.append(float(error))
        found = error_of(weights, held_out, depth=settings.depth)
        tell(Progress(epoch, float(np.mean(errors)) if errors else np.nan, found))
        if found < best_error:
            best, best_error = weights, found
    return best


def targets_of(poses: FloatArray) -> NDArray[np.float32]:
    """Return what one of its poses is to be (n, 4) for poses (n, 3)."""
    turned = (np.cos(poses[:, 2]), np.sin(poses[:, 2]))
    return np.column_stack([poses[:, :2], *turned]).astype(np.float32)


def guess_error(pairs: Pairs, held_out: Pairs) -> float:
    """Return the error on held-out pairs of who always says the median of the others."""
    guess = np.median(targets_of(pairs.poses), axis=0)
    return float(np.abs(targets_of(held_out.poses) - guess).mean())


def error_of(weights: Weights, pairs: Pairs, *, depth: bool = True) -> float:
    """Return the mean absolute error of the nearest poses, metres and cosines alike."""
    errors = []
    for start in range(0, len(pairs.poses), 256):
        pictures = _floats(pairs.pictures[start : start + 256])
        if not depth:
            pictures[:, _DEPTH] = 0.0
        wanted = targets_of(pairs.poses[start : start + 256])
        said = np.asarray(_said(weights, jnp.asarray(pictures))).reshape(len(wanted), POSES, -1)
        errors.append(np.abs(said - wanted[:, None]).mean(axis=2).min(axis=1))
    return float(np.concatenate(errors).mean()) if errors else np.inf


@jax.jit
def _said(weights: Weights, pictures: jax.Array) -> jax.Array:
    return apply(weights, pictures)


def _error(weights: Weights, pictures: jax.Array, wanted: jax.Array) -> jax.Array:
    said = apply(weights, pictures).reshape(len(wanted), POSES, -1)
    errors = jnp.abs(said - wanted[:, None]).mean(axis=2)
    # The nearest pose learns, the others a little, lest one of them never learns anything.
    return (1.0 - _OTHERS) * errors.min(axis=1).mean() + _OTHERS * errors.mean()


def _varied(
    pairs: Pairs, chosen: NDArray[np.int64], random: np.random.Generator, *, depth: bool
) -> tuple[jax.Array, jax.Array]:
    """Return pictures and what is wanted of them: mirrored, in other light, some without depth."""
    pictures, wanted = _floats(pairs.pictures[chosen]), targets_of(pairs.poses[chosen])
    mirrored = random.random(len(chosen)) < 0.5
    pictures[mirrored] = pictures[mirrored, :, :, ::-1]
    wanted[mirrored] *= (1.0, -1.0, 1.0, -1.0)
    light = random.uniform(0.7, 1.3, (len(chosen), 3, 1, 1)).astype(np.float32)
    pictures[:, _COLOUR] = np.clip(pictures[:, _COLOUR] * light, 0.0, 1.0)
    blind = random.random(len(chosen)) < (_WITHOUT_DEPTH if depth else 2.0)
    pictures[blind, _DEPTH] = 0.0
    return jnp.asarray(pictures), jnp.asarray(wanted)


def pictures_of(pairs: Pairs) -> NDArray[np.float32]:
    """Return the pictures as the network takes them, in 0..1."""
    return _floats(pairs.pictures)


def _floats(pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
    floats: NDArray[np.float32] = pictures.astype(np.float32)
    floats /= np.float32(255.0)
    return floats
