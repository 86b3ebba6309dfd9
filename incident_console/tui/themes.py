"""Which colours are there beside Textual's own? High contrast, dark and light, and none at all.

Contrast is counted as WCAG 2 counts it; a test holds text of high contrast to 7:1 (AAA) and its borders to 4.5:1 on
every ground. Textual's default themes are worn with the few colours changed that fell short of 4.5:1 (AA).
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

from rich.color import Color as RichColor
from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.filter import LineFilter
from textual.theme import BUILTIN_THEMES, Theme

NO_COLOUR = "no-colour"
CONTRAST, CONTRAST_LIGHT = "high-contrast", "high-contrast-light"


def _told_in(*, text: str, quiet: str, accent: str, good: str, warn: str, bad: str, other: str) -> dict[str, str]:
    """Text in these colours as they are: Textual would mix them with what is behind."""
    return {
        **dict.fromkeys(("text", "foreground-muted", "text-muted", "text-disabled"), quiet),
        "text": text,
        "text-primary": other,
        "text-secondary": other,
        "text-accent": accent,
        "text-success": good,
        "text-warning": warn,
        "text-error": bad,
        "footer-key-foreground": accent,
        "footer-description-foreground": text,
        "border-blurred": quiet,
        "block-cursor-text-style": "bold",
        "block-cursor-blurred-text-style": "underline",
    }


OWN: tuple[Theme, ...] = (
    replace(
        BUILTIN_THEMES["textual-dark"],
        variables={
            **BUILTIN_THEMES["textual-dark"].variables,
            "block-cursor-foreground": "#ffffff",
            "block-cursor-background": "#0165b3",
        },
    ),
    replace(
        BUILTIN_THEMES["textual-light"],
        variables={
            **_told_in(
                text="#1a1a1a",
                quiet="#4d4d4d",
                accent="#6e4200",
                good="#165228",
                warn="#6e4200",
                bad="#8a1530",
                other="#00498c",
            ),
            "block-cursor-foreground": "#ffffff",
            "block-cursor-blurred-background": "#c8d8e6",
        },
    ),
    Theme(
        name=CONTRAST,
        primary="#7fd0ff",
        secondary="#c8b6ff",
        accent="#ffe14d",
        success="#5dff8f",
        warning="#ffc04d",
        error="#ff9c9c",
        foreground="#ffffff",
        background="#000000",
        surface="#000000",
        panel="#0d0d0d",
        dark=True,
        variables={
            **_told_in(
                text="#ffffff",
                quiet="#cfcfcf",
                accent="#ffe14d",
                good="#5dff8f",
                warn="#ffc04d",
                bad="#ff9c9c",
                other="#7fd0ff",
            ),
            "surface-lighten-1": "#303030",
            "surface-lighten-2": "#a0a0a0",
            "primary-muted": "#00406b",
            "block-cursor-foreground": "#000000",
            "block-cursor-background": "#ffe14d",
        },
    ),
    Theme(
        name=CONTRAST_LIGHT,
        primary="#003e80",
        secondary="#4b1d8f",
        accent="#5c007a",
        success="#005218",
        warning="#6b3a00",
        error="#8f0000",
        foreground="#000000",
        background="#ffffff",
        surface="#ffffff",
        panel="#f2f2f2",
        dark=False,
        variables={
            **_told_in(
                text="#000000",
                quiet="#3a3a3a",
                accent="#5c007a",
                good="#005218",
                warn="#6b3a00",
                bad="#8f0000",
                other="#003e80",
            ),
            "surface-lighten-1": "#dcdcdc",
            "surface-lighten-2": "#5a5a5a",
            "primary-muted": "#cfe4ff",
            "block-cursor-blurred-background": "#dfe9f5",
            "block-cursor-foreground": "#ffffff",
            "block-cursor-background": "#5c007a",
        },
    ),
    # For `Colourless`: where there is a ground, it is reversed.
    Theme(
        name=NO_COLOUR,
        ansi=True,
        primary="ansi_default",
        secondary="ansi_default",
        accent="ansi_default",
        success="ansi_default",
        warning="ansi_default",
        error="ansi_default",
        foreground="ansi_default",
        background="ansi_default",
        surface="ansi_default",
        panel="ansi_default",
        boost="ansi_default",
        variables={
            "ansi-background": "ansi_default",
            "ansi-foreground": "ansi_default",
            "block-cursor-foreground": "ansi_black",
            "block-cursor-background": "ansi_white",
            "block-cursor-blurred-text-style": "underline",
            "input-selection-background": "ansi_white",
            "screen-selection-background": "ansi_white",
            "scrollbar-background": "ansi_default",
        },
    ),
)


class Colourless(LineFilter):
    """For $NO_COLOR and terminals that have none: no colour is sent; what has a ground of its own stands reversed.

    Textual's own filters would send greys, or leave the row under the cursor like every other.
    """

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        return [
            Segment(text, _colourless(style) if style is not None else None, control)
            for text, style, control in segments
        ]


_DEFAULT = RichColor.default()


@lru_cache(1024)
def _colourless(style: Style) -> Style:
    grounded = style.bgcolor is not None and not style.bgcolor.is_default
    reverse = Style(reverse=True) if grounded else Style.null()
    return style + Style.from_color(_DEFAULT, _DEFAULT) + reverse
