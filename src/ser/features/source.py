"""Which space of the store holds what: the handle through which features are read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ser.arrays import Ragged, Shape
from ser.audio.augment import Augmentation, Variant, identity, modules_of, variants_of
from ser.features.base import Recipe
from ser.features.store import Space, Store
from ser.fingerprint import code_version


@dataclass(frozen=True, kw_only=True)
class FeatureSource:
    """Where the features of a recipe lie, clean and augmented. Plain data: workers open it in their own process.

    Attributes:
        shape: kind and width, as a model is told.
        clean_space: where the clean clips lie.
        variant_spaces: where each augmented copy lies, by the copy's key ("noise-1").
    """

    shape: Shape
    clean_space: Space
    variant_spaces: dict[str, Space]

    def clean(self, keys: Sequence[str]) -> Ragged:
        """Read the features of some clean clips, in the order given.

        Args:
            keys: hashes of the clips' audio files.

        Raises:
            StoreError: when some were never computed.
        """
        return self.clean_space.read(keys)

    def variant(self, key: str, keys: Sequence[str]) -> Ragged:
        """Read the features of one augmented copy of some clips. See :meth:`clean`.

        Args:
            key: of the copy, such as "noise-1".
            keys: hashes of the clips' audio files.
        """
        return self.variant_spaces[key].read(keys)


def feature_source(root: Path, recipe: Recipe, augmentation: Augmentation | None) -> FeatureSource:
    """Name the spaces of a recipe and its augmented copies; nothing is read, written or computed.

    Args:
        root: folder of the store.
        recipe: how features are computed.
        augmentation: which copies there are; None for none.
    """
    variants = [] if augmentation is None else variants_of(augmentation)
    return FeatureSource(
        shape=Shape(kind=recipe.kind, width=recipe.width),
        clean_space=_space(root, recipe, None, None),
        variant_spaces={variant.key: _space(root, recipe, variant, augmentation) for variant in variants},
    )


def _space(root: Path, recipe: Recipe, variant: Variant | None, augmentation: Augmentation | None) -> Space:
    modules = recipe.modules()
    copy: dict[str, object] | None = None
    if variant is not None and augmentation is not None:
        modules += modules_of(variant, augmentation)
        copy = identity(variant, augmentation)
    description = {**recipe.identity(), "augmentation": copy, "code": code_version(*modules)}
    about = {"recipe": recipe.name, "copy": None if variant is None else variant.key, "modules": modules}
    return Store(root=root).space(description, kind=recipe.kind, width=recipe.width, about=about)
