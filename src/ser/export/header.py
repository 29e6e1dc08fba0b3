"""A model as a C header: its bytes, and what a program on a device must know of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ser.errors import ConfigError
from ser.export.litert.runtime import LiteRTModel

_PER_LINE = 20
_PLAIN = frozenset(range(0x20, 0x7F)) - set(b'"\\?')


def header(content: bytes, *, classes: Sequence[str], sample_rate_hz: int | None, hop: int | None) -> str:
    """Write a LiteRT file as a header that compiles as C11 and as C++11.

    Args:
        content: the file.
        classes: class names, in the order of the probabilities; any text.
        sample_rate_hz: of the audio that features are taken of; None where that is not fixed.
        hop: samples from one frame to the next; None for vectors.

    Raises:
        StoreError: when it is not such a file.
        ConfigError: when there are more or fewer names than probabilities, or the library is missing.

    Returns:
        The text, ASCII; labels are UTF-8 by escapes.
    """
    model = LiteRTModel.load(content)
    if len(classes) != model.classes:
        raise ConfigError(
            expected=f"{model.classes} class names, one a probability",
            received=list(classes),
            where="classes",
            fix="Pass the classes of the model that was exported.",
        )
    numbers = {
        "SER_FRAMES": model.shape[0] if len(model.shape) > 1 else 1,
        "SER_WIDTH": model.shape[-1],
        "SER_CLASSES": model.classes,
        "SER_SAMPLE_RATE_HZ": sample_rate_hz,
        "SER_HOP": hop,
        "SER_INT8": int(model.given is not None),
    }
    constants = [f"  {name} = {value}" for name, value in numbers.items() if value is not None]
    labels = [f"  {_quoted(name)}" for name in classes]
    return _TEMPLATE.format(
        constants=",\n".join(constants),
        labels=",\n".join(labels),
        rounding=_rounding(model),
        length=len(content),
        model=_lines(map(str, content)),
    )


_TEMPLATE = """\
/* Written by ser: a speech emotion model for TensorFlow Lite (LiteRT) and its runtime for microcontrollers.
   Recurrent layers keep their state between calls: reset the interpreter before every clip. */
#ifndef SER_MODEL_H
#define SER_MODEL_H

#ifdef __cplusplus
#define SER_ALIGNED alignas(16)
#else
#define SER_ALIGNED _Alignas(16)
#endif

/* Input: SER_FRAMES rows of SER_WIDTH features. Output: SER_CLASSES probabilities, in the order of ser_labels. */
enum {{
{constants}
}};

static const char *const ser_labels[SER_CLASSES] = {{
{labels}
}};
{rounding}
static const unsigned int ser_model_length = {length}u;
SER_ALIGNED static const unsigned char ser_model[] = {{
{model}
}};

#endif
"""
_ROUNDING = """
/* Feature j enters as round((x - ser_feature_mean[j]) / ser_feature_scale[j] / ser_input_scale) + ser_input_zero_point,
   cut to -128 .. 127; a probability is ser_output_scale * (number - ser_output_zero_point). */
static const float ser_feature_mean[SER_WIDTH] = {{
{mean}
}};
static const float ser_feature_scale[SER_WIDTH] = {{
{scale}
}};
static const float ser_input_scale = {given_scale};
static const int ser_input_zero_point = {given_zero};
static const float ser_output_scale = {result_scale};
static const int ser_output_zero_point = {result_zero};
"""


def _rounding(model: LiteRTModel) -> str:
    if model.given is None or model.result is None:
        return ""
    return _ROUNDING.format(
        mean=_lines(map(_float, model.mean)),
        scale=_lines(map(_float, model.scale)),
        given_scale=_float(model.given.scale),
        given_zero=model.given.zero,
        result_scale=_float(model.result.scale),
        result_zero=model.result.zero,
    )


def _float(value: float) -> str:
    # Nine digits tell any two float32 apart.
    return f"{float(value):.9e}f"


def _lines(values: Iterable[str]) -> str:
    listed = list(values)
    rows = (listed[i : i + _PER_LINE] for i in range(0, len(listed), _PER_LINE))
    return ",\n".join(f"  {', '.join(row)}" for row in rows)


def _quoted(text: str) -> str:
    r"""Write a string literal; whatever is not plain ASCII as octal escapes, which end after three digits.

    Example:
        >>> print(_quoted('a"b?'), _quoted("né1"))
        "a\042b\077" "n\303\2511"
    """
    return '"' + "".join(chr(byte) if byte in _PLAIN else f"\\{byte:03o}" for byte in text.encode()) + '"'
