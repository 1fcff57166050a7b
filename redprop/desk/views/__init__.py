"""Views of the desk: fetch with access, form, one service call, redirect."""
