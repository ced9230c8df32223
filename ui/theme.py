"""How the page looks: one accent, calm spacing, the system's own fonts. Nothing is loaded from anywhere."""

from __future__ import annotations

from importlib.resources import files

import gradio as gr
from gradio.themes.utils import colors, sizes
from gradio.themes.utils.fonts import Font

ACCENT = "#0f766e"
ACCENT_DARK = "#2dd4bf"
SYSTEM_FONTS = [Font("ui-sans-serif"), Font("system-ui"), Font("Segoe UI"), Font("sans-serif")]
MONO_FONTS = [Font("ui-monospace"), Font("Consolas"), Font("monospace")]


def theme() -> gr.themes.Base:
    return gr.themes.Base(
        primary_hue=colors.teal,
        neutral_hue=colors.stone,
        font=SYSTEM_FONTS,
        font_mono=MONO_FONTS,
        radius_size=sizes.radius_lg,
        text_size=sizes.text_md,
        spacing_size=sizes.spacing_md,
    ).set(
        body_background_fill="#faf9f7",
        body_background_fill_dark="#161615",
        body_text_color="#292524",
        body_text_color_dark="#e7e5e4",
        block_background_fill="transparent",
        block_background_fill_dark="transparent",
        block_border_width="0px",
        block_border_width_dark="0px",
        block_shadow="none",
        input_background_fill="#ffffff",
        input_background_fill_dark="#211f1e",
        input_border_color="#e0dcd6",
        input_border_color_dark="#3f3b38",
        input_border_color_focus=ACCENT,
        input_border_color_focus_dark=ACCENT_DARK,
        button_primary_background_fill=ACCENT,
        button_primary_background_fill_hover="#0d5f59",
        button_primary_background_fill_dark="#14b8a6",
        button_primary_background_fill_hover_dark=ACCENT_DARK,
        button_primary_text_color="#ffffff",
        button_primary_text_color_dark="#06201d",
        button_secondary_background_fill="#efece7",
        button_secondary_background_fill_hover="#e5e0d8",
        button_secondary_background_fill_dark="#2c2a28",
        button_secondary_background_fill_hover_dark="#3a3735",
        button_cancel_background_fill="#b42318",
        button_cancel_background_fill_hover="#912018",
        button_cancel_background_fill_dark="#b42318",
        button_cancel_background_fill_hover_dark="#d92d20",
        button_cancel_text_color="#ffffff",
        button_cancel_text_color_dark="#ffffff",
        button_secondary_border_color="transparent",
        button_secondary_border_color_dark="transparent",
    )


def css() -> str:
    return (files("ui") / "style.css").read_text(encoding="utf-8")


HEAD = """
<meta name="color-scheme" content="light dark">
<script>
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const keep = document.querySelector("#confirm-no");
  const stop = document.querySelector("#stop");
  if (keep && keep.offsetParent) keep.click();
  else if (stop && stop.offsetParent) stop.click();
});
</script>
"""
"""Escape answers no to a question, and otherwise stops the reply."""
