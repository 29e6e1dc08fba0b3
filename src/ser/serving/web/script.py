"""What Streamlit runs, from the first line to the last, at every change of a visitor's widgets."""

from __future__ import annotations

if __name__ == "__main__":
    from ser.serving.web import page, server

    page.show(server.site())
